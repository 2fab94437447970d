import type { Mask } from '../geometry/index.ts';
import { requireSameGrid } from './sameGrid.ts';

/** How `dice` is defined, for every place that shows it. */
export const DICE_CONVENTION = 'DSC: 2 · volume in common / sum of volumes, each slice with its own thickness';

/**
 * Dice similarity coefficient of two masks on the same grid, 0–1. 0 when one of them is empty, 1 when both are:
 * nothing was there and nothing was found. `compareStructures` keeps either case out of its scores.
 * @throws RondoError `frame-differs` or `grid-differs` when the masks do not lie on the same grid.
 */
export function dice(a: Mask, b: Mask): number {
  requireSameGrid(a.geometry, b.geometry);
  const sum = a.volumeCc + b.volumeCc;
  return sum === 0 ? 1 : (2 * commonCc(a, b)) / sum;
}

/** Volume in cm³ of the voxels that belong to both masks. */
function commonCc(a: Mask, b: Mask): number {
  const low = a.box.min.map((min, axis) => Math.max(min, b.box.min[axis]));
  const high = a.box.min.map((min, axis) => Math.min(min + a.box.size[axis], b.box.min[axis] + b.box.size[axis]));
  const columns = high[0] - low[0];
  let volume = 0;
  for (let k = low[2]; k < high[2]; k++) {
    let count = 0;
    for (let j = low[1]; j < high[1]; j++) count += commonInRow(a.voxels, rowStart(a, low[0], j, k), b.voxels, rowStart(b, low[0], j, k), columns);
    volume += count * a.geometry.voxelVolumeCc(k);
  }
  return volume;
}

function rowStart({ box }: Mask, i: number, j: number, k: number): number {
  return ((k - box.min[2]) * box.size[1] + j - box.min[1]) * box.size[0] + i - box.min[0];
}

function commonInRow(a: Uint8Array, startA: number, b: Uint8Array, startB: number, columns: number): number {
  let count = 0;
  for (let i = 0; i < columns; i++) count += a[startA + i] & b[startB + i];
  return count;
}
