import type { Mask } from '../geometry/index.ts';
import { requireSameGrid } from './sameGrid.ts';

/** How many voxels of one slice belong to each of two masks and to both. */
export interface SliceOverlap {
  /** Index of the slice in the volume. */
  slice: number;
  reference: number;
  test: number;
  common: number;
}

/** What two masks on one grid have in common, counted once and reduced by the functions of this file. Volumes in cm³. */
export interface Overlap {
  /** Every slice that holds a voxel of either mask, in rising order. */
  slices: readonly SliceOverlap[];
  referenceCc: number;
  testCc: number;
  commonCc: number;
  /** The whole image. */
  imageCc: number;
}

/**
 * Counts what two masks have in common; each slice counts with its own thickness.
 * @throws RondoError `frame-differs` or `grid-differs` when the masks do not lie on the same grid.
 */
export function overlapOf(reference: Mask, test: Mask): Overlap {
  requireSameGrid(reference.geometry, test.geometry);
  const { geometry } = reference;
  const slices: SliceOverlap[] = [];
  const sums = { referenceCc: 0, testCc: 0, commonCc: 0, imageCc: 0 };
  for (let slice = 0; slice < geometry.size[2]; slice++) {
    const voxelCc = geometry.voxelVolumeCc(slice);
    sums.imageCc += geometry.size[0] * geometry.size[1] * voxelCc;
    const counts = { slice, reference: reference.sliceVoxelCount(slice), test: test.sliceVoxelCount(slice), common: commonInSlice(reference, test, slice) };
    if (counts.reference + counts.test === 0) continue;
    slices.push(counts);
    sums.referenceCc += counts.reference * voxelCc;
    sums.testCc += counts.test * voxelCc;
    sums.commonCc += counts.common * voxelCc;
  }
  return { slices, ...sums };
}

/** DSC, 2|A∩B| / (|A|+|B|): undefined when both are empty. Dice 1945, Ecology 26:297. */
export function diceOf({ referenceCc, testCc, commonCc }: Overlap): number | undefined {
  return share(2 * commonCc, referenceCc + testCc);
}

/** DSC of two masks; see `diceOf`. @throws RondoError as `overlapOf` says */
export function dice(reference: Mask, test: Mask): number | undefined {
  return diceOf(overlapOf(reference, test));
}

/** IoU (Jaccard index), |A∩B| / |A∪B|: undefined when both are empty. */
export function iouOf({ referenceCc, testCc, commonCc }: Overlap): number | undefined {
  return share(commonCc, referenceCc + testCc - commonCc);
}

/** Share of the test that lies in the reference: undefined when the test is empty. */
export function precisionOf({ testCc, commonCc }: Overlap): number | undefined {
  return share(commonCc, testCc);
}

/** Share of the reference that the test holds (sensitivity): undefined when the reference is empty. */
export function recallOf({ referenceCc, commonCc }: Overlap): number | undefined {
  return share(commonCc, referenceCc);
}

/** Share of the whole image on which the masks agree, inside or outside: undefined when both are empty. Grows with the field of view. */
export function accuracyOf({ referenceCc, testCc, commonCc, imageCc }: Overlap): number | undefined {
  return referenceCc + testCc === 0 ? undefined : (imageCc - referenceCc - testCc + 2 * commonCc) / imageCc;
}

/** Conformity coefficient, 1 − (FP+FN)/TP: 1 at best, unbounded below, undefined when nothing is in common. Chang 2009, NeuroImage 47:122. */
export function conformityOf({ referenceCc, testCc, commonCc }: Overlap): number | undefined {
  return commonCc === 0 ? undefined : 1 - (referenceCc + testCc - 2 * commonCc) / commonCc;
}

/** Volume of the test over that of the reference: undefined when the reference is empty. */
export function volumeRatioOf({ referenceCc, testCc }: Overlap): number | undefined {
  return share(testCc, referenceCc);
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}

function commonInSlice(a: Mask, b: Mask, k: number): number {
  const [voxelsA, voxelsB] = [a.slice(k), b.slice(k)];
  if (!voxelsA || !voxelsB) return 0;
  const left = Math.max(a.box.min[0], b.box.min[0]);
  const right = Math.min(a.box.min[0] + a.box.size[0], b.box.min[0] + b.box.size[0]);
  const top = Math.max(a.box.min[1], b.box.min[1]);
  const bottom = Math.min(a.box.min[1] + a.box.size[1], b.box.min[1] + b.box.size[1]);
  const [viewA, viewB] = [viewOf(voxelsA), viewOf(voxelsB)];
  let count = 0;
  for (let j = top; j < bottom; j++) {
    const startA = (j - a.box.min[1]) * a.box.size[0] - a.box.min[0];
    const startB = (j - b.box.min[1]) * b.box.size[0] - b.box.min[0];
    let i = left;
    // Four voxels at a time; the product adds up the four bytes in its highest one.
    for (; i + 4 <= right; i += 4) count += Math.imul(viewA.getUint32(startA + i) & viewB.getUint32(startB + i), 0x01010101) >>> 24;
    for (; i < right; i++) count += voxelsA[startA + i] & voxelsB[startB + i];
  }
  return count;
}

/** A view that reads words at any byte: rows of two boxes are not aligned alike. */
function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
