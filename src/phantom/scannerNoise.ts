import type { Vector3 } from '../geometry/index.ts';

/** How far the smoothing kernel reaches, in its standard deviations: beyond, its weight is below 0.01 %. */
const KERNEL_REACH = 4;

/** Sum of so many uniform numbers stands for a normal one (Irwin–Hall): close to it, and exact in integers on every machine. */
const UNIFORMS = 8;

export interface NoiseSettings {
  /** Standard deviation in HU. */
  sigmaHu: number;
  /** Standard deviation in mm of the Gaussian that correlates neighbours within a slice; slices are independent. */
  correlationMm: number;
  seed: number;
}

/**
 * Adds scanner noise to HU values (column fastest, then row, then slice), in place. The same seed gives the same values
 * on every machine: only integer and correctly rounded operations are used. Nothing falls below `lowestHu`.
 */
export function addScannerNoise(voxels: Int16Array, size: Vector3, [columnSpacingMm, rowSpacingMm]: readonly [number, number], noise: NoiseSettings, lowestHu: number): void {
  const [columns, rows, slices] = size;
  const alongRows = kernel(noise.correlationMm / columnSpacingMm, columns);
  const alongColumns = kernel(noise.correlationMm / rowSpacingMm, rows);
  const random = normalNumbers(noise.seed);
  // Taken out of the loop, which runs for millions of voxels.
  const { round } = Math;
  const [white, smooth] = [new Float64Array(columns * rows), new Float64Array(columns * rows)];
  for (let k = 0; k < slices; k++) {
    for (let index = 0; index < white.length; index++) white[index] = random();
    smoothAlong(white, smooth, alongRows, columns, 1, rows, columns);
    smoothAlong(smooth, white, alongColumns, rows, columns, columns, 1);
    const slice = voxels.subarray(k * white.length, (k + 1) * white.length);
    for (let index = 0; index < white.length; index++) {
      const value = round(slice[index] + noise.sigmaHu * white[index]);
      slice[index] = value < lowestHu ? lowestHu : value;
    }
  }
}

/** Symmetric weights whose squares add up to 1, so that smoothing keeps the variance: the middle one first. They reach less than once round a ring of `length` voxels. */
function kernel(sigmaVoxels: number, length: number): number[] {
  const reach = Math.min(Math.ceil(KERNEL_REACH * sigmaVoxels), Math.floor((length - 1) / 2));
  // Rounded, because Math.exp may differ in its last bit between machines.
  const weights = Array.from({ length: reach + 1 }, (_, distance) => (distance === 0 ? 1 : Number(Math.exp(-0.5 * (distance / sigmaVoxels) ** 2).toFixed(9))));
  const power = weights.reduce((sum, weight, distance) => sum + weight * weight * (distance === 0 ? 1 : 2), 0);
  return weights.map((weight) => weight / Math.sqrt(power));
}

/** Smooths every line of `length` values that lie `step` apart; lines start `lineStep` apart. Lines are closed to rings, so the edges have the variance of the middle. */
function smoothAlong(from: Float64Array, to: Float64Array, weights: readonly number[], length: number, step: number, lines: number, lineStep: number): void {
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    for (let at = 0; at < length; at++) {
      let sum = weights[0] * from[start + at * step];
      for (let distance = 1; distance < weights.length; distance++) {
        const before = at < distance ? at - distance + length : at - distance;
        const after = at + distance < length ? at + distance : at + distance - length;
        sum += weights[distance] * (from[start + before * step] + from[start + after * step]);
      }
      to[start + at * step] = sum;
    }
  }
}

/** Numbers of mean 0 and variance 1, nearly normal, from a seed: 16-bit halves of a xorshift generator (Marsaglia 2003, 13-17-5). */
function normalNumbers(seed: number): () => number {
  let state = mixed(seed);
  // Variance of the sum of UNIFORMS whole numbers from 0 to 65535.
  const scale = 1 / Math.sqrt((UNIFORMS * (65_536 * 65_536 - 1)) / 12);
  const mean = (UNIFORMS * 65_535) / 2;
  return () => {
    let sum = 0;
    for (let count = 0; count < UNIFORMS; count += 2) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      sum += (state & 0xffff) + (state >>> 16);
    }
    return (sum - mean) * scale;
  };
}

/** Spreads neighbouring seeds over all states; never 0, where xorshift would stay. */
function mixed(seed: number): number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) | 1;
}
