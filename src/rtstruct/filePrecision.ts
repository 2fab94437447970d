import type { VolumeGeometry } from '../geometry/index.ts';

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
  const rounded = points.slice();
  const isRounded = [0, 1, 2].map((axis) => axis !== across);
  for (let axis = 0; axis < 3; axis++) {
    for (let at = axis; isRounded[axis] && at < rounded.length; at += 3) rounded[at] = Math.round(rounded[at] * perMm) / perMm;
  }
  const kept = new Float64Array(rounded.length);
  let count = 0;
  let before = rounded.length - 3;
  for (let at = 0; at < rounded.length; before = at, at += 3) {
    let isSame = true;
    for (let axis = 0; axis < 3; axis++) isSame &&= !isRounded[axis] || rounded[at + axis] === rounded[before + axis];
    if (isSame) continue;
    for (let axis = 0; axis < 3; axis++) kept[count++] = rounded[at + axis];
  }
  return kept.slice(0, count);
}
