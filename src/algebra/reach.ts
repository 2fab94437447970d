import type { VolumeGeometry, VoxelBox } from '../geometry/index.ts';
import type { AxesMarginsMm } from './imageMargins.ts';

/**
 * Added to every margin above 0, in mm: a voxel centre exactly at the margin belongs however its position was rounded. Above
 * the rounding of single-precision distances (0.00003 mm at 300 mm), far below what a contour shows.
 */
const TIE_TOLERANCE_MM = 1e-4;

/** Growth along one axis toward one side: positions in units of the margin to that side, rising toward it. */
export interface Side {
  /** 1 when the side lies toward higher indices, −1 toward lower ones. */
  step: 1 | -1;
  /** Position of each voxel's centre. */
  centres: Float64Array;
  /** Position of the face of each voxel's body toward the side: growth starts there. */
  faces: Float64Array;
}

/** For each of columns, rows, slices: the sides toward which anything grows. */
export type Sides = readonly [readonly Side[], readonly Side[], readonly Side[]];

type AxisIndex = 0 | 1 | 2;

/**
 * How far a voxel's body reaches from its centre along columns, rows and slices, in steps of the grid: the surface of a structure
 * lies between the centres in it and those outside. Whole voxels (1/2) stand out of slanted surfaces by their corners: balls come out
 * 0.7–1.2 mm too large on the grids of CTs. Half as large (1/4), they are right to 0.3 mm in the mean, but what ends along a slice
 * falls short: of a margin of 5 mm on slices of 3 mm one slice is left.
 */
export type BodySteps = readonly [number, number, number];

/**
 * A margin must cover: an end along a slice moves to the slice nearest to the margin, and balls grow by 0.4–0.9 mm too much, never too
 * little. A face that lies along columns or rows, as of a box, falls a quarter of a pixel short in the mean.
 */
export const COVERING: BodySteps = [1 / 4, 1 / 4, 1 / 2];

/** What is cropped has been drawn by the same rule: neither more nor less is to go. Balls shrink by 0.1–0.3 mm too much in the mean. */
export const CROPPING: BodySteps = [1 / 4, 1 / 4, 1 / 4];

/** The sides toward which the voxels of a box grow by the margins, from bodies of the given size. */
export function sidesOf(geometry: VolumeGeometry, box: VoxelBox, margins: AxesMarginsMm, body: BodySteps): Sides {
  const along = (axis: AxisIndex): Side[] => {
    const side = (step: 1 | -1, marginMm: number): Side => {
      const scale = step / (marginMm + TIE_TOLERANCE_MM);
      const positions = (shift: number): Float64Array => Float64Array.from({ length: box.size[axis] }, (_, n) => scale * positionMm(geometry, axis, box.min[axis] + n + shift));
      return { step, centres: positions(0), faces: positions(step * body[axis]) };
    };
    const { low, high } = margins[axis];
    return [...(high > 0 ? [side(1, high)] : []), ...(low > 0 ? [side(-1, low)] : [])];
  };
  return [along(0), along(1), along(2)];
}

/**
 * The box and all voxels of the image that reach into the margins around it: no other voxel's centre is within the margins of the
 * box, nor the centre of a voxel of the box within the margins of the other voxel. An empty box stays empty.
 */
export function boxWithMargins(geometry: VolumeGeometry, box: VoxelBox, margins: AxesMarginsMm): VoxelBox {
  if (box.size[0] * box.size[1] * box.size[2] === 0) return box;
  const range = (axis: AxisIndex): [number, number] => {
    let [first, end] = [box.min[axis], box.min[axis] + box.size[axis]];
    const lowestMm = positionMm(geometry, axis, first - 0.5) - margins[axis].low;
    const highestMm = positionMm(geometry, axis, end - 0.5) + margins[axis].high;
    while (first > 0 && positionMm(geometry, axis, first - 0.5) > lowestMm) first--;
    while (end < geometry.size[axis] && positionMm(geometry, axis, end - 0.5) < highestMm) end++;
    return [first, end - first];
  };
  const [x, y, z] = [range(0), range(1), range(2)];
  return { min: [x[0], y[0], z[0]], size: [x[1], y[1], z[1]] };
}

/**
 * Position in mm along an axis, from the first voxel's centre. Half an index on lies the face: of a slice, half way to its
 * neighbour, the outermost gap standing for a missing one.
 */
function positionMm(geometry: VolumeGeometry, axis: AxisIndex, index: number): number {
  if (axis === 2) return geometry.sliceOffsetAt(index);
  return index * (axis === 0 ? geometry.columnSpacingMm : geometry.rowSpacingMm);
}
