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

// The two changes of coordinates are those of `VolumeGeometry`, written out: every contour goes through them several times,
// and its points as arrays of three take several times as long.

/** Patient positions (x, y, z of each point, LPS, mm) as columns and rows of the grid: `VolumeGeometry.toVoxel` of each. */
export function toPlane(points: Float64Array, geometry: VolumeGeometry): PlaneRing {
  const { originMm, rowDirection, columnDirection, normal, columnSpacingMm, rowSpacingMm } = geometry;
  const coordinates = new Float64Array((points.length / 3) * 2);
  let lowestMm = Infinity;
  let highestMm = -Infinity;
  for (let from = 0, to = 0; from < points.length; from += 3, to += 2) {
    const x = points[from] - originMm[0];
    const y = points[from + 1] - originMm[1];
    const z = points[from + 2] - originMm[2];
    coordinates[to] = (x * rowDirection[0] + y * rowDirection[1] + z * rowDirection[2]) / columnSpacingMm;
    coordinates[to + 1] = (x * columnDirection[0] + y * columnDirection[1] + z * columnDirection[2]) / rowSpacingMm;
    const offsetMm = x * normal[0] + y * normal[1] + z * normal[2];
    if (offsetMm < lowestMm) lowestMm = offsetMm;
    if (offsetMm > highestMm) highestMm = offsetMm;
  }
  return { coordinates, lowestSlice: geometry.sliceIndexAt(lowestMm), highestSlice: geometry.sliceIndexAt(highestMm) };
}

/** Columns and rows of the grid (i, j of each point) on slice k as patient positions (x, y, z of each point, LPS, mm): `VolumeGeometry.toPatient` of each. */
export function toPatientRing(coordinates: ArrayLike<number>, slice: number, geometry: VolumeGeometry): Float64Array {
  const { originMm, rowDirection, columnDirection, normal, columnSpacingMm, rowSpacingMm } = geometry;
  const offsetMm = geometry.sliceOffsetAt(slice);
  const points = new Float64Array((coordinates.length / 2) * 3);
  for (let from = 0, to = 0; from < coordinates.length; from += 2, to += 3) {
    const alongRow = coordinates[from] * columnSpacingMm;
    const alongColumn = coordinates[from + 1] * rowSpacingMm;
    for (let axis = 0; axis < 3; axis++) {
      points[to + axis] = originMm[axis] + rowDirection[axis] * alongRow + columnDirection[axis] * alongColumn + normal[axis] * offsetMm;
    }
  }
  return points;
}

/** The values of several arrays one after another. */
export function inOneArray(arrays: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const array of arrays) {
    all.set(array, end);
    end += array.length;
  }
  return all;
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
