import { Mask, Volume, type VolumeGeometry } from '../../src/geometry/index.ts';
import { wholeNumbers } from '../../src/statistics/random.ts';

/** The voxels of a geometry whose index satisfies `inside`. */
export function paint(geometry: VolumeGeometry, inside: (i: number, j: number, k: number) => boolean): Mask {
  const voxels = new Uint8Array(geometry.voxelCount);
  for (let k = 0, index = 0; k < geometry.size[2]; k++) {
    for (let j = 0; j < geometry.size[1]; j++) {
      for (let i = 0; i < geometry.size[0]; i++, index++) voxels[index] = inside(i, j, k) ? 1 : 0;
    }
  }
  return Mask.fromVoxels(geometry, voxels, (value) => value === 1);
}

/** A block of voxels, `low` to `high` exclusive. */
export function block(geometry: VolumeGeometry, low: readonly [number, number, number], high: readonly [number, number, number]): Mask {
  return paint(geometry, (...index) => index.every((value, axis) => value >= low[axis] && value < high[axis]));
}

/** Voxels strewn at random, the same for the same seed; `share` of them belong. */
export function speckle(geometry: VolumeGeometry, seed: number, share: number): Mask {
  const next = wholeNumbers(seed);
  return paint(geometry, () => next() / 2 ** 32 < share);
}

/** The voxels whose centre (LPS, mm) satisfies `inside`, in whatever frame the image has. */
export function paintMm(geometry: VolumeGeometry, inside: (x: number, y: number, z: number) => boolean): Mask {
  const { rowDirection: r, columnDirection: c, columnSpacingMm, rowSpacingMm } = geometry;
  const voxels = new Uint8Array(geometry.voxelCount);
  for (let k = 0, index = 0; k < geometry.size[2]; k++) {
    const [x0, y0, z0] = geometry.toPatient([0, 0, k]);
    for (let j = 0; j < geometry.size[1]; j++) {
      for (let i = 0; i < geometry.size[0]; i++, index++) {
        const [u, v] = [i * columnSpacingMm, j * rowSpacingMm];
        voxels[index] = inside(x0 + u * r[0] + v * c[0], y0 + u * r[1] + v * c[1], z0 + u * r[2] + v * c[2]) ? 1 : 0;
      }
    }
  }
  return Mask.fromVoxels(geometry, voxels, (value) => value === 1);
}

/** A CT of one value on a geometry, water where none is given. */
export function ctOf(geometry: VolumeGeometry, hu = 0): Volume<Int16Array> {
  return new Volume(geometry, new Int16Array(geometry.voxelCount).fill(hu));
}
