import { describe, expect, it } from '@jest/globals';
import { leastImportance, planTiles, tileImportance, tileStarts } from '../../src/contouring/tiles.ts';

describe('tiles', () => {
  it('lie as in the worked example', () => {
    expect(tileStarts(170, 96, 1 / 3)).toEqual([0, 37, 74]);
  });

  it('lie where nnU-Net and MONAI lay them', () => {
    expect(tileStarts(110, 64, 0.5, 'nnunet')).toEqual([0, 23, 46]);
    expect(tileStarts(110, 64, 0.5, 'monai')).toEqual([0, 32, 46]);
    expect(tileStarts(110, 64, 0.25, 'monai-mean')).toEqual([0, 46]);
  });

  it('count for most where nnU-Net and MONAI have it', () => {
    expect(tileImportance(8, 'nnunet').indexOf(1)).toBe(4);
    expect(tileImportance(7, 'nnunet').indexOf(1)).toBe(3);
    expect(tileImportance(8, 'monai')[3]).toBe(tileImportance(8, 'monai')[4]);
    expect(new Set(tileImportance(8, 'monai-mean'))).toEqual(new Set([1]));
    expect([leastImportance('nnunet'), leastImportance('monai')]).toEqual([0, 1e-3]);
  });

  it('cover every voxel, stay inside, and overlap by a third or more', () => {
    for (const patch of [16, 24, 96, 112]) {
      for (let extent = patch; extent < 5 * patch; extent += 7) {
        const starts = tileStarts(extent, patch, 1 / 3);
        expect(starts[0]).toBe(0);
        expect(starts[starts.length - 1]).toBe(extent - patch);
        for (let n = 1; n < starts.length; n++) expect(starts[n] - starts[n - 1]).toBeLessThanOrEqual(Math.ceil((patch * 2) / 3));
      }
    }
  });

  it('hang over evenly where the volume is smaller than a tile', () => {
    expect(planTiles([10, 96, 130], [96, 96, 96], 1 / 3)).toEqual([[-43, 0, 0], [-43, 0, 34]]);
  });

  it('count for most in their middle and never for nothing', () => {
    const importance = tileImportance(96);
    expect(importance[47]).toBeCloseTo(importance[48], 6);
    expect(importance[47]).toBeGreaterThan(0.99);
    expect(importance[0]).toBeGreaterThanOrEqual(0.001);
    expect(importance[0]).toBeLessThan(0.01);
  });
});
