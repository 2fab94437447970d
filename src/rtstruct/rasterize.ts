import { RondoError } from '../errors.ts';
import { EMPTY_BOX, Mask, type Vector3, type VolumeGeometry, type VoxelBox } from '../geometry/index.ts';
import { ringsOf, toPlane, type Contour } from './contour.ts';

/**
 * Positions closer than this, in voxels, count as the same. It swallows the rounding of the change of coordinates
 * (about 1e-12 voxels), so that a centre on an edge falls to the same side in every orientation of the frame.
 */
const SAME_POSITION_VOXELS = 1e-6;

const snapped = (position: number): number => Math.round(position / SAME_POSITION_VOXELS) * SAME_POSITION_VOXELS;

/**
 * Visits each place where a ring crosses a row of voxel centres: the row, and the first column whose centre lies
 * at or beyond the crossing. A row belongs to an edge from its upper end inclusive to its lower end exclusive.
 *
 * @param coordinates fractional column and row of each point of a closed ring
 * @param rows rows 0 … rows − 1 are visited, others are not
 */
export function forEachCrossing(coordinates: Float64Array, rows: number, visit: (row: number, column: number) => void): void {
  const last = coordinates.length - 2;
  if (last < 0) return;
  let x0 = coordinates[last];
  let y0 = snapped(coordinates[last + 1]);
  for (let at = 0; at <= last; at += 2) {
    const x1 = coordinates[at];
    const y1 = snapped(coordinates[at + 1]);
    if (y0 !== y1) {
      // From the upper to the lower end whichever way the ring runs: a bridge walked there and back crosses at the very same place.
      const down = y0 < y1;
      const topX = down ? x0 : x1;
      const topY = down ? y0 : y1;
      const bottomY = down ? y1 : y0;
      const slope = ((down ? x1 : x0) - topX) / (bottomY - topY);
      for (let row = Math.max(Math.ceil(topY), 0); row < Math.min(bottomY, rows); row++) visit(row, Math.ceil(snapped(topX + (row - topY) * slope)));
    }
    x0 = x1;
    y0 = y1;
  }
}

/** Room for the crossings of `encloseTheSame`: 1 for a voxel at which a row has been crossed an odd number of times. All 0 between two calls. */
let oddCrossings = new Uint8Array(0);

/** Whether two groups of rings, within an image, have the same voxel centres inside, by the even-odd rule: their crossings cancel out, row by row and column by column. */
export function encloseTheSame(ones: readonly Float64Array[], others: readonly Float64Array[], rows: number): boolean {
  let [left, right] = [Infinity, -Infinity];
  for (const ring of [...ones, ...others]) {
    for (let at = 0; at < ring.length; at += 2) {
      left = Math.min(left, ring[at]);
      right = Math.max(right, ring[at]);
    }
  }
  if (left > right) return true;
  const first = Math.floor(left) - 1;
  const columns = Math.ceil(right) + 2 - first;
  const cells = columns * rows;
  if (oddCrossings.length < cells) oddCrossings = new Uint8Array(cells);
  const odd = oddCrossings;
  let count = 0;
  const turn = (row: number, column: number): void => {
    const place = row * columns + column - first;
    count += 1 - 2 * odd[place];
    odd[place] ^= 1;
  };
  for (const ring of ones) forEachCrossing(ring, rows, turn);
  for (const ring of others) forEachCrossing(ring, rows, turn);
  // Without a branch that is hardly ever taken: compiled code is thrown away when it is, in the middle of a structure.
  odd.fill(0, 0, Math.min(count, 1) * cells);
  return count === 0;
}

/** A ring on a plane of a stack: fractional column and row of each point. */
export interface RingOnPlane {
  plane: number;
  coordinates: Float64Array;
}

/**
 * The voxels of a stack of planes whose centres lie inside the rings, by the even-odd rule over all rings of a plane at
 * once: holes, keyholes and rings drawn one inside the other come out alike.
 *
 * A centre on an edge (within 1e-6 voxels) belongs when the region lies on the side of higher columns, or, where the
 * edge runs along the row, of higher rows; so two regions with a common edge share no voxel and leave none out.
 * Parts outside the matrix hold no voxels.
 *
 * @param rings on planes 0 … planes − 1
 * @param size columns, rows and planes of the stack
 * @returns the box of planes and crossings that holds the region, and one byte (0 or 1) per voxel of it, column fastest
 */
export function fillRings(rings: readonly RingOnPlane[], size: Vector3): { box: VoxelBox; voxels: Uint8Array } {
  const box = boxOfCrossings(rings, size);
  const voxels = new Uint8Array(box.size[0] * box.size[1] * box.size[2]);
  fillBox(rings, size, box, voxels);
  return { box, voxels };
}

