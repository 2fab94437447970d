import type { Vector3 } from './vector.ts';

/** A block of voxels: the lowest index of each axis and the extent along it, [columns, rows, slices]. */
export interface VoxelBox {
  min: Vector3;
  size: Vector3;
}

export const EMPTY_BOX: VoxelBox = { min: [0, 0, 0], size: [0, 0, 0] };

/** The smallest box that holds every voxel whose value is at least `least`, in a volume of the given size (first axis fastest). Empty when there is none. */
export function boundingBox(size: Vector3, values: Float32Array | Uint8Array, least: number): VoxelBox {
  const low = [size[0], size[1], size[2]];
  const high = [-1, -1, -1];
  for (let z = 0, start = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++, start += size[0]) {
      const first = firstAtLeast(values, least, start, size[0]);
      if (first === size[0]) continue;
      low[0] = Math.min(low[0], first);
      low[1] = Math.min(low[1], y);
      low[2] = Math.min(low[2], z);
      high[0] = Math.max(high[0], lastAtLeast(values, least, start, high[0] + 1, size[0]));
      high[1] = Math.max(high[1], y);
      high[2] = z;
    }
  }
  if (high[2] < 0) return EMPTY_BOX;
  return { min: [low[0], low[1], low[2]], size: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] };
}

/** Where in a row a value is first at least `least`; its width where none is. */
function firstAtLeast(values: Float32Array | Uint8Array, least: number, start: number, width: number): number {
  for (let x = 0; x < width; x++) if (values[start + x] >= least) return x;
  return width;
}

/** Where in a row, from `from` on, a value is last at least `least`; −1 where none is. */
function lastAtLeast(values: Float32Array | Uint8Array, least: number, start: number, from: number, width: number): number {
  for (let x = width - 1; x >= from; x--) if (values[start + x] >= least) return x;
  return -1;
}

/** The box grown by a number of voxels on either side of each axis, within a volume of the given size. An empty box stays empty. */
export function grownBox(box: VoxelBox, voxels: Vector3, size: Vector3): VoxelBox {
  if (box.size[0] === 0) return box;
  const range = [0, 1, 2].map((axis) => [Math.max(0, box.min[axis] - voxels[axis]), Math.min(size[axis], box.min[axis] + box.size[axis] + voxels[axis])] as const);
  return {
    min: [range[0][0], range[1][0], range[2][0]],
    size: [range[0][1] - range[0][0], range[1][1] - range[1][0], range[2][1] - range[2][0]],
  };
}

/** The smallest box that holds all the given boxes; empty when all are empty. */
export function unionBox(boxes: readonly VoxelBox[]): VoxelBox {
  const filled = boxes.filter(({ size }) => size[0] * size[1] * size[2] > 0);
  if (filled.length === 0) return EMPTY_BOX;
  const axis = (index: 0 | 1 | 2): [number, number] => [
    Math.min(...filled.map(({ min }) => min[index])),
    Math.max(...filled.map(({ min, size }) => min[index] + size[index])),
  ];
  const [x, y, z] = [axis(0), axis(1), axis(2)];
  return { min: [x[0], y[0], z[0]], size: [x[1] - x[0], y[1] - y[0], z[1] - z[0]] };
}
