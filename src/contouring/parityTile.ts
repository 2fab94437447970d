import type { Vector3 } from '../geometry/index.ts';

const AIR_HU = -1000;

/** HU, centre and half axes (x, y, z) of ellipsoids in 1024ths of the tile, painted one over the other: about a chest. */
const SHAPES: readonly (readonly [hu: number, centre: Vector3, half: Vector3])[] = [
  [-95, [512, 560, 512], [480, 400, 1500]],
  [50, [512, 560, 512], [440, 350, 1500]],
  [-80, [290, 190, 500], [150, 130, 190]],
  [-80, [734, 190, 500], [150, 130, 190]],
  [-830, [310, 540, 600], [150, 240, 430]],
  [-830, [714, 540, 600], [150, 240, 430]],
  [45, [580, 400, 440], [150, 130, 170]],
  [60, [330, 450, 60], [260, 260, 260]],
  [320, [512, 810, 512], [70, 75, 4000]],
  [-1000, [512, 640, 900], [34, 34, 320]],
];

/**
 * The tile of the parity vectors, the same as `rondo_training/parity.py` makes: whole numbers only, so that no language rounds otherwise.
 * A change here is a new format of `parity.json` and the same change there.
 * @param size voxels along x, y, z
 * @returns HU, x fastest, then y, then z
 */
export function parityTile(size: Vector3): Int16Array<ArrayBuffer> {
  const [xs, ys, zs] = size.map(positions);
  const tile = new Int16Array(size[0] * size[1] * size[2]);
  let index = 0;
  for (const z of zs) {
    for (const y of ys) {
      for (const x of xs) {
        let hu = AIR_HU;
        for (const [target, centre, half] of SHAPES) {
          // 256 on the surface; the edge runs from 224 to 288.
          const q = square(x - centre[0], half[0]) + square(y - centre[1], half[1]) + square(z - centre[2], half[2]);
          hu += ((target - hu) * Math.min(Math.max((288 - q) * 4, 0), 256)) >> 8;
        }
        tile[index] = hu + noise(index);
        index++;
      }
    }
  }
  return tile;
}

/** Voxel middles in 1024ths of the tile. */
function positions(count: number): number[] {
  return Array.from({ length: count }, (_, n) => Math.floor(((2 * n + 1) * 512) / count));
}

function square(distance: number, half: number): number {
  return Math.floor((distance * distance * 256) / (half * half));
}

/** −16 … 15: a hash of the voxel's number (multiplication, then Marsaglia's xorshift). */
function noise(index: number): number {
  let hash = Math.imul(index + 1, 0x9e3779b1);
  hash ^= hash << 13;
  hash ^= hash >>> 17;
  hash ^= hash << 5;
  return (hash >>> 27) - 16;
}

/** Which of `total` logits [channel][z][y][x] the vectors hold, counted in the order of memory: xorshift32 from 1, modulo `total`. */
export function paritySamples(total: number, count: number): Uint32Array {
  let state = 1;
  return Uint32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % total;
  });
}
