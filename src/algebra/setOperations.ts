import { unionBox, type Mask, type Vector3, type VoxelBox } from '../geometry/index.ts';
import { requireSameGrid } from './sameGrid.ts';

/**
 * The voxels that belong to any of the masks, in a tight box.
 * @throws RondoError `algebra-grid` when the masks do not lie on one grid.
 */
export function union(first: Mask, ...others: readonly Mask[]): Mask {
  requireSameGrid(first, ...others);
  const united = first.inBox(unionBox([first, ...others].map(({ box }) => box)));
  const { voxels, box } = united;
  for (const mask of others) {
    forEachRow(mask, (i, j, k, start) => {
      const target = ((k - box.min[2]) * box.size[1] + j - box.min[1]) * box.size[0] + i - box.min[0];
      for (let x = 0; x < mask.box.size[0]; x++) voxels[target + x] |= mask.voxels[start + x];
    });
  }
  return united.cropped();
}

/**
 * The voxels that belong to both masks, in a tight box.
 * @throws RondoError `algebra-grid` when the masks do not lie on one grid.
 */
export function intersection(mask: Mask, other: Mask): Mask {
  requireSameGrid(mask, other);
  const box = commonBox(mask.box, other.box);
  const common = mask.inBox(box);
  const within = other.inBox(box).voxels;
  for (let index = 0; index < within.length; index++) common.voxels[index] &= within[index];
  return common.cropped();
}

/**
 * The voxels of `mask` that do not belong to `other`, in a tight box.
 * @throws RondoError `algebra-grid` when the masks do not lie on one grid.
 */
export function subtraction(mask: Mask, other: Mask): Mask {
  requireSameGrid(mask, other);
  const rest = mask.inBox(mask.box);
  const taken = other.inBox(mask.box).voxels;
  for (let index = 0; index < taken.length; index++) rest.voxels[index] &= 1 - taken[index];
  return rest.cropped();
}

/** The box of voxels in both boxes; of size 0 along axes on which they do not meet. */
export function commonBox(a: VoxelBox, b: VoxelBox): VoxelBox {
  const axis = (index: 0 | 1 | 2): [number, number] => {
    const low = Math.max(a.min[index], b.min[index]);
    return [low, Math.max(Math.min(a.min[index] + a.size[index], b.min[index] + b.size[index]) - low, 0)];
  };
  const [x, y, z] = [axis(0), axis(1), axis(2)];
  const min: Vector3 = [x[0], y[0], z[0]];
  return { min, size: [x[1], y[1], z[1]] };
}

function forEachRow(mask: Mask, visit: (i: number, j: number, k: number, start: number) => void): void {
  const { min, size } = mask.box;
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) visit(min[0], min[1] + y, min[2] + z, (z * size[1] + y) * size[0]);
  }
}
