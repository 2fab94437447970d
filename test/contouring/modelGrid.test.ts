import { describe, expect, it } from '@jest/globals';
import { ImageProbability } from '../../src/contouring/imageProbability.ts';
import { layModelGrid, weightsToGrid } from '../../src/contouring/modelGrid.ts';
import { resampleToGrid } from '../../src/contouring/resample.ts';
import { Volume, type Vector3, type VolumeGeometry } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';

const PLAIN = { clipHu: [-3000, 3000] as [number, number], meanHu: 0, stdHu: 1 };
const SPACING: [number, number, number] = [3, 2, 4];
const LPS = { spacingMm: SPACING, orientation: 'LPS' };

/** A ramp that rises by another amount along each patient axis: HU = 4·L − 7·P + 11·S about the middle of the image. */
function ramp(geometry: VolumeGeometry): { image: Volume<Int16Array>; at: (point: Vector3) => number } {
  const middle = geometry.toPatient([(geometry.size[0] - 1) / 2, (geometry.size[1] - 1) / 2, (geometry.size[2] - 1) / 2]);
  const at = (point: Vector3): number => 4 * (point[0] - middle[0]) - 7 * (point[1] - middle[1]) + 11 * (point[2] - middle[2]);
  const voxels = new Int16Array(geometry.voxelCount);
  for (let k = 0; k < geometry.size[2]; k++)
    for (let j = 0; j < geometry.size[1]; j++) for (let i = 0; i < geometry.size[0]; i++) voxels[geometry.offset(i, j, k)] = Math.round(at(geometry.toPatient([i, j, k])));
  return { image: new Volume(geometry, voxels), at };
}

/** Sagittal slices: columns run to posterior, rows to inferior, slices to the patient's left. */
const SAGITTAL = { name: 'sagittal', rowDirection: [0, 1, 0] as Vector3, columnDirection: [0, 0, -1] as Vector3 };
/** Slices go straight up, so the place of a grid sample is known from its index alone. */
const UPRIGHT = [...POSITIONS, SAGITTAL];

describe('the network grid', () => {
  it.each(UPRIGHT)('shows the same anatomy in the same place whatever the axes of the image, $name', async ({ rowDirection, columnDirection }) => {
    const geometry = makeGeometry({ size: [50, 36, 20], rowDirection, columnDirection });
    const { image, at } = ramp(geometry);
    const grid = layModelGrid(geometry, LPS);
    const values = await resampleToGrid(image, grid, PLAIN);
    const corner = patientCorner(geometry);
    let checked = 0;
    for (let z = 1; z < grid[2].size - 1; z++) {
      for (let y = 1; y < grid[1].size - 1; y++) {
        for (let x = 1; x < grid[0].size - 1; x++) {
          const point = [x, y, z].map((index, axis) => corner[axis] + extentShift(grid, axis) + index * SPACING[axis]) as unknown as Vector3;
          // Half a unit for the rounding of HU; the outermost slices may be nearer than the filter's reach.
          if (z > 1 && y > 1 && x > 1 && z < grid[2].size - 2 && y < grid[1].size - 2 && x < grid[0].size - 2) {
            expect(Math.abs(values[(z * grid[1].size + y) * grid[0].size + x] - at(point))).toBeLessThan(0.75);
            checked++;
          }
        }
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  it('follows a leaning patient up to 30 degrees and refuses more', () => {
    expect(() => layModelGrid(makeGeometry(obliqueDirections(20, 15)), LPS)).not.toThrow();
    expect(() => layModelGrid(makeGeometry(obliqueDirections(0, 40)), LPS)).toThrow('30 degrees');
  });

  it('places the samples of the worked example', () => {
    const geometry = makeGeometry({ size: [512, 4, 7], columnSpacingMm: 1, rowDirection: [-1, 0, 0], columnDirection: [0, -1, 0] });
    const [x] = layModelGrid(geometry, { spacingMm: [3, 3, 3], orientation: 'LPS' });
    expect([x.imageAxis, x.size, x.firstMm, x.imageMm[0], x.imageMm[511]]).toEqual([0, 171, -510.5, -0, -511]);
  });

  it('weighs samples to 1 about the place asked for, on fine, coarse and uneven axes', () => {
    for (const positions of [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 5, 10, 15], [0, 2, 3, 7, 7.5, 9, 14], [14, 9, 7.5, 7, 3, 2, 0]]) {
      const axis = { imageAxis: 2 as const, imageMm: positions, size: 4, firstMm: 1.3, spacingMm: 3, isImage: false, filter: 'triangle' as const };
      const { first, weights } = weightsToGrid(axis);
      weights.forEach((taps, t) => {
        const place = taps.reduce((sum, weight, n) => sum + weight * positions[first[t] + n], 0);
        expect(taps.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
        expect(Math.min(...taps)).toBeGreaterThanOrEqual(0);
        expect(Math.abs(place - Math.min(1.3 + 3 * t, Math.max(...positions)))).toBeLessThan(1 + 1e-5);
      });
    }
  });
});

describe('probabilities on the image', () => {
  it.each([...UPRIGHT, { name: 'oblique', ...obliqueDirections(12, -9) }])('come back to the voxels that they came from, $name', async ({ rowDirection, columnDirection }) => {
    const geometry = makeGeometry({ size: [50, 36, 20], rowDirection, columnDirection });
    const { image } = ramp(geometry);
    const grid = layModelGrid(geometry, { spacingMm: [1.5, 1.5, 1.5], orientation: 'LPS' });
    const size: Vector3 = [grid[0].size, grid[1].size, grid[2].size];
    const values = (await resampleToGrid(image, grid, PLAIN)).map((hu) => 0.5 + hu / 2000);
    const probability = new ImageProbability({ grid, box: { min: [0, 0, 0], size }, channels: [values.map((p) => 1 - p), values] }, [1]);
    expect(probability.box).toEqual({ min: [0, 0, 0], size: geometry.size });
    let worst = 0;
    for (let k = 1; k < 19; k++) {
      const slice = probability.slice(k);
      for (let j = 3; j < 33; j++) for (let i = 3; i < 47; i++) worst = Math.max(worst, Math.abs((slice[j * 50 + i] - 0.5) * 2000 - image.voxels[geometry.offset(i, j, k)]));
    }
    expect(worst).toBeLessThan(2);
  });
});

/** Lowest patient coordinate of the image's outer edge along x, y, z. */
function patientCorner(geometry: VolumeGeometry): Vector3 {
  const last = geometry.size.map((count) => count - 0.5);
  const corners = [-0.5, last[0]].flatMap((i) => [-0.5, last[1]].flatMap((j) => [-0.5, last[2]].map((k) => geometry.toPatient([i, j, k]))));
  return [0, 1, 2].map((axis) => Math.min(...corners.map((corner) => corner[axis]))) as unknown as Vector3;
}

/** From the image's outer edge to the first sample: half of what the whole samples leave over, and half a sample. */
function extentShift(grid: ReturnType<typeof layModelGrid>, axis: number): number {
  const { imageMm, size, spacingMm } = grid[axis];
  const ends = [Math.abs(imageMm[1] - imageMm[0]), Math.abs((imageMm.at(-1) ?? 0) - (imageMm.at(-2) ?? 0))];
  const extent = Math.abs((imageMm.at(-1) ?? 0) - imageMm[0]) + (ends[0] + ends[1]) / 2;
  return (extent - size * spacingMm) / 2 + spacingMm / 2;
}
