import { Mask, type VolumeGeometry } from '../../src/geometry/index.ts';

/** The same numbers between 0 and 1 on every machine (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The voxels (i, j, k) for which `belongs` holds, in a tight box. */
export function maskOf(geometry: VolumeGeometry, belongs: (i: number, j: number, k: number) => boolean): Mask {
  const [columns, rows] = geometry.size;
  const indices = Array.from({ length: geometry.voxelCount }, (_, index) => index);
  return Mask.fromVoxels(geometry, indices, (index) => belongs(index % columns, Math.floor(index / columns) % rows, Math.floor(index / (columns * rows))));
}

/** A mask of one drawing per slice: '#' belongs; rows from the drawing's first line, columns from its first character. */
export function drawn(geometry: VolumeGeometry, ...slices: string[]): Mask {
  const lines = slices.map((slice) => slice.split('\n').map((line) => line.trim()).filter((line) => line !== ''));
  return maskOf(geometry, (i, j, k) => lines[k]?.[j]?.[i] === '#');
}

/** Each voxel at random. */
export function noise(geometry: VolumeGeometry, seed: number, density: number): Mask {
  const next = randomNumbers(seed);
  return maskOf(geometry, () => next() < density);
}

/** Overlapping ellipses, every third one cut out: blobs with holes and islands. */
export function blobs(geometry: VolumeGeometry, seed: number, count: number): Mask {
  const next = randomNumbers(seed);
  const [columns, rows, slices] = geometry.size;
  const ellipses = Array.from({ length: count }, (_, index) => ({
    adds: index % 3 !== 2,
    centre: [next() * columns, next() * rows, next() * slices] as const,
    radii: [1 + (next() * columns) / 4, 1 + (next() * rows) / 4, 1 + (next() * slices) / 2] as const,
  }));
  return maskOf(geometry, (i, j, k) =>
    ellipses.reduce((inside, { adds, centre, radii }) => {
      const within = ((i - centre[0]) / radii[0]) ** 2 + ((j - centre[1]) / radii[1]) ** 2 + ((k - centre[2]) / radii[2]) ** 2 <= 1;
      return within ? adds : inside;
    }, false),
  );
}

/** The voxels of the whole volume, to compare masks whose boxes differ. */
export function sameVoxels(one: Mask, other: Mask): boolean {
  const [a, b] = [one.toDense(), other.toDense()];
  return a.length === b.length && a.every((voxel, index) => voxel === b[index]);
}

/** Dice coefficient of two masks on the same grid; 1 for two empty ones. */
export function dice(one: Mask, other: Mask): number {
  const [a, b] = [one.toDense(), other.toDense()];
  let common = 0;
  for (let index = 0; index < a.length; index++) common += a[index] & b[index];
  const total = one.voxelCount + other.voxelCount;
  return total === 0 ? 1 : (2 * common) / total;
}
