import type { Vector3 } from '../geometry/index.ts';

/** Start of each tile along x, y, z, in voxels of the network's grid. */
export type TileStart = Vector3;

interface Tiling {
  /** Even steps over the whole extent, or steps of one size with the last tile moved back to the edge. */
  steps: 'even' | 'equal';
  /** Where the Gaussian stands along an axis of n voxels; undefined: all voxels of a tile count alike. */
  middle: ((n: number) => number) | undefined;
  /** Least weight along one axis, and of a voxel: one seen by a rim only still gets an answer. */
  leastAlongAxis: number;
  leastOfVoxel: number;
}

const between = (n: number): number => (n - 1) / 2;

/**
 * How tiles are laid out and blended. A network gives its labels of training only where its tiles are those of its software: half a voxel of the
 * Gaussian alone changes the labels of 1 to 4 of 1000 voxels. `nnunet`: Isensee 2021 (doi:10.1038/s41592-020-01008-z) and its program; `monai` and
 * `monai-mean`: sliding windows of MONAI with mode gaussian and constant.
 */
const TILINGS = {
  spread: { steps: 'even', middle: between, leastAlongAxis: 1e-3, leastOfVoxel: 0 },
  nnunet: { steps: 'even', middle: (n: number) => Math.floor(n / 2), leastAlongAxis: 0, leastOfVoxel: 0 },
  monai: { steps: 'equal', middle: between, leastAlongAxis: 0, leastOfVoxel: 1e-3 },
  'monai-mean': { steps: 'equal', middle: undefined, leastAlongAxis: 1, leastOfVoxel: 1 },
} as const satisfies Record<string, Tiling>;

export const TILING_NAMES = ['spread', 'nnunet', 'monai', 'monai-mean'] as const;
export type TilingName = (typeof TILING_NAMES)[number];

/**
 * Tile starts along one axis. One tile, centred, when the axis fits in it (the start may then be negative: the tile hangs over).
 * Worked: extent 170, patch 96, overlap 1/3: step ≤ 64, so 1 + ⌈(170 − 96) / 64⌉ = 3 tiles, evenly at 0, 37, 74, or with equal steps at 0, 64, 74.
 * @param overlap least share of a tile that its neighbour covers too
 */
export function tileStarts(extent: number, patch: number, overlap: number, tiling: TilingName = 'spread'): number[] {
  // The odd voxel hangs over at the end, as where nnU-Net and MONAI pad.
  if (extent <= patch) return [0 - Math.floor((patch - extent) / 2)];
  const even = TILINGS[tiling].steps === 'even';
  const step = Math.max(even ? patch * (1 - overlap) : Math.floor(patch * (1 - overlap)), 1);
  const count = 1 + Math.ceil((extent - patch) / step);
  return Array.from({ length: count }, (_, n) => (even ? Math.round((n * (extent - patch)) / (count - 1)) : Math.min(n * step, extent - patch)));
}

/** All tiles of a volume of the given size, x fastest. */
export function planTiles(size: Vector3, patch: Vector3, overlap: number, tiling: TilingName = 'spread'): TileStart[] {
  const [xs, ys, zs] = [0, 1, 2].map((axis) => tileStarts(size[axis], patch[axis], overlap, tiling));
  return zs.flatMap((z) => ys.flatMap((y) => xs.map((x): TileStart => [x, y, z])));
}

/** Importance of a tile's voxels along one axis: a Gaussian of σ = patch / 8, 1 in the middle. */
export function tileImportance(patch: number, tiling: TilingName = 'spread'): Float32Array {
  const { middle, leastAlongAxis }: Tiling = TILINGS[tiling];
  const sigma = patch / 8;
  return Float32Array.from({ length: patch }, (_, index) => (middle === undefined ? 1 : Math.max(Math.exp(-((index - middle(patch)) ** 2) / (2 * sigma ** 2)), leastAlongAxis)));
}

/** Least importance of a voxel of a tile. */
export function leastImportance(tiling: TilingName): number {
  return TILINGS[tiling].leastOfVoxel;
}
