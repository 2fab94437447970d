import type { Vector3 } from '../geometry/index.ts';

/** Start of each tile along x, y, z, in voxels of the network's grid. */
export type TileStart = Vector3;

/**
 * Tile starts along one axis. One tile, centred, when the axis fits in it (the start may then be negative: the tile hangs over).
 * Worked: extent 170, patch 96, overlap 1/3: step ≤ 64, so 1 + ⌈(170 − 96) / 64⌉ = 3 tiles at 0, 37, 74.
 * @param overlap least share of a tile that its neighbour covers too
 */
export function tileStarts(extent: number, patch: number, overlap: number): number[] {
  // The odd voxel hangs over at the end, as where nnU-Net pads.
  if (extent <= patch) return [0 - Math.floor((patch - extent) / 2)];
  const step = Math.max(patch * (1 - overlap), 1);
  const count = 1 + Math.ceil((extent - patch) / step);
  return Array.from({ length: count }, (_, n) => Math.round((n * (extent - patch)) / (count - 1)));
}

/** All tiles of a volume of the given size, x fastest. */
export function planTiles(size: Vector3, patch: Vector3, overlap: number): TileStart[] {
  const [xs, ys, zs] = [0, 1, 2].map((axis) => tileStarts(size[axis], patch[axis], overlap));
  return zs.flatMap((z) => ys.flatMap((y) => xs.map((x): TileStart => [x, y, z])));
}

/**
 * Gaussian importance of a tile's voxels along one axis: 1 in the middle, σ = patch / 8, never below 1e-3 so that a voxel
 * seen by one rim only still gets an answer (Isensee 2021, nnU-Net, doi:10.1038/s41592-020-01008-z, sliding-window inference).
 */
export function tileImportance(patch: number): Float32Array {
  const sigma = patch / 8;
  const middle = (patch - 1) / 2;
  return Float32Array.from({ length: patch }, (_, index) => Math.max(Math.exp(-((index - middle) ** 2) / (2 * sigma ** 2)), 1e-3));
}
