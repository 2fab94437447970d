import { RondoError } from '../errors.ts';
import type { Vector3, VoxelBox } from '../geometry/index.ts';
import type { Runner } from './network.ts';
import { activate, type Activation } from './probabilities.ts';
import { leastImportance, planTiles, tileImportance, type TileStart, type TilingName } from './tiles.ts';

export interface TiledInput {
  /** Normalized intensities on the network's grid, x fastest, then y, then z. */
  intensities: Float32Array;
  /** Size of the grid along x, y, z. */
  size: Vector3;
  /** Part of the grid to compute. */
  box: VoxelBox;
  /** Tile size along x, y, z. */
  patch: Vector3;
  /** Least share of a tile that its neighbour covers too. */
  overlap: number;
  /** `spread` without it. */
  tiling?: TilingName;
  channels: number;
  /** What becomes of logits; `none` leaves them. */
  activation: Activation;
  /** Normalized intensity of what lies beyond the image. */
  outside: number;
}

export interface TiledOptions {
  /** Called before the first tile and after each. */
  onTile?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a network over a box in overlapping tiles, blends their logits by Gaussian importance and makes probabilities of them where asked to.
 * Tiles see the image beyond the box where there is any.
 * @returns values per channel on the box, x fastest, then y, then z; with softmax they sum to 1 at each voxel.
 * @throws RondoError `cancelled`, `model-network` when the network returns numbers that are not finite.
 */
export async function runTiled(network: Runner, input: TiledInput, { onTile, signal }: TiledOptions = {}): Promise<Float32Array[]> {
  const { box, patch, channels } = input;
  const count = box.size[0] * box.size[1] * box.size[2];
  const sums = Array.from({ length: channels }, () => new Float32Array(count));
  const importance = new Float32Array(count);
  const profiles = patch.map((size) => tileImportance(size, input.tiling));
  const tiles = planTiles(box.size, patch, input.overlap, input.tiling);
  const tile = new Float32Array(patch[0] * patch[1] * patch[2]);
  onTile?.(0, tiles.length);
  for (const [done, start] of tiles.entries()) {
    refuseIfCancelled(signal);
    cutTile(input, start, tile);
    addTile(input, start, profiles, await network.run(tile, patch), sums, importance);
    onTile?.(done + 1, tiles.length);
  }
  refuseIfCancelled(signal);
  await activate(sums, importance, input.activation);
  return sums;
}

function refuseIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new RondoError('cancelled', 'Contouring was cancelled.', {}, { cause: signal.reason });
}

function cutTile({ intensities, size, box, patch, outside }: TiledInput, start: TileStart, tile: Float32Array): void {
  tile.fill(outside);
  const [x0, y0, z0] = [0, 1, 2].map((axis) => box.min[axis] + start[axis]);
  const from = Math.max(x0, 0);
  const to = Math.min(x0 + patch[0], size[0]);
  for (let z = 0; z < patch[2]; z++) {
    if (z0 + z < 0 || z0 + z >= size[2]) continue;
    for (let y = 0; y < patch[1]; y++) {
      if (y0 + y < 0 || y0 + y >= size[1]) continue;
      const row = ((z0 + z) * size[1] + y0 + y) * size[0];
      tile.set(intensities.subarray(row + from, row + to), (z * patch[1] + y) * patch[0] + from - x0);
    }
  }
}

function addTile({ box, patch, tiling = 'spread' }: TiledInput, start: TileStart, [across, down, along]: readonly Float32Array[], logits: Float32Array, sums: readonly Float32Array[], importance: Float32Array): void {
  const voxels = patch[0] * patch[1] * patch[2];
  const least = leastImportance(tiling);
  const weights = new Float64Array(patch[0]);
  const from = Math.max(0, -start[0]);
  const to = Math.min(patch[0], box.size[0] - start[0]);
  for (let z = Math.max(0, -start[2]); z < Math.min(patch[2], box.size[2] - start[2]); z++) {
    for (let y = Math.max(0, -start[1]); y < Math.min(patch[1], box.size[1] - start[1]); y++) {
      const share = along[z] * down[y];
      const source = (z * patch[1] + y) * patch[0];
      const target = ((start[2] + z) * box.size[1] + start[1] + y) * box.size[0] + start[0];
      for (let x = from; x < to; x++) {
        weights[x] = Math.max(share * across[x], least);
        importance[target + x] += weights[x];
      }
      for (let channel = 0; channel < sums.length; channel++) addWeighted(sums[channel], target, logits, channel * voxels + source, weights, from, to);
    }
  }
}

function addWeighted(sum: Float32Array, target: number, logits: Float32Array, source: number, weights: Float64Array, from: number, to: number): void {
  for (let x = from; x < to; x++) sum[target + x] += weights[x] * logits[source + x];
}
