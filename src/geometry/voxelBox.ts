import type { Vector3 } from './vector.ts';

/** A block of voxels: the lowest index of each axis and the extent along it, [columns, rows, slices]. */
export interface VoxelBox {
  min: Vector3;
  size: Vector3;
}

export const EMPTY_BOX: VoxelBox = { min: [0, 0, 0], size: [0, 0, 0] };

/**
 * The smallest box that holds every voxel for which `belongs` holds, in a volume of the given size (first axis fastest).
 * Empty when there is none.
 */
export function boundingBox(size: Vector3, belongs: (index: number) => boolean): VoxelBox {
  const low = [size[0], size[1], size[2]];
  const high = [-1, -1, -1];
  let index = 0;
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      // A row that the box holds already can only widen it.
      const isHeld = z === high[2] && y >= low[1] && y <= high[1];
      for (let x = 0; x < size[0]; x++, index++) {
        if (isHeld && x === low[0]) {
          index += high[0] + 1 - x;
          x = high[0] + 1;
          if (x === size[0]) break;
        }
        if (!belongs(index)) continue;
        if (x < low[0]) low[0] = x;
        if (x > high[0]) high[0] = x;
        if (y < low[1]) low[1] = y;
        if (y > high[1]) high[1] = y;
        if (z < low[2]) low[2] = z;
        high[2] = z;
      }
    }
  }
  if (high[2] < 0) return EMPTY_BOX;
  return { min: [low[0], low[1], low[2]], size: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] };
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
