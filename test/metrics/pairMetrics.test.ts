import { describe, expect, it } from '@jest/globals';
import { Mask, type Vector3 } from '../../src/geometry/index.ts';
import { addedPathOf, centroidMm, definitions, pairMetrics, surfaceTolerance, undefinedReasons, type Figure, type PairMetrics } from '../../src/metrics/index.ts';
import { makeGeometry, obliqueDirections, type GeometryOptions } from '../support/geometries.ts';
import { block } from '../support/masks.ts';

const grid: GeometryOptions = { size: [40, 30, 12], columnSpacingMm: 0.5, rowSpacingMm: 2, sliceOffsetsMm: [0, 2, 5, 7.5, 11, 12.5, 14, 18, 20, 21, 25, 26] };
const geometry = makeGeometry(grid);
const empty = Mask.empty(geometry);
const figureNames = Object.keys(definitions) as Figure[];

function measured(reference: Mask, test: Mask): PairMetrics {
  return pairMetrics(reference, test, { toleranceMm: 2 });
}

function figuresOf(metrics: PairMetrics): Partial<Record<Figure, number>> {
  return Object.fromEntries(figureNames.filter((name) => metrics[name] !== undefined).map((name) => [name, metrics[name]]));
}

describe('figures of a pair', () => {
  it('have known values of boxes on uneven slices', () => {
    // Slices 2 to 5 against 3 to 7, shifted by 4 columns of 20.
    const metrics = measured(block(geometry, [6, 5, 2], [26, 15, 6]), block(geometry, [10, 5, 3], [30, 15, 8]));
    const thicknessMm = (from: number, to: number): number => geometry.sliceOffsetAt(to - 0.5) - geometry.sliceOffsetAt(from - 0.5);
    const [reference, test, common] = [200 * thicknessMm(2, 6), 200 * thicknessMm(3, 8), 160 * thicknessMm(3, 6)];
    const image = 40 * 30 * thicknessMm(0, 12);
    expect(metrics).toMatchObject({ presence: 'both', undefinedBecause: {} });
    expect(metrics.referenceCc).toBeCloseTo(reference / 1000, 12);
    expect(metrics.dsc).toBeCloseTo((2 * common) / (reference + test), 12);
    expect(metrics.iou).toBeCloseTo(common / (reference + test - common), 12);
    expect(metrics.precision).toBeCloseTo(common / test, 12);
    expect(metrics.recall).toBeCloseTo(common / reference, 12);
    expect(metrics.accuracy).toBeCloseTo((image - reference - test + 2 * common) / image, 12);
    expect(metrics.conformity).toBeCloseTo(1 - (reference + test - 2 * common) / common, 12);
    expect(metrics.volumeRatio).toBeCloseTo(test / reference, 12);
    expect(metrics.extents).toEqual({ first: { reference: 2, test: 3, slices: 1, mm: 2.5 }, last: { reference: 5, test: 7, slices: 2, mm: 5.5 } });
    expect(metrics).toMatchObject({ firstSliceMm: 2.5, lastSliceMm: 5.5, sliceDscMin: 0 });
    expect(metrics.slices.map(({ slice, dsc }) => [slice, dsc])).toEqual([[2, 0], [3, 0.8], [4, 0.8], [5, 0.8], [6, 0], [7, 0]]);
    expect(metrics.sliceDscMean).toBeCloseTo(0.4, 12);
    expect(metrics.centroidShiftLpsMm?.[0]).toBeCloseTo(2, 12);
    expect(metrics.centroidShiftLpsMm?.[2]).toBeCloseTo((geometry.sliceOffsetAt(2.5) + geometry.sliceOffsetAt(7.5) - geometry.sliceOffsetAt(1.5) - geometry.sliceOffsetAt(5.5)) / 2, 12);
    expect(metrics.centroidShiftMm).toBeCloseTo(Math.hypot(...(metrics.centroidShiftLpsMm as Vector3)), 12);
  });

  it('are perfect for a structure against itself', () => {
    const mask = block(geometry, [6, 5, 2], [26, 15, 6]);
    expect(figuresOf(measured(mask, mask))).toEqual({
      dsc: 1, iou: 1, precision: 1, recall: 1, accuracy: 1, conformity: 1, volumeRatio: 1, hdMm: 0, hd95Mm: 0, pooledHd95Mm: 0, msdMm: 0, surfaceDsc: 1,
      addedPathMm: 0, addedPathShare: 0, changedSlices: 0, changedSlicesShare: 0, sliceDscMean: 1, sliceDscMin: 1, centroidShiftMm: 0, firstSliceMm: 0, lastSliceMm: 0,
    });
  });

  it('do not depend on how the patient lies, but for the direction of the shift', () => {
    const turned = makeGeometry({ ...grid, ...obliqueDirections(30, 55) });
    const [here, there] = [geometry, turned].map((frame) => measured(block(frame, [6, 5, 2], [26, 15, 6]), block(frame, [10, 7, 3], [30, 15, 8])));
    for (const name of figureNames) expect([name, there[name]]).toEqual([name, expect.closeTo(here[name] ?? NaN, 9)]);
    expect(there.centroidShiftLpsMm).not.toEqual(here.centroidShiftLpsMm);
  });

  it('come by other conventions where these are asked for', () => {
    const { otherDistances, hd95Mm } = pairMetrics(block(geometry, [6, 5, 2], [26, 15, 6]), block(geometry, [10, 7, 3], [30, 15, 8]), { toleranceMm: 2, conventions: ['medpy', 'surface'] });
    expect(Object.keys(otherDistances)).toEqual(['medpy', 'surface']);
    expect(otherDistances.surface?.hd95Mm).toBe(hd95Mm);
  });
});

