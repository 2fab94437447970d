import { describe, expect, it } from '@jest/globals';
import { union } from '../../src/algebra/index.ts';
import { Mask } from '../../src/geometry/index.ts';
import { dice, distanceFigures, surfaceDistances, type DistanceConvention, type DistanceFigures, type Distances } from '../../src/metrics/index.ts';
import { nearestMm } from '../../src/metrics/nearestSurface.ts';
import { cellGrid, surfaceOf, type CellGrid, type Surface } from '../../src/metrics/surface.ts';
import { makeGeometry, obliqueDirections } from '../support/geometries.ts';
import { block, paint, speckle } from '../support/masks.ts';

const unevenOffsetsMm = [0, 2, 5, 5.5, 9, 12, 14.25, 20, 21, 24, 27.5, 29];
const spacing = { columnSpacingMm: 0.7, rowSpacingMm: 1.3, sliceOffsetsMm: unevenOffsetsMm };
const uneven = makeGeometry({ size: [90, 31, 12], ...spacing });
const small = makeGeometry({ size: [23, 17, 12], ...spacing });
const tall = makeGeometry({ size: [44, 7, 70], columnSpacingMm: spacing.columnSpacingMm, rowSpacingMm: spacing.rowSpacingMm, sliceOffsetsMm: Array.from({ length: 70 }, (_, k) => 2 * k + (k % 3) / 2) });

function figures(a: Mask, b: Mask, convention: DistanceConvention = 'surface'): DistanceFigures {
  return defined(distanceFigures(a, b, convention));
}

function distancesOf(a: Mask, b: Mask): Distances {
  return defined(surfaceDistances(a, b));
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('one of the masks is empty');
  return value;
}

/** The definition itself: every element against every other. */
function byBruteForce(from: Surface, to: Surface, grid: CellGrid): number[] {
  return Array.from({ length: from.count }, (_, n) => {
    let best = Infinity;
    for (let m = 0; m < to.count; m++) {
      const x = (from.x[n] - to.x[m]) * grid.columnMm;
      const y = (from.y[n] - to.y[m]) * grid.rowMm;
      const z = grid.layerMm[from.z[n]] - grid.layerMm[to.z[m]];
      const squared = x * x + y * y + z * z;
      if (squared < best) best = squared;
    }
    return Math.sqrt(best);
  });
}

function expectExact(a: Mask, b: Mask): void {
  const grid = cellGrid(a.geometry);
  const [from, to] = [surfaceOf(a, grid), surfaceOf(b, grid)];
  for (const [one, other] of [[from, to], [to, from]] as const) {
    const expected = byBruteForce(one, other, grid);
    const worst = nearestMm(one, other, grid).reduce((most, distance, n) => Math.max(most, Math.abs(distance - expected[n])), 0);
    expect(worst).toBeLessThan(1e-9);
  }
}

describe('nearest surface element', () => {
  it.each([
    ['dense speckle', speckle(small, 1, 0.3), speckle(small, 2, 0.2)],
    ['sparse speckle, most distances long', speckle(uneven, 3, 0.002), speckle(uneven, 4, 0.0005)],
    ['opposite corners of the volume', block(uneven, [0, 0, 0], [3, 4, 2]), block(uneven, [86, 27, 10], [90, 31, 12])],
    ['farther apart in columns than one look', block(uneven, [0, 5, 3], [4, 9, 6]), block(uneven, [37, 5, 3], [41, 9, 6])],
    ['all but a few near', union(block(small, [2, 2, 1], [21, 16, 11]), block(small, [22, 2, 1], [23, 3, 2])), block(small, [2, 2, 1], [14, 16, 11])],
    ['some beyond the reach of one look, after others within', union(block(uneven, [2, 2, 1], [9, 9, 6]), block(uneven, [70, 20, 8], [80, 27, 11])), block(uneven, [3, 2, 1], [9, 9, 7])],
    ['many layers, all far', block(tall, [0, 0, 0], [3, 4, 70]), block(tall, [40, 3, 2], [44, 6, 66])],
    ['one inside the other', block(small, [2, 2, 1], [21, 16, 11]), block(small, [10, 7, 5], [13, 9, 7])],
  ])('equals brute force on uneven slices: %s', (_, a, b) => {
    expectExact(a, b);
  });

  it('equals brute force wherever two voxels lie in a row of 90', () => {
    for (let i = 0; i < 90; i += 7) expectExact(block(uneven, [i, 3, 4], [i + 1, 4, 5]), block(uneven, [45, 2, 4], [46, 3, 5]));
  });
});

