import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { addScannerNoise } from '../../src/phantom/scannerNoise.ts';

const SIZE = [96, 80, 12] as const;
const SPACING = [1.5, 2] as const;

function noisy(seed: number, base = 0, sigmaHu = 200): Int16Array {
  const voxels = new Int16Array(SIZE[0] * SIZE[1] * SIZE[2]).fill(base);
  addScannerNoise(voxels, SIZE, SPACING, { sigmaHu, correlationMm: 1.2, seed }, -1024);
  return voxels;
}

/** Correlation of the voxels with those (i, j, k) further on. */
function correlation(voxels: Int16Array, i: number, j: number, k: number): number {
  const [columns, rows, slices] = SIZE;
  let [products, squares] = [0, 0];
  for (let z = 0; z < slices - k; z++) {
    for (let y = 0; y < rows - j; y++) {
      for (let x = 0; x < columns - i; x++) {
        const here = voxels[(z * rows + y) * columns + x];
        products += here * voxels[((z + k) * rows + y + j) * columns + x + i];
        squares += here * here;
      }
    }
  }
  return products / squares;
}

describe('scanner noise', () => {
  const voxels = noisy(7);

  it('has mean 0 and the wanted deviation, at the edges too', () => {
    const deviation = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const all = Array.from(voxels);
    expect(Math.abs(all.reduce((sum, value) => sum + value, 0) / all.length)).toBeLessThan(6);
    expect(deviation(all)).toBeGreaterThan(194);
    expect(deviation(all)).toBeLessThan(206);
    expect(deviation(all.filter((_, index) => index % SIZE[0] === 0))).toBeGreaterThan(175);
    // Nearly normal: 4.55 % lie beyond two deviations.
    expect(all.filter((value) => Math.abs(value) > 400).length / all.length).toBeCloseTo(0.0455, 2);
  });

  it('is correlated over the wanted distance in a slice, whatever the spacing, and not between slices', () => {
    // White noise smoothed by a Gaussian of deviation s correlates as exp(-d² / 4s²).
    const expected = (distanceMm: number): number => Math.exp(-(distanceMm ** 2) / (4 * 1.2 ** 2));
    expect(correlation(voxels, 1, 0, 0)).toBeCloseTo(expected(1.5), 1);
    expect(correlation(voxels, 0, 1, 0)).toBeCloseTo(expected(2), 1);
    expect(correlation(voxels, 2, 0, 0)).toBeCloseTo(expected(3), 1);
    expect(Math.abs(correlation(voxels, 0, 0, 1))).toBeLessThan(0.03);
  });

  it('is the same on every machine, and another for every seed', () => {
    const hash = (values: Int16Array): string => createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
    expect(hash(noisy(7))).toBe('b62610898548b248b8d3453206dd5d41273e42d64fde73b1f9ef6e10198aa466');
    expect(hash(noisy(8))).not.toBe(hash(voxels));
    expect(Math.abs(noisy(8).reduce((sum, value, index) => sum + value * voxels[index], 0) / (200 * 200 * voxels.length))).toBeLessThan(0.03);
  });

  it('never falls below the lowest value, and is none without deviation', () => {
    expect(Math.min(...noisy(7, -1000))).toBe(-1024);
    expect(new Set(noisy(7, -1000, 0))).toEqual(new Set([-1000]));
  });
});
