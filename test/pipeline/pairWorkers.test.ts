import { afterAll, describe, expect, it } from '@jest/globals';
import { Mask } from '../../src/geometry/index.ts';
import { pairMetrics } from '../../src/metrics/index.ts';
import { PairWorkers } from '../../src/pipeline/index.ts';
import { maskOfStructure, traceContours, type FileContour } from '../../src/rtstruct/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block, speckle } from '../support/masks.ts';

const geometry = makeGeometry({ size: [30, 24, 9] });
const options = { toleranceMm: 2, conventions: ['medpy'] } as const;

const set = { reference: { frameOfReferenceUid: geometry.frameOfReferenceUid, series: [] } };
const STRAY: FileContour = { geometricType: 'POINT', points: Float64Array.of(1, 2, 3), imageUid: undefined };

/** The contours of a mask as a file holds them. */
function inFile(mask: Mask): FileContour[] {
  return traceContours(mask).flatMap(({ points, holes }) => [points, ...holes].map((ring): FileContour => ({ geometricType: 'CLOSEDPLANAR_XOR', points: ring, imageUid: undefined })));
}

describe('structures drawn and pairs measured in threads', () => {
  const workers = new PairWorkers();
  afterAll(async () => { await workers.close(); });

  it('have the figures that they have here, in their order', async () => {
    const pairs = Array.from({ length: 7 }, (_, n) => ({ reference: block(geometry, [n, 3, 1], [n + 9, 12, 6]), test: n === 3 ? Mask.empty(geometry) : speckle(geometry, n, 0.2), options }));
    expect(await workers.measure(pairs)).toEqual(pairs.map(({ reference, test }) => pairMetrics(reference, test, options)));
  });

  it('are drawn as here, each in the smallest box, and in memory that threads share', async () => {
    const shapes = [block(geometry, [2, 3, 1], [9, 12, 6]), speckle(geometry, 4, 0.1), Mask.empty(geometry), block(geometry, [0, 0, 0], [30, 24, 9])];
    const structures = shapes.map((mask, n) => ({ number: n + 1, name: `S${n}`, type: 'ORGAN', algorithm: '', contours: [...inFile(mask), ...(n === 0 ? [STRAY] : [])] }));
    const drawn = await workers.draw(set, structures, geometry);
    expect(drawn.map(({ mask: { box, voxels }, ...placing }) => ({ box, voxels: Array.from(voxels), ...placing }))).toEqual(structures.map((structure) => {
      const { mask, ...placing } = maskOfStructure(set, structure, geometry);
      const { box, voxels } = mask.cropped();
      return { box, voxels: Array.from(voxels), ...placing };
    }));
    expect(drawn[0].problems).toEqual([expect.objectContaining({ problem: 'not-closed' })]);
    for (const { mask } of drawn) {
      expect(mask.geometry).toBe(geometry);
      expect(Object.prototype.toString.call(mask.voxels.buffer)).toBe('[object SharedArrayBuffer]');
    }
    // What was drawn is measured as it is.
    const options = { toleranceMm: 2, withMap: true };
    expect(await workers.measure([{ reference: drawn[0].mask, test: drawn[1].mask, options }])).toEqual([pairMetrics(shapes[0], shapes[1], options)]);
  });

  it('are not drawn in another frame of reference', async () => {
    const elsewhere = { reference: { frameOfReferenceUid: '1.2.3', series: [] } };
    await expect(workers.draw(elsewhere, [{ number: 1, name: 'S', type: '', algorithm: '', contours: [] }], geometry)).rejects.toThrow(expect.objectContaining({ code: 'other-frame-of-reference' }));
  });

  it('are refused as here', async () => {
    const other = makeGeometry({ size: [30, 24, 9], originMm: [0, 0, 0] });
    await expect(workers.measure([{ reference: block(geometry, [1, 1, 1], [4, 4, 4]), test: block(other, [1, 1, 1], [4, 4, 4]), options }])).rejects.toThrow(expect.objectContaining({ code: 'grid-differs' }));
  });
});