describe('surface area', () => {
  it('of a box on uneven slices is what the cut-off corners leave of its faces', () => {
    const grid = cellGrid(uneven);
    const mask = block(uneven, [10, 5, 2], [60, 25, 9]);
    const area = surfaceOf(mask, grid).areasMm2.reduce((sum, value) => sum + value, 0);
    const [width, height, depth] = [50 * 0.7, 20 * 1.3, uneven.sliceOffsetAt(8.5) - uneven.sliceOffsetAt(1.5)];
    const faces = 2 * (width * height + width * depth + height * depth);
    expect(area).toBeLessThan(faces);
    expect(area).toBeGreaterThan(faces * 0.9);
  });

  it('of a sphere exceeds 4πr² by the steps of its voxels only, whatever the spacing', () => {
    const radiusMm = 14;
    const offsetsMm = Array.from({ length: 40 }, (_, k) => k + 0.3 * (k % 2));
    const geometry = makeGeometry({ size: [60, 44, 40], columnSpacingMm: 0.6, rowSpacingMm: 0.8, sliceOffsetsMm: offsetsMm });
    const sphere = paint(geometry, (i, j, k) => Math.hypot((i - 29.5) * 0.6, (j - 21.5) * 0.8, offsetsMm[k] - 19.5) <= radiusMm);
    const area = surfaceOf(sphere, cellGrid(geometry)).areasMm2.reduce((sum, value) => sum + value, 0);
    expect(area / (4 * Math.PI * radiusMm ** 2)).toBeGreaterThan(1);
    expect(area / (4 * Math.PI * radiusMm ** 2)).toBeLessThan(1.15);
  });

  it('does not depend on a loose box, nor on where the mask lies in the volume', () => {
    const grid = cellGrid(uneven);
    const mask = speckle(uneven, 5, 0.4);
    const loose = new Mask(uneven, { min: [0, 0, 0], size: uneven.size }, mask.toDense());
    expect(surfaceOf(loose, grid)).toEqual(surfaceOf(mask.cropped(), grid));
  });
});

describe('distances with known answers', () => {
  const geometry = makeGeometry({ size: [50, 40, 30], sliceOffsetsMm: Array.from({ length: 30 }, (_, k) => 3 * k) });

  it.each([
    ['columns', [4, 0, 0], 5] as const,
    ['rows', [0, 4, 0], 3] as const,
    ['slices', [0, 0, 2], 6] as const,
  ])('large boxes shifted along %s: the maximum is the shift', (_, [dx, dy, dz], shiftMm) => {
    const a = block(geometry, [10, 8, 6], [36, 30, 22]);
    const b = block(geometry, [10 + dx, 8 + dy, 6 + dz], [36 + dx, 30 + dy, 22 + dz]);
    const distances = distancesOf(a, b);
    expect(Math.max(...distances.referenceToTest.distancesMm)).toBeCloseTo(shiftMm, 12);
    expect(Math.max(...distances.testToReference.distancesMm)).toBeCloseTo(shiftMm, 12);
    const { hdMm, hd95Mm, msdMm } = figures(a, b);
    expect(hdMm).toBeCloseTo(shiftMm, 12);
    expect(hd95Mm).toBeCloseTo(shiftMm, 12);
    expect(msdMm).toBeLessThan(shiftMm);
    expect(msdMm).toBeGreaterThan(0);
  });

  it('uses each slice gap: a shift by one slice is as long as the gaps it crosses', () => {
    const slab = (k: number): Mask => block(uneven, [5, 5, k], [80, 26, k + 1]);
    // Elements lie in the middle of the gaps: above slice 2 at 5.25 mm, above slice 3 at 7.25 mm; below them at 3.5 and 5.25 mm.
    expect(figures(slab(2), slab(3)).hd95Mm).toBeCloseTo(2, 12);
    // Below and above slice 6: 13.125 and 17.125 mm; slice 7: 17.125 and 20.5 mm.
    expect(figures(slab(6), slab(7)).hd95Mm).toBeCloseTo(4, 12);
  });

  it('weights elements by area, takes the worse direction, and pools both when asked', () => {
    const big = block(geometry, [2, 2, 2], [48, 38, 28]);
    const withSpur = paint(geometry, (i, j, k) => big.has(i, j, k) || (i === 48 && j === 20 && k === 15));
    const small = block(geometry, [20, 15, 12], [26, 21, 16]);
    expect(figures(big, withSpur).hd95Mm).toBe(0);
    expect(figures(big, withSpur).msdMm).toBeGreaterThan(0);
    expect(figures(small, big, 'pooled').hd95Mm).toBeLessThanOrEqual(figures(small, big).hd95Mm);
    expect(figures(small, big).hd95Mm).toBe(figures(big, small).hd95Mm);
  });

  it('is the same in a rotated patient frame', () => {
    const turned = makeGeometry({ size: [90, 31, 12], ...spacing, ...obliqueDirections(25, 160) });
    for (const convention of ['surface', 'pooled', 'monai', 'medpy', 'plastimatch'] as const) {
      const there = figures(speckle(uneven, 8, 0.1), speckle(uneven, 9, 0.1), convention);
      const here = figures(speckle(turned, 8, 0.1), speckle(turned, 9, 0.1), convention);
      expect(here.hdMm).toBeCloseTo(there.hdMm, 12);
      expect(here.hd95Mm).toBeCloseTo(there.hd95Mm, 12);
      expect(here.msdMm).toBeCloseTo(there.msdMm, 12);
    }
  });
});

