import { describe, expect, it } from '@jest/globals';
import { highestChannels } from '../../src/contouring/imageLabels.ts';
import { layModelGrid, weightsToGrid } from '../../src/contouring/modelGrid.ts';
import { layAxis, thickAxis, weightsAt } from '../../src/contouring/resampling.ts';
import { resampleToGrid } from '../../src/contouring/resample.ts';
import { Volume } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';

/** What SciPy 1.17 gives, with enough digits. */
const SCIPY = [-0.0679696, 0.8814304, -0.1231375, 0.0182124];

describe('grids of other software', () => {
  it.each([
    // Half a sample too much goes to the even number, as Python rounds.
    [101, 0.75, 1.5, 50], [103, 0.75, 1.5, 52], [37, 3, 2.5, 44],
  ])('fills %i voxels of %f mm at %f mm with %i samples, as nnU-Net', (count, ownMm, spacingMm, size) => {
    const laid = layAxis('nnunet', { lowMm: -ownMm / 2, highMm: (count - 0.5) * ownMm, firstMm: 0, count }, spacingMm);
    expect([laid.size, laid.filter]).toEqual([size, 'spline']);
    expect(laid.firstMm - laid.spacingMm / 2).toBeCloseTo(-ownMm / 2);
    expect(laid.firstMm + (laid.size - 0.5) * laid.spacingMm).toBeCloseTo((count - 0.5) * ownMm);
  });

  it('begins at the first voxel, as MONAI', () => {
    expect(layAxis('monai', { lowMm: -0.5, highMm: 9.5, firstMm: 0, count: 10 }, 2)).toEqual({ size: 6, firstMm: 0, spacingMm: 2, filter: 'linear' });
  });

  it('takes thick slices as they are, of the image first, and no axis of two', () => {
    expect(thickAxis([0.9, 0.9, 3], [1, 1, 1])).toBe(2);
    expect(thickAxis([1, 1, 3], [1, 1, 3])).toBeUndefined();
    expect(thickAxis([1, 1, 1], [5, 1, 1])).toBe(0);
    expect(thickAxis([0.3, 1.25, 1.25], [1, 1, 1])).toBeUndefined();
  });
});

describe('weights', () => {
  it.each(['spline', 'linear', 'nearest'] as const)('sum to 1 everywhere, %s, and leave a voxel where it is', (filter) => {
    for (const place of [-0.4, 0, 0.3, 2.5, 6.9, 9, 9.4]) {
      expect(weightsAt(filter, place, 10).weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
    const { first, weights } = weightsAt(filter, 4, 10);
    weights.forEach((weight, n) => { expect(weight).toBeCloseTo(first + n === 4 ? 1 : 0, 6); });
  });

  it('of a spline are those of SciPy: zoom(order=3, mode="nearest", grid_mode=True) of 0, 0, 1, 0, 0, 0 onto four samples', () => {
    const axis = { imageAxis: 0 as const, imageMm: [0, 1, 2, 3, 4, 5], isImage: false, ...layAxis('nnunet', { lowMm: -0.5, highMm: 5.5, firstMm: 0, count: 6 }, 1.5) };
    const { first, weights } = weightsToGrid(axis);
    const found = weights.map((own, t) => own[2 - first[t]]);
    SCIPY.forEach((weight, t) => { expect(found[t]).toBeCloseTo(weight, 5); });
  });
});

describe('an image on the grid of nnU-Net', () => {
  const geometry = makeGeometry({ size: [12, 10, 8], columnSpacingMm: 1, rowSpacingMm: 1, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 2 * k) });
  const edge = new Volume(geometry, Int16Array.from({ length: geometry.voxelCount }, (_, index) => (index % 12 < 6 ? -100 : 300 + Math.floor(index / 120))));

  it('holds nothing below and above what the image holds', async () => {
    const grid = layModelGrid(geometry, { spacingMm: [0.7, 0.8, 1.1], orientation: 'LPS' }, 'nnunet');
    const values = await resampleToGrid(edge, grid, { clipHu: [-1000, 1000], meanHu: 0, stdHu: 1 });
    expect([Math.min(...values), Math.max(...values)]).toEqual([-100, 307]);
  });

  it('cuts slice by slice where slices are thick', async () => {
    const grid = layModelGrid(geometry, { spacingMm: [0.3, 0.3, 1.1], orientation: 'LPS' }, 'nnunet');
    expect(grid.map(({ filter }) => filter)).toEqual(['spline', 'spline', 'nearest']);
    const values = await resampleToGrid(edge, grid, { clipHu: [-1000, 1000], meanHu: 0, stdHu: 1 });
    expect(Math.max(...values.subarray(0, grid[0].size * grid[1].size))).toBe(300);
  });
});

describe('an image on the grid of MONAI', () => {
  it('is clipped after it was interpolated', async () => {
    const geometry = makeGeometry({ size: [3, 2, 2], columnSpacingMm: 1, rowSpacingMm: 1, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], sliceOffsetsMm: [0, 1] });
    const image = new Volume(geometry, Int16Array.from({ length: 12 }, (_, index) => [0, 1000, 0][index % 3]));
    const grid = layModelGrid(geometry, { spacingMm: [0.5, 1, 1], orientation: 'LPS' }, 'monai');
    expect([...(await resampleToGrid(image, grid, { clipHu: [0, 600], meanHu: 0, stdHu: 1 })).subarray(0, 5)]).toEqual([0, 500, 600, 500, 0]);
  });
});

describe('labels of the image', () => {
  it('are the highest of channels interpolated one by one, also one that no sample of the grid has highest', () => {
    const geometry = makeGeometry({ size: [5, 2, 2], columnSpacingMm: 1, rowSpacingMm: 1, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], sliceOffsetsMm: [0, 1] });
    const grid = layModelGrid(geometry, { spacingMm: [2.5, 1, 1], orientation: 'LPS' }, 'nnunet');
    const channels = [[10, 0], [0, 10], [9, 9]].map((values) => Float32Array.from([values, values, values, values].flat()));
    expect([...highestChannels({ grid, box: { min: [0, 0, 0], size: [2, 2, 2] }, channels }, geometry)].slice(0, 5)).toEqual([0, 2, 2, 2, 1]);
  });
});
