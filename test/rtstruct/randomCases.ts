import type { Mask, VolumeGeometry } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { blobs, maskOf, noise, randomNumbers } from './masks.ts';

/** A mask that a seed stands for; the same on every machine. */
export interface RandomCase {
  /** Seed, kind and grid, to be read in a failure and drawn again with `randomCases(seed)`. */
  name: string;
  kind: string;
  mask: Mask;
}

/** A whole number from `low` to `high`, both included. */
const whole = (next: () => number, low: number, high: number): number => low + Math.floor(next() * (high - low + 1));

/** A length between `low` and `high`, short ones as often as long ones. */
const length = (next: () => number, low: number, high: number): number => low * (high / low) ** next();

/**
 * Any grid that a scanner might make and many that none does: from one to 20 columns and rows, two or three uneven slices,
 * voxels of 0.2 to 6 mm with any proportions; one of the eight patient positions, or leaning, or leaning by less than
 * a file shows.
 */
function randomGrid(next: () => number): VolumeGeometry {
  const slices = whole(next, 2, 3);
  const sliceOffsetsMm = [0];
  while (sliceOffsetsMm.length < slices) sliceOffsetsMm.push(sliceOffsetsMm[sliceOffsetsMm.length - 1] + length(next, 0.3, 12));
  const { rowDirection, columnDirection } = [
    POSITIONS[whole(next, 0, POSITIONS.length - 1)],
    obliqueDirections(360 * next() - 180, 360 * next() - 180),
    obliqueDirections(0.02 * next(), 0.02 * next()),
  ][whole(next, 0, 2)];
  return makeGeometry({
    size: [whole(next, 1, 20), whole(next, 1, 20), slices],
    columnSpacingMm: length(next, 0.2, 6),
    rowSpacingMm: length(next, 0.2, 6),
    sliceOffsetsMm,
    rowDirection,
    columnDirection,
    originMm: [2000 * next() - 1000, 2000 * next() - 1000, 2000 * next() - 1000],
  });
}

/** A carpet with random holes: each of three scales, each three times the last, turns some of its nine fields over. Holes hold islands that hold holes. */
function fractalHoles(geometry: VolumeGeometry, next: () => number): Mask {
  const patterns = Array.from({ length: 3 }, () => Array.from({ length: 9 }, () => next() < 0.35));
  const [shiftX, shiftY] = [whole(next, 0, 26), whole(next, 0, 26)];
  return maskOf(geometry, (i, j, k) =>
    patterns.reduce((inside, pattern, level) => {
      const [x, y] = [i + shiftX + 9 * k, j + shiftY].map((index) => Math.floor(index / 3 ** level) % 3);
      return pattern[3 * y + x] ? !inside : inside;
    }, true),
  );
}

/** Fields of equal size that touch at their corners only. */
function chessboard(geometry: VolumeGeometry, next: () => number): Mask {
  const [width, height, phase] = [whole(next, 1, 3), whole(next, 1, 3), whole(next, 0, 1)];
  return maskOf(geometry, (i, j, k) => (Math.floor(i / width) + Math.floor(j / height) + k + phase) % 2 === 0);
}

/** One to five voxels anywhere, corners of the volume more often than chance would have it. */
function fewVoxels(geometry: VolumeGeometry, next: () => number): Mask {
  const index = (count: number): number => [0, count - 1, whole(next, 0, count - 1), whole(next, 0, count - 1)][whole(next, 0, 3)];
  const voxels = new Set(Array.from({ length: whole(next, 1, 5) }, () => geometry.offset(index(geometry.size[0]), index(geometry.size[1]), index(geometry.size[2]))));
  return maskOf(geometry, (i, j, k) => voxels.has(geometry.offset(i, j, k)));
}

/** A frame along the image's border, broken here and there, with noise inside. */
function borders(geometry: VolumeGeometry, next: () => number): Mask {
  const [width, gaps, filling] = [whole(next, 1, 3), next() / 4, next()];
  return maskOf(geometry, (i, j) => {
    const fromBorder = Math.min(i, j, geometry.size[0] - 1 - i, geometry.size[1] - 1 - j);
    return fromBorder < width ? next() >= gaps : fromBorder > width && next() < filling;
  });
}

/** Stripes that climb by one voxel a column: chains of voxels that share corners. */
function diagonals(geometry: VolumeGeometry, next: () => number): Mask {
  const [period, width, slope] = [whole(next, 2, 7), whole(next, 1, 2), [1, -1, 2][whole(next, 0, 2)]];
  return maskOf(geometry, (i, j, k) => (i + slope * j + k + 100 * period) % period < width);
}

const KINDS: Readonly<Record<string, (geometry: VolumeGeometry, next: () => number) => Mask>> = {
  'fractal holes': fractalHoles,
  chessboard,
  'few voxels': fewVoxels,
  'all but few voxels': (geometry, next) => {
    const holes = fewVoxels(geometry, next);
    return maskOf(geometry, (i, j, k) => !holes.has(i, j, k));
  },
  borders,
  diagonals,
  noise: (geometry, next) => noise(geometry, whole(next, 0, 1e9), next()),
  blobs: (geometry, next) => blobs(geometry, whole(next, 0, 1e9), whole(next, 2, 12)),
};

/** The kinds of masks that every seed draws. */
export const KIND_NAMES = Object.keys(KINDS);

/** One random grid, and one mask of each kind on it; some may be empty. */
export function randomCases(seed: number): { geometry: VolumeGeometry; cases: RandomCase[] } {
  const next = randomNumbers(seed);
  const geometry = randomGrid(next);
  const { size, columnSpacingMm, rowSpacingMm, normal } = geometry;
  const grid = `${size.join('×')} voxels of ${columnSpacingMm.toFixed(3)} × ${rowSpacingMm.toFixed(3)} mm, normal ${normal.map((value) => value.toFixed(4)).join(', ')}`;
  const cases = Object.entries(KINDS).map(([kind, draw]) => ({ name: `seed ${seed}, ${kind}, ${grid}`, kind, mask: draw(geometry, next) }));
  return { geometry, cases };
}
