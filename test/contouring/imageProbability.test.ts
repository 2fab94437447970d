import { describe, expect, it } from '@jest/globals';
import { ImageProbability } from '../../src/contouring/imageProbability.ts';
import { layModelGrid } from '../../src/contouring/modelGrid.ts';
import type { Vector3 } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';

const AXES = [...POSITIONS, { name: 'sagittal', rowDirection: [0, 1, 0] as Vector3, columnDirection: [0, 0, -1] as Vector3 }, { name: 'oblique', ...obliqueDirections(12, -9) }];

describe('a structure on the image', () => {
  it.each(AXES.flatMap((axes) => ([3, 'image', 0.4] as const).map((spacing) => ({ ...axes, spacing }))))('holds the voxels whose interpolated probability is 0.5 or more, $name, network at $spacing mm', ({ rowDirection, columnDirection, spacing }) => {
    const geometry = makeGeometry({ size: [31, 22, 9], rowDirection, columnDirection });
    const inPlane = spacing === 'image' ? 2 : spacing;
    const grid = layModelGrid(geometry, { spacingMm: [inPlane, inPlane, spacing], orientation: 'LPS' });
    const size: Vector3 = [grid[0].size, grid[1].size, grid[2].size];
    const box = { min: [1, 0, 1] as Vector3, size: [size[0] - 2, size[1] - 1, size[2] - 1] as Vector3 };
    // Blobs and noise, exact halves among them: every way in which samples may lie about 0.5.
    const value = (index: number): number => Math.round((Math.sin(index * 0.37) + Math.sin(index * 0.011) + 2) * 4) / 16;
    const channels = [0, 1, 2].map((channel) => Float32Array.from({ length: box.size[0] * box.size[1] * box.size[2] }, (_, index) => (channel === 0 ? 0.3 : value(index + 50 * channel) / 2)));
    const probability = new ImageProbability({ grid, box, channels }, [1, 2]);
    const mask = probability.mask(geometry);
    const [expected, found] = [[] as number[], [] as number[]];
    for (let k = 0; k < 9; k++) {
      const whole = probability.sliceIn({ min: [0, 0, 0], size: geometry.size }, k);
      for (const [at, p] of whole.entries()) {
        if (p >= 0.5) expected.push(k * whole.length + at);
        if (mask.has(at % 31, Math.floor(at / 31), k)) found.push(k * whole.length + at);
      }
    }
    expect(found).toEqual(expected);
    expect(expected.length).toBeGreaterThan(100);
    expect(expected.length).toBeLessThan(geometry.voxelCount - 100);
  });

  it('is nothing where no probability is worth looking at', () => {
    const geometry = makeGeometry({ size: [31, 22, 9] });
    const grid = layModelGrid(geometry, { spacingMm: [3, 3, 3], orientation: 'LPS' });
    const size: Vector3 = [grid[0].size, grid[1].size, grid[2].size];
    const probability = new ImageProbability({ grid, box: { min: [0, 0, 0], size }, channels: [new Float32Array(size[0] * size[1] * size[2]).fill(0.04)] }, [0]);
    expect(probability.mask(geometry).isEmpty).toBe(true);
    expect(probability.sliceIn({ min: [0, 0, 0], size: [2, 2, 1] }, 3)).toEqual(new Float32Array(4));
  });
});
