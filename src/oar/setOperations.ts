import { Mask, unionBox } from '../geometry/index.ts';

/** The voxels that belong to any of the masks, which share one grid. */
export function union(first: Mask, ...others: readonly Mask[]): Mask {
  const united = first.inBox(unionBox([first, ...others].map(({ box }) => box)));
  const { voxels, box } = united;
  for (const mask of others) {
    forEachRow(mask, (i, j, k, start) => {
      const target = ((k - box.min[2]) * box.size[1] + j - box.min[1]) * box.size[0] + i - box.min[0];
      for (let x = 0; x < mask.box.size[0]; x++) voxels[target + x] |= mask.voxels[start + x];
    });
  }
  return united;
}

/** The voxels that belong to both masks, which share one grid. */
export function intersection(mask: Mask, other: Mask): Mask {
  const within = other.inBox(mask.box);
  return new Mask(mask.geometry, mask.box, within.voxels.map((voxel, index) => voxel & mask.voxels[index])).cropped();
}

function forEachRow(mask: Mask, visit: (i: number, j: number, k: number, start: number) => void): void {
  const { min, size } = mask.box;
  for (let z = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) visit(min[0], min[1] + y, min[2] + z, (z * size[1] + y) * size[0]);
  }
}
