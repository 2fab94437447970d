import { describe, expect, it } from '@jest/globals';
import { items, readDicom, texts } from '../../src/dicom/index.ts';
import type { Mask, VolumeGeometry } from '../../src/geometry/index.ts';
import { maskOfStructure, readStructureSet, traceContours, traceSmoothContours, writeStructureSet, type Contour, type HoleStyle } from '../../src/rtstruct/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { maskOf, randomNumbers, sameVoxels } from './masks.ts';
import { makeSet, makeStructure } from './structureSets.ts';

const SIZE = [190, 210, 2] as const;
const UPRIGHT = makeGeometry({ size: SIZE, columnSpacingMm: 0.9, rowSpacingMm: 1.1, ...POSITIONS[4] });
const LEANING = makeGeometry({ size: SIZE, columnSpacingMm: 1.3, rowSpacingMm: 0.7, ...obliqueDirections(12, -23) });

/** A drawing on the first slice. */
const onSlice = (geometry: VolumeGeometry, belongs: (i: number, j: number) => boolean): Mask => maskOf(geometry, (i, j, k) => k === 0 && belongs(i, j));

/** One voxel in ten at random is a hole: thousands of rings in one region. */
const holes = (geometry: VolumeGeometry): Mask => {
  const next = randomNumbers(5);
  return onSlice(geometry, () => next() < 0.9);
};
/** A band that winds inwards three voxels wide, two apart: one ring without a hole. */
const spiral = (geometry: VolumeGeometry): Mask =>
  onSlice(geometry, (i, j) => {
    const [x, y] = [i - 95, j - 105];
    const turns = Math.hypot(x, y) / 5 - Math.atan2(y, x) / (2 * Math.PI);
    return Math.hypot(x, y) > 8 && Math.hypot(x, y) < 95 && turns - Math.floor(turns) < 0.6;
  });
/** Jagged teeth on one spine: a line across the columns would part them all and gain little. */
const comb = (geometry: VolumeGeometry): Mask => onSlice(geometry, (i, j) => i === 0 || j % 3 === 0 || (j % 3 === 1 && i % 2 === 0));
/** Squares cut out of squares, down to one voxel. */
const carpet = (geometry: VolumeGeometry): Mask =>
  onSlice(geometry, (i, j) => ![0, 1, 2, 3, 4].some((level) => Math.floor(i / 3 ** level) % 3 === 1 && Math.floor(j / 3 ** level) % 3 === 1));

const exact = (mask: Mask): Contour[] => traceContours(mask);
const smooth = (mask: Mask): Contour[] => traceSmoothContours({ mask });

describe('regions too large for one Contour Data', () => {
  const shapes = { holes, spiral, comb, carpet };
  const grids = { upright: UPRIGHT, leaning: LEANING };
  const ways: { mode: string; grid: keyof typeof grids; style: HoleStyle; outline: (mask: Mask) => Contour[] }[] = [
    { mode: 'exact', grid: 'upright', style: 'keyhole', outline: exact },
    { mode: 'exact', grid: 'leaning', style: 'xor', outline: exact },
    { mode: 'smooth', grid: 'leaning', style: 'keyhole', outline: smooth },
    { mode: 'smooth', grid: 'upright', style: 'xor', outline: smooth },
  ];
  const cases = Object.entries(shapes).flatMap(([shape, draw]) => ways.map((way) => ({ shape, draw, ...way })));

  it.each(cases)('$shape, $mode on a $grid grid, written as $style: they are cut, each part fits, and the mask comes back', ({ draw, grid, style, outline }) => {
    const geometry = grids[grid];
    const ct = testCt({ geometry });
    const mask = draw(geometry);
    const contours = outline(mask);
    const bytes = writeStructureSet(makeSet(ct, new Map(), { structures: [makeStructure(1, 'Mask', contours)] }), ct, { holes: style });
    const written = items(items(readDicom(bytes).dataset, 'ROIContourSequence')[0], 'ContourSequence').map((item) => texts(item, 'ContourData').join('\\').length);
    expect(Math.max(...written)).toBeLessThanOrEqual(65_534);

    const set = readStructureSet(bytes);
    const { mask: back, problems } = maskOfStructure(set, set.structures[0], geometry);
    expect(problems).toEqual([]);
    expect(sameVoxels(back, mask)).toBe(true);
  });

  it('are what the test takes them for', () => {
    const points = (contour: Contour): number => [contour.points, ...contour.holes].reduce((sum, ring) => sum + ring.length / 3, 0);
    const largest = (mask: Mask): Contour => exact(mask).reduce((one, other) => (points(one) > points(other) ? one : other));
    for (const geometry of Object.values(grids)) {
      for (const draw of Object.values(shapes)) expect(points(largest(draw(geometry)))).toBeGreaterThan(4500);
      for (const draw of [spiral, comb]) expect(largest(draw(geometry)).holes).toEqual([]);
      for (const draw of [holes, carpet]) expect(largest(draw(geometry)).holes.length).toBeGreaterThan(1000);
    }
  });
});
