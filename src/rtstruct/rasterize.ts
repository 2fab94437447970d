import { RondoError } from '../errors.ts';
import { Mask, type VolumeGeometry } from '../geometry/index.ts';
import { ringsOf, toPlane, type Contour, type PlaneRing } from './contour.ts';

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
      const [topX, topY, bottomX, bottomY] = down ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
      const slope = (bottomX - topX) / (bottomY - topY);
      for (let row = Math.max(Math.ceil(topY), 0); row < Math.min(bottomY, rows); row++) visit(row, Math.ceil(snapped(topX + (row - topY) * slope)));
    }
    x0 = x1;
    y0 = y1;
  }
}

/**
 * The voxels whose centres lie inside the contours, by the even-odd rule over all rings of a slice at once: holes,
 * keyholes and rings drawn one inside the other come out alike.
 *
 * A centre on an edge (within 1e-6 voxels) belongs when the region lies on the side of higher columns, or, where the
 * edge runs along the row, of higher rows; so two regions with a common edge share no voxel and leave none out.
 * Parts outside the matrix hold no voxels.
 *
 * @throws RondoError `contour-off-slice` when a contour does not lie on the slice that it names
 */
export function rasterize(contours: readonly Contour[], geometry: VolumeGeometry): Mask {
  const [columns, rows] = geometry.size;
  const placed = contours.flatMap((contour) => ringsOf(contour).map((points) => ({ slice: contour.slice, ring: onItsSlice(points, contour.slice, geometry) })));

  const low = [columns, rows, geometry.size[2]];
  const high = [-1, -1, -1];
  for (const { slice, ring } of placed) {
    forEachCrossing(ring.coordinates, rows, (row, column) => {
      low[0] = Math.min(low[0], Math.max(column, 0));
      high[0] = Math.max(high[0], Math.min(column, columns) - 1);
      low[1] = Math.min(low[1], row);
      high[1] = Math.max(high[1], row);
      low[2] = Math.min(low[2], slice);
      high[2] = Math.max(high[2], slice);
    });
  }
  if (low.some((first, axis) => first > high[axis])) return Mask.empty(geometry);

  const box = { min: [low[0], low[1], low[2]], size: [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1] } as const;
  const [width, height] = box.size;
  const voxels = new Uint8Array(width * height * box.size[2]);
  for (const { slice, ring } of placed) {
    const start = (slice - low[2]) * height;
    forEachCrossing(ring.coordinates, rows, (row, column) => {
      if (column > high[0]) return;
      voxels[(start + row - low[1]) * width + Math.max(column, low[0]) - low[0]] ^= 1;
    });
  }
  for (let from = 0; from < voxels.length; from += width) {
    let inside = 0;
    for (let at = from; at < from + width; at++) voxels[at] = inside ^= voxels[at];
  }
  return new Mask(geometry, box, voxels);
}

function onItsSlice(points: Float64Array, slice: number, geometry: VolumeGeometry): PlaneRing {
  const ring = toPlane(points, geometry);
  const named = Number.isInteger(slice) && slice >= 0 && slice < geometry.size[2];
  if (!named || !(ring.lowestSlice > slice - 0.5 && ring.highestSlice < slice + 0.5)) {
    throw new RondoError(
      'contour-off-slice',
      `Contour refused: it names slice ${slice} and spans slices ${ring.lowestSlice.toFixed(2)} to ${ring.highestSlice.toFixed(2)} of ${geometry.size[2]}. Expected all points nearest to the slice it names; was it made on another CT?`,
    );
  }
  return ring;
}