/** Room for the voxels of one slice, used again for every slice: memory that is asked for anew takes longer to come than the filling (measured, most of all in several threads). */
let sliceVoxels = new Uint8Array(0);

/** How many voxels rings on the slices of a volume enclose, as `fillRings` fills them, and how many of these belong to a mask. */
export function overlapOfRings(rings: readonly RingOnPlane[], mask: Mask): { enclosed: number; common: number } {
  const { geometry } = mask;
  const [columns, rows] = geometry.size;
  if (sliceVoxels.length < columns * rows) sliceVoxels = new Uint8Array(columns * rows);
  const onSlices = new Map<number, RingOnPlane[]>();
  for (const ring of rings) {
    const own = onSlices.get(ring.plane);
    if (own) own.push(ring);
    else onSlices.set(ring.plane, [ring]);
  }
  let [enclosed, common] = [0, 0];
  for (const own of onSlices.values()) {
    const box = boxOfCrossings(own, geometry.size);
    const voxels = sliceVoxels.subarray(0, box.size[0] * box.size[1]).fill(0);
    fillBox(own, geometry.size, box, voxels);
    const filled = new Mask(geometry, box, voxels);
    enclosed += filled.voxelCount;
    common += mask.commonVoxelCount(filled);
  }
  return { enclosed, common };
}

/** The box of planes and crossings that holds what rings enclose. */
function boxOfCrossings(rings: readonly RingOnPlane[], [columns, rows, planes]: Vector3): VoxelBox {
  const low = [columns, rows, planes];
  const high = [-1, -1, -1];
  for (const { plane, coordinates } of rings) {
    forEachCrossing(coordinates, rows, (row, column) => {
      low[0] = Math.min(low[0], Math.max(column, 0));
      high[0] = Math.max(high[0], Math.min(column, columns) - 1);
      low[1] = Math.min(low[1], row);
      high[1] = Math.max(high[1], row);
      low[2] = Math.min(low[2], plane);
      high[2] = Math.max(high[2], plane);
    });
  }
  if (low.some((first, axis) => first > high[axis])) return EMPTY_BOX;
  return { min: [low[0], low[1], low[2]], size: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] };
}

/** Sets the voxels of a box that holds what rings enclose; all of them are 0 before. */
function fillBox(rings: readonly RingOnPlane[], [, rows]: Vector3, { min, size: [width, height] }: VoxelBox, voxels: Uint8Array): void {
  if (voxels.length === 0) return;
  for (const { plane, coordinates } of rings) {
    const start = (plane - min[2]) * height;
    forEachCrossing(coordinates, rows, (row, column) => {
      if (column >= min[0] + width) return;
      voxels[(start + row - min[1]) * width + Math.max(column, min[0]) - min[0]] ^= 1;
    });
  }
  fillBetweenMarks(voxels, width);
}

/** From each first mark of a row up to the second, from the third up to the fourth …; up to the end of the row where none follows. */
function fillBetweenMarks(voxels: Uint8Array, width: number): void {
  for (let start = voxels.indexOf(1); start >= 0; ) {
    const rowEnd = (Math.floor(start / width) + 1) * width;
    const mark = voxels.indexOf(1, start + 1);
    const endsInRow = mark >= 0 && mark < rowEnd;
    voxels.fill(1, start, endsInRow ? mark : rowEnd);
    if (endsInRow) voxels[mark] = 0;
    start = endsInRow ? voxels.indexOf(1, mark + 1) : mark;
  }
}

/**
 * The voxels whose centres lie inside the contours, by the rule of `fillRings`.
 * @throws RondoError `contour-off-slice` when a contour does not lie on the slice that it names
 */
export function rasterize(contours: readonly Contour[], geometry: VolumeGeometry): Mask {
  const { box, voxels } = fillRings(ringsOnSlices(contours, geometry), geometry.size);
  return new Mask(geometry, box, voxels);
}

/** Every ring of the contours, holes too. @throws RondoError `contour-off-slice` when a contour does not lie on the slice that it names */
export function ringsOnSlices(contours: readonly Contour[], geometry: VolumeGeometry): RingOnPlane[] {
  return contours.flatMap((contour) =>
    ringsOf(contour).map((points) => {
      const { slice } = contour;
      const { coordinates, lowestSlice, highestSlice } = toPlane(points, geometry);
      const named = Number.isInteger(slice) && slice >= 0 && slice < geometry.size[2];
      if (!named || !(lowestSlice > slice - 0.5 && highestSlice < slice + 0.5)) {
        throw new RondoError(
          'contour-off-slice',
          `Contour refused: it names slice ${slice} and spans slices ${lowestSlice.toFixed(2)} to ${highestSlice.toFixed(2)} of ${geometry.size[2]}. Expected all points nearest to the slice it names; was it made on another CT?`,
        );
      }
      return { plane: slice, coordinates };
    }),
  );
}