describe('Dice', () => {
  it('counts each slice with its own thickness', () => {
    const [thin, thick] = [block(uneven, [0, 0, 2], [9, 9, 4]), block(uneven, [0, 0, 3], [9, 9, 5])];
    const thicknessMm = [2, 3, 4].map((k) => uneven.sliceThicknessMm(k));
    expect(dice(thin, thick)).toBeCloseTo((2 * thicknessMm[1]) / (thicknessMm[0] + 2 * thicknessMm[1] + thicknessMm[2]), 12);
  });

  it('is 1 for equal masks, 0 for disjoint ones, the same both ways, in loose boxes too', () => {
    const [a, b] = [speckle(uneven, 11, 0.5), speckle(uneven, 12, 0.4)];
    const loose = new Mask(uneven, { min: [0, 0, 0], size: uneven.size }, a.toDense());
    expect(dice(a, loose)).toBeCloseTo(1, 12);
    expect(dice(a, b)).toBe(dice(b, a));
    expect(dice(a, b)).toBeCloseTo(dice(loose, b) ?? NaN, 12);
    expect(dice(block(uneven, [0, 0, 0], [5, 5, 5]), block(uneven, [5, 0, 0], [9, 5, 5]))).toBe(0);
  });
});

describe('empty masks', () => {
  const [filled, empty] = [block(uneven, [1, 1, 1], [5, 5, 5]), Mask.empty(uneven)];

  it.each(['surface', 'pooled', 'monai', 'medpy', 'plastimatch'] as const)('have no distance: %s', (convention) => {
    for (const [a, b] of [[filled, empty], [empty, filled], [empty, empty]] as const) expect(distanceFigures(a, b, convention)).toBeUndefined();
  });

  it('have no common volume with anything, and both empty have no DSC', () => {
    expect([dice(filled, empty), dice(empty, filled), dice(empty, empty)]).toEqual([0, 0, undefined]);
  });
});

describe('masks on different grids', () => {
  const a = block(uneven, [1, 1, 1], [5, 5, 5]);
  it.each([
    ['frame-differs', { frameOfReferenceUid: '1.2.3' }],
    ['grid-differs', { originMm: [-31, 17, 103] as const }],
    ['grid-differs', { sliceOffsetsMm: unevenOffsetsMm.map((offset, k) => (k === 5 ? offset + 0.4 : offset)) }],
    ['grid-differs', { columnSpacingMm: 0.71 }],
  ])('are refused: %s', (code, changes) => {
    const b = block(makeGeometry({ size: [90, 31, 12], ...spacing, ...changes }), [1, 1, 1], [5, 5, 5]);
    expect(() => dice(a, b)).toThrow(expect.objectContaining({ code }));
    expect(() => surfaceDistances(a, b)).toThrow(expect.objectContaining({ code }));
  });
});
