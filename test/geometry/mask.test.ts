import { describe, expect, it } from '@jest/globals';
import { boundingBox, grownBox, Mask, unionBox, Volume } from '../../src/geometry/index.ts';
import { noise } from '../rtstruct/masks.ts';
import { makeGeometry } from '../support/geometries.ts';

const geometry = makeGeometry();

/** A lopsided object: different extent along each axis, touching no symmetry plane. */
const belongs = (i: number, j: number, k: number): boolean => i >= 2 && i < 7 && j >= 1 && j < 4 && k >= 3 && k < 5 && i + j < 9;

function lopsided(): Mask {
  const voxels = new Uint8Array(geometry.voxelCount);
  for (let k = 0; k < 7; k++) for (let j = 0; j < 9; j++) for (let i = 0; i < 13; i++) voxels[geometry.offset(i, j, k)] = belongs(i, j, k) ? 9 : 0;
  return Mask.fromVoxels(geometry, voxels, (value) => value === 9);
}

describe('Mask', () => {
  it('holds exactly its voxels in a tight box', () => {
    const mask = lopsided();
    expect(mask.box).toEqual({ min: [2, 1, 3], size: [5, 3, 2] });
    for (let k = -1; k <= 7; k++) for (let j = -1; j <= 9; j++) for (let i = -1; i <= 13; i++) expect(mask.has(i, j, k)).toBe(belongs(i, j, k));
  });

  it('measures volume slice by slice, each with its own thickness', () => {
    const mask = lopsided();
    const inSlice = mask.slice(3)?.reduce((sum, voxel) => sum + voxel, 0) ?? 0;
    expect(mask.voxelCount).toBe(2 * inSlice);
    expect(mask.volumeCc).toBeCloseTo((inSlice * 1.25 * 0.75 * (3 + 2.25)) / 1000, 9);
    expect(mask.slice(2)).toBeUndefined();
    expect(mask.slice(5)).toBeUndefined();
  });

  it('stays the same through a larger box, a smaller one, and dense voxels', () => {
    const mask = lopsided();
    const whole = mask.inBox({ min: [0, 0, 0], size: geometry.size });
    expect(whole.voxelCount).toBe(mask.voxelCount);
    expect(whole.cropped()).toEqual(mask);
    const part = mask.inBox({ min: [4, 0, 3], size: [9, 3, 1] });
    for (let j = 0; j < 9; j++) for (let i = 0; i < 13; i++) expect(part.has(i, j, 3)).toBe(belongs(i, j, 3) && i >= 4 && j < 3);
    expect(Mask.fromVoxels(geometry, mask.toDense(), (value) => value === 1)).toEqual(mask);
  });

  it('counts its voxels, and those that another mask has otherwise, wherever they lie in memory', () => {
    for (const [seed, size] of ([[31, 23, 3], [40, 40, 5], [3, 1, 2], [1, 1, 2], [64, 64, 4]] as const).entries()) {
      const grid = makeGeometry({ size });
      const masks = [0.5, 0.9, 1, 0].map((density, index) => noise(grid, 4 * seed + index, density));
      // Views that start at odd places of memory, some of them too short to reach the next word.
      for (const start of [1, 2, 3]) masks.push(new Mask(grid, { min: [0, 0, 0], size }, new Uint8Array(grid.voxelCount + start).fill(1).subarray(start)));
      for (const one of masks) {
        const ones = one.toDense();
        expect(one.voxelCount).toBe(ones.reduce((sum, voxel) => sum + voxel, 0));
        for (const other of masks) {
          const others = other.toDense();
          expect(one.commonVoxelCount(other)).toBe(ones.reduce((sum, voxel, index) => sum + voxel * others[index], 0));
        }
      }
    }
  });

  it('knows when it is empty', () => {
    expect(Mask.empty(geometry).isEmpty).toBe(true);
    expect(Mask.empty(geometry).volumeCc).toBe(0);
    expect(lopsided().isEmpty).toBe(false);
    expect(new Mask(geometry, { min: [1, 1, 1], size: [2, 2, 2] }, new Uint8Array(8)).cropped()).toEqual(Mask.empty(geometry));
  });

  it('refuses a box outside the volume and voxels that do not fit', () => {
    expect(() => new Mask(geometry, { min: [9, 0, 0], size: [5, 1, 1] }, new Uint8Array(5))).toThrow('leaves the volume');
    expect(() => new Mask(geometry, { min: [-1, 0, 0], size: [5, 1, 1] }, new Uint8Array(5))).toThrow('leaves the volume');
    expect(() => new Mask(geometry, { min: [0, 0, 0], size: [5, 1, 1] }, new Uint8Array(4))).toThrow('4 values');
    expect(() => new Volume(geometry, new Int16Array(10))).toThrow('10 values');
  });
});

describe('voxel boxes', () => {
  it('bound, grow within the volume and unite', () => {
    const found = boundingBox([4, 3, 2], Float32Array.from({ length: 24 }, (_, index) => (index === 1 || index === 4 * 3 + 4 + 3 ? 0.5 : 0.4)), 0.5);
    expect(found).toEqual({ min: [1, 0, 0], size: [3, 2, 2] });
    expect(boundingBox([4, 3, 2], new Uint8Array(24), 1).size).toEqual([0, 0, 0]);
    // Voxels of every pair widen the box in another order; the box is that of their coordinates.
    for (let first = 0; first < 24; first++) {
      for (let second = first; second < 24; second++) {
        const places = [first, second].map((index) => [index % 4, Math.floor(index / 4) % 3, Math.floor(index / 12)]);
        const min = [0, 1, 2].map((axis) => Math.min(places[0][axis], places[1][axis]));
        const size = [0, 1, 2].map((axis) => Math.abs(places[1][axis] - places[0][axis]) + 1);
        expect(boundingBox([4, 3, 2], Uint8Array.from({ length: 24 }, (_, index) => (index === first || index === second ? 1 : 0)), 1)).toEqual({ min, size });
      }
    }
    expect(grownBox({ min: [1, 1, 1], size: [2, 2, 2] }, [2, 1, 9], [13, 9, 7])).toEqual({ min: [0, 0, 0], size: [5, 4, 7] });
    expect(unionBox([{ min: [5, 5, 5], size: [0, 0, 0] }, { min: [1, 2, 3], size: [1, 1, 1] }, { min: [0, 4, 3], size: [1, 2, 3] }])).toEqual({ min: [0, 2, 3], size: [2, 4, 3] });
  });
});
