import type { VolumeGeometry } from '../geometry/index.ts';
import { signedArea, toPlane, type PlaneRing } from './contour.ts';

/** Step of written coordinates in mm where slices are stacked along a patient axis: well below a voxel, and short enough for 64 KB a contour. */
const STEP_MM = 0.01;
/**
 * Step in mm on oblique slices. There every coordinate also moves a point off its plane, by up to 0.87 of a step,
 * and importers test that contours are coplanar.
 */
const OBLIQUE_STEP_MM = 0.001;

/**
 * The patient axis (0, 1, 2 for x, y, z) along which the slices are stacked, when no slice leaves the plane across
 * it by more than half a written step; undefined for oblique slices.
 */
export function stackingAxis(geometry: VolumeGeometry): 0 | 1 | 2 | undefined {
  const widthMm = geometry.size[0] * geometry.columnSpacingMm;
  const heightMm = geometry.size[1] * geometry.rowSpacingMm;
  const leavesPlaneMm = (axis: 0 | 1 | 2): number =>
    Math.abs(geometry.rowDirection[axis]) * widthMm + Math.abs(geometry.columnDirection[axis]) * heightMm;
  return ([0, 1, 2] as const).find((axis) => leavesPlaneMm(axis) <= STEP_MM / 2);
}

/**
 * Points (x, y, z of each, LPS, mm) as a file holds them: rounded to 0.01 mm in the plane, on the slice's own
 * unrounded position across it (a rounded one hides contours in some viewers); to 0.001 mm on oblique slices.
 * A point equal to the one before it is left out, so that no edge has length zero.
 */
export function roundToFile(points: Float64Array, geometry: VolumeGeometry): Float64Array {
  const across = stackingAxis(geometry);
  const perMm = Math.round(1 / (across === undefined ? OBLIQUE_STEP_MM : STEP_MM));
  const kept = new Float64Array(points.length);
  const last = points.length - 3;
  let count = 0;
  // The point before the first one is the last one.
  const before = Array.from(points.subarray(Math.max(last, 0)), (value, axis) => (axis === across ? value : Math.round(value * perMm) / perMm));
  let [beforeX, beforeY, beforeZ] = before;
  for (let at = 0; at <= last; at += 3) {
    const x = across === 0 ? points[at] : Math.round(points[at] * perMm) / perMm;
    const y = across === 1 ? points[at + 1] : Math.round(points[at + 1] * perMm) / perMm;
    const z = across === 2 ? points[at + 2] : Math.round(points[at + 2] * perMm) / perMm;
    if ((across === 0 || x === beforeX) && (across === 1 || y === beforeY) && (across === 2 || z === beforeZ)) continue;
    kept[count] = x;
    kept[count + 1] = y;
    kept[count + 2] = z;
    count += 3;
    beforeX = x;
    beforeY = y;
    beforeZ = z;
  }
  return count === kept.length ? kept : kept.slice(0, count);
}

/** A ring as it is written: its points (x, y, z, LPS, mm) at file precision, and the same in the plane. */
export interface WrittenRing extends PlaneRing {
  points: Float64Array;
}

/** A ring (points x, y, z, LPS, mm) as it is written. */
export function writtenRing(ring: Float64Array, geometry: VolumeGeometry): WrittenRing {
  const points = roundToFile(ring, geometry);
  return { points, ...toPlane(points, geometry) };
}

/** Whether a written ring still encloses something. */
export function hasArea({ points, coordinates }: WrittenRing): boolean {
  return points.length >= 9 && signedArea(coordinates) !== 0;
}
