import { Coverage, EMPTY_BOX, type Vector3, type VolumeGeometry, type VoxelBox } from '../geometry/index.ts';
import type { Contour } from './contour.ts';
import { forEachTrapezoid } from './evenOddRegion.ts';
import { boxOf } from './nestRings.ts';
import { ringsOnSlices, type RingOnPlane } from './rasterize.ts';

/** Shares nearer than this to 0 or 1 are that: the rounding of sums along a row. */
const ROUNDING = 1e-9;

/**
 * The share of each voxel's area on its plane, from 0 to 1, that lies inside rings by the even-odd rule over all rings of
 * the plane at once: exact, by cutting the region at the edges of the voxels. The shares of a plane sum up to the area of
 * its rings, as far as they lie in the matrix.
 *
 * @param rings on planes 0 … planes − 1; voxel (x, y) spans x − 0.5 … x + 0.5 and y − 0.5 … y + 0.5
 * @param size columns, rows and planes of the stack
 * @returns the box of planes and voxels that the rings reach into, and the share of each voxel of it, column fastest; single precision
 * @throws RondoError `rings-too-complex`
 */
export function coverRings(rings: readonly RingOnPlane[], size: Vector3): { box: VoxelBox; shares: Float32Array } {
  const box = boxAround(rings, size);
  const [width, height, depth] = box.size;
  const shares = new Float32Array(width * height * depth);
  // One column more takes what lies beyond the last one.
  const steps = new Float64Array((width + 1) * height);
  for (let z = 0; z < depth; z++) {
    const own = rings.filter(({ plane }) => plane === box.min[2] + z);
    if (own.length === 0) continue;
    // Voxel (x, y) of the box spans x … x + 1, y … y + 1.
    const inBox = own.map(({ coordinates }) => coordinates.map((value, at) => value + 0.5 - box.min[at & 1]));
    steps.fill(0);
    forEachTrapezoid(inBox, (top, bottom, topLeft, topRight, bottomLeft, bottomRight) => {
      addEdge(steps, width, height, { top, bottom, topX: topLeft, bottomX: bottomLeft }, 1);
      addEdge(steps, width, height, { top, bottom, topX: topRight, bottomX: bottomRight }, -1);
    });
    for (let y = 0, to = z * width * height; y < height; y++) {
      let share = 0;
      for (let x = 0; x < width; x++, to++) {
        share += steps[y * (width + 1) + x];
        shares[to] = share < ROUNDING ? 0 : share > 1 - ROUNDING ? 1 : share;
      }
    }
  }
  return { box, shares };
}

/**
 * The share of each voxel's area on its slice that lies inside the contours, by the rule of `coverRings`.
 * @throws RondoError `contour-off-slice` when a contour does not lie on the slice that it names; `rings-too-complex`
 */
export function coverage(contours: readonly Contour[], geometry: VolumeGeometry): Coverage {
  const { box, shares } = coverRings(ringsOnSlices(contours, geometry), geometry.size);
  return new Coverage(geometry, box, shares);
}

/** The voxels that the rings reach into, within the matrix. */
function boxAround(rings: readonly RingOnPlane[], size: Vector3): VoxelBox {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (const { plane, coordinates } of rings) {
    const [left, top, right, bottom] = boxOf(coordinates);
    [left, top, plane].forEach((value, axis) => (low[axis] = Math.min(low[axis], value)));
    [right, bottom, plane].forEach((value, axis) => (high[axis] = Math.max(high[axis], value)));
  }
  const min = low.map((value) => Math.max(Math.floor(value + 0.5), 0));
  const max = high.map((value, axis) => Math.min(axis === 2 ? value + 1 : Math.ceil(value + 0.5), size[axis]));
  return max.every((end, axis) => end > min[axis]) ? { min: [min[0], min[1], min[2]], size: [max[0] - min[0], max[1] - min[1], max[2] - min[2]] } : EMPTY_BOX;
}

interface Segment {
  top: number;
  bottom: number;
  topX: number;
  bottomX: number;
}

/**
 * Adds what lies on the right of a segment, row by row, as differences: summed along a row, they give each voxel's share.
 * @param steps (width + 1) × height differences
 * @param sign 1 where the region begins at the segment, −1 where it ends
 */
function addEdge(steps: Float64Array, width: number, height: number, { top, bottom, topX, bottomX }: Segment, sign: 1 | -1): void {
  const slope = (bottomX - topX) / (bottom - top);
  const xAt = (y: number): number => (y === top ? topX : y === bottom ? bottomX : topX + (y - top) * slope);
  for (let row = Math.max(Math.floor(top), 0); row < Math.min(bottom, height); row++) {
    const [from, to] = [Math.max(top, row), Math.min(bottom, row + 1)];
    addInRow(steps.subarray(row * (width + 1), (row + 1) * (width + 1)), width, xAt(from), xAt(to), sign * (to - from));
  }
}

/** Adds what lies on the right of a segment between x = `from` and x = `to` within one row; `weight` is its height, with its sign. */
function addInRow(steps: Float64Array, width: number, from: number, to: number, weight: number): void {
  const [low, high] = from <= to ? [from, to] : [to, from];
  if (high <= 0) steps[0] += weight;
  if (high <= 0 || low >= width) return;
  const shareBetween = (left: number, right: number): number => (high > low ? (weight * (right - left)) / (high - low) : weight);
  // On the left of the box a segment is as good as at its edge, beyond the box it is not seen.
  if (low < 0) steps[0] += shareBetween(low, 0);
  for (let column = Math.max(Math.floor(low), 0); column < Math.min(Math.max(high, Math.floor(low) + 1), width); column++) {
    const [left, right] = [Math.max(low, column), Math.min(high, column + 1)];
    const part = shareBetween(left, right);
    const covered = column + 1 - (left + right) / 2;
    steps[column] += part * covered;
    steps[column + 1] += part * (1 - covered);
  }
}
