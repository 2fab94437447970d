import type { VolumeGeometry } from '../geometry/index.ts';

/**
 * A closed planar region on one CT slice. Rings are closed without repeating their first point, and need no
 * particular sense of rotation.
 */
export interface Contour {
  /** Slice of the CT that the contour lies on (0-based index k of the volume). */
  slice: number;
  /** Outer ring: x, y, z of each point in patient coordinates (LPS, mm); at least three points. */
  points: Float64Array;
  /** Rings cut out of the outer ring, written like it. Islands inside holes are contours of their own. */
  holes: readonly Float64Array[];
}

/** All rings of a contour: the outer one, then its holes. */
export function ringsOf(contour: Contour): Float64Array[] {
  return [contour.points, ...contour.holes];
}

/**
 * A ring seen in the plane of its slices: fractional column i and row j of each point, at voxel centres, i fastest
 * (length 2 per point), and the range of fractional slice indices that its points span.
 */
export interface PlaneRing {
  coordinates: Float64Array;
  lowestSlice: number;
  highestSlice: number;
}

/** Patient positions (x, y, z of each point, LPS, mm) as columns and rows of the grid. */
export function toPlane(points: Float64Array, geometry: VolumeGeometry): PlaneRing {
  const coordinates = new Float64Array((points.length / 3) * 2);
  let [lowestSlice, highestSlice] = [Infinity, -Infinity];
  for (let from = 0, to = 0; from < points.length; from += 3, to += 2) {
    const [i, j, k] = geometry.toVoxel([points[from], points[from + 1], points[from + 2]]);
    coordinates[to] = i;
    coordinates[to + 1] = j;
    if (k < lowestSlice) lowestSlice = k;
    if (k > highestSlice) highestSlice = k;
  }
  return { coordinates, lowestSlice, highestSlice };
}

/** Columns and rows of the grid (i, j of each point) on slice k as patient positions (x, y, z of each point, LPS, mm). */
export function toPatientRing(coordinates: ArrayLike<number>, slice: number, geometry: VolumeGeometry): Float64Array {
  const points = new Float64Array((coordinates.length / 2) * 3);
  for (let from = 0, to = 0; from < coordinates.length; from += 2, to += 3) {
    const [x, y, z] = geometry.toPatient([coordinates[from], coordinates[from + 1], slice]);
    points[to] = x;
    points[to + 1] = y;
    points[to + 2] = z;
  }
  return points;
}

/** Signed area enclosed by a ring of plane coordinates (x, y of each point), in the square of their unit. */
export function signedArea(coordinates: ArrayLike<number>): number {
  let twice = 0;
  const last = coordinates.length - 2;
  for (let at = 0, before = last; at <= last; before = at, at += 2) {
    twice += coordinates[before] * coordinates[at + 1] - coordinates[at] * coordinates[before + 1];
  }
  return twice / 2;
}