describe('figures without a value', () => {
  const filled = block(geometry, [6, 5, 2], [26, 15, 6]);

  it('missed: no overlap, no distance, all of the contour to draw', () => {
    const metrics = measured(filled, empty);
    expect(metrics.presence).toBe('missed');
    expect(figuresOf(metrics)).toEqual({
      dsc: 0, iou: 0, recall: 0, accuracy: expect.any(Number) as unknown, volumeRatio: 0, surfaceDsc: 0, addedPathMm: expect.any(Number) as unknown, addedPathShare: 1, changedSlices: expect.any(Number) as unknown, changedSlicesShare: 1, sliceDscMean: 0, sliceDscMin: 0,
    });
    expect(Object.values(metrics.undefinedBecause)).toEqual(Array(9).fill('test-empty'));
  });

  it('extra: no overlap, no distance, nothing to draw nor to be found', () => {
    const metrics = measured(empty, filled);
    expect(metrics.presence).toBe('extra');
    expect(figuresOf(metrics)).toEqual({ dsc: 0, iou: 0, precision: 0, accuracy: expect.any(Number) as unknown, surfaceDsc: 0, changedSlices: 4, changedSlicesShare: 1, sliceDscMean: 0, sliceDscMin: 0 });
    expect(Object.values(metrics.undefinedBecause)).toEqual(Array(12).fill('reference-empty'));
  });

  it('neither: no figure at all', () => {
    const metrics = measured(empty, empty);
    expect(metrics).toMatchObject({ presence: 'neither', referenceCc: 0, testCc: 0, slices: [] });
    expect(figuresOf(metrics)).toEqual({});
    expect(metrics.undefinedBecause).toEqual(Object.fromEntries(figureNames.map((name) => [name, 'both-empty'])));
  });

  it('disjoint: only the conformity coefficient', () => {
    expect(measured(filled, block(geometry, [30, 20, 8], [35, 25, 10])).undefinedBecause).toEqual({ conformity: 'nothing-in-common' });
  });

  it('have a reason in words, and pass through JSON', () => {
    for (const [a, b] of [[filled, empty], [empty, filled], [empty, empty]] as const) {
      const metrics = measured(a, b);
      expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics);
      for (const reason of Object.values(metrics.undefinedBecause)) expect(undefinedReasons[reason]).toMatch(/empty/);
    }
  });
});

describe('added path length', () => {
  const lengthMm = (paths: readonly { addedMm: number }[]): number => paths.reduce((sum, { addedMm }) => sum + addedMm, 0);

  it('of what is missed is the length of all contours: the sides, less the cut corners', () => {
    const [width, height, slices] = [20 * 0.5, 10 * 2, 4];
    const corner = 0.5 / 2 + 2 / 2 - Math.hypot(0.5, 2) / 2;
    const paths = addedPathOf(block(geometry, [6, 5, 2], [26, 15, 6]), empty, 0);
    expect(paths.map(({ slice }) => slice)).toEqual([2, 3, 4, 5]);
    expect(lengthMm(paths)).toBeCloseTo(slices * (2 * (width + height) - 4 * corner), 9);
  });

  it('counts what lies farther than the tolerance in the same slice only', () => {
    const mask = block(geometry, [6, 5, 2], [26, 15, 4]);
    const wider = block(geometry, [6, 5, 2], [29, 15, 4]);
    // The right side is 1.5 mm off: in two slices nine pieces of 2 mm, its corners being near the other's long sides.
    expect(lengthMm(addedPathOf(mask, wider, 1.5))).toBe(0);
    expect(lengthMm(addedPathOf(mask, wider, 1.4))).toBe(36);
    expect(lengthMm(addedPathOf(mask, block(geometry, [6, 5, 4], [26, 15, 6]), 5))).toBe(lengthMm(addedPathOf(mask, empty, 0)));
  });

  it('is closed where the image cuts the structure', () => {
    expect(lengthMm(addedPathOf(block(geometry, [0, 0, 2], [40, 30, 3]), empty, 0))).toBeCloseTo(2 * (40 * 0.5 + 30 * 2) - 4 * (1.25 - Math.hypot(0.5, 2) / 2), 9);
  });
});

describe('centre of mass', () => {
  it('of a box is its middle, of slices with their own thickness too', () => {
    const [x, y, z] = centroidMm(block(geometry, [6, 5, 2], [26, 15, 6])) as Vector3;
    const [a, b, c] = geometry.toPatient([15.5, 9.5, geometry.sliceIndexAt((geometry.sliceOffsetAt(1.5) + geometry.sliceOffsetAt(5.5)) / 2)]);
    expect([x - a, y - b, z - c].every((difference) => Math.abs(difference) < 1e-9)).toBe(true);
    expect(centroidMm(empty)).toBeUndefined();
  });
});

describe('tolerance of the surface DSC', () => {
  it.each([['Lung_L', 2], ['Heart', 2], ['A_LAD', 3], ['CTVp_Breast_R', 3], ['PTV_High', 3], ['GTVp', 3], ['CTVn_L1_L', 3]])('of %s is %d mm', (name, mm) => {
    expect(surfaceTolerance(name).mm).toBe(mm);
  });
});
