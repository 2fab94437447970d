import { RondoError } from '../errors.ts';
import { grownBox, Mask, type VolumeGeometry, type VoxelBox } from '../geometry/index.ts';
import { grow } from './grow.ts';
import { imageMargins, type AxesMarginsMm, type AxisMarginsMm, type MarginMm } from './imageMargins.ts';
import { boxWithMargins, COVERING, CROPPING, sidesOf } from './reach.ts';
import { requireSameGrid } from './sameGrid.ts';
import { commonBox, intersection, subtraction } from './setOperations.ts';

/**
 * A structure with a margin in mm, in a tight box. Distances are exact on any grid, with each slice at its own position.
 *
 * Growing: a voxel belongs when its centre lies within the margin of the structure's body, the union of its voxels' bodies, each
 * as thick as its slice and half as wide as its voxel (`COVERING`). Between centres every margin would come out too small, from
 * whole voxels, whose corners stand out of slanted surfaces, too large by about 1 mm on a CT. The image's edge cuts what grows beyond it.
 *
 * Shrinking: a voxel stays when its centre lies farther than the margin from the body of every voxel outside, half as large as the
 * voxel (`CROPPING`). Beyond the image the structure is taken to continue: where the image cuts an organ, there is no surface to
 * shrink from. So shrinking takes a little less than growing by the same margin has added.
 *
 * @param marginMm one number, or one for each side of the patient (ellipsoid octants between them); positive grows, negative shrinks
 * @throws RondoError `algebra-margin` when a margin is no finite number or some sides grow and others shrink,
 * `algebra-oblique` when margins differ by side and the image leans more than 15° from the patient's axes.
 */
export function withMargin(mask: Mask, marginMm: MarginMm): Mask {
  const margins = imageMargins(mask.geometry, marginMm);
  const tight = mask.cropped();
  return margins.shrinks ? shrunkWithin(tight, margins.axes, tight.box) : grown(tight, margins.axes);
}

/**
 * The part of `mask` that lies farther than `distanceMm` from the surface of `external`, inside it, in a tight box: a target cropped from
 * the skin. Where the image cuts `external` there is no skin.
 * @throws RondoError `algebra-margin` when the distance is negative or no finite number, `algebra-grid` when the masks do not lie on one grid.
 */
export function cropFromSurface(mask: Mask, external: Mask, distanceMm: number): Mask {
  requireSameGrid(mask, external);
  const tight = mask.cropped();
  return intersection(tight, shrunkWithin(external, distanceMargins(mask.geometry, distanceMm), tight.box));
}

/**
 * The part of `mask` that lies farther than `distanceMm` from `organ`, outside it, in a tight box: what `withMargin` makes of the organ is taken.
 * @throws RondoError `algebra-margin` when the distance is negative or no finite number, `algebra-grid` when the masks do not lie on one grid.
 */
export function cropFromOrgan(mask: Mask, organ: Mask, distanceMm: number): Mask {
  requireSameGrid(mask, organ);
  const { geometry } = mask;
  const margins = distanceMargins(geometry, distanceMm);
  const { box, voxels } = organ.inBox(boxWithMargins(geometry, mask.cropped().box, margins));
  grow(voxels, box.size, sidesOf(geometry, box, margins, COVERING));
  return subtraction(mask, new Mask(geometry, box, voxels));
}

/**
 * What lies between two distances of a structure, in a tight box: grown by `outerMm`, less grown by `innerMm`. Negative
 * distances are measured inward.
 * @throws RondoError `algebra-margin` unless both are finite and `innerMm` is the smaller.
 */
export function ring(mask: Mask, innerMm: number, outerMm: number): Mask {
  if (!(innerMm < outerMm)) throw new RondoError('algebra-margin', `Ring refused: from ${innerMm} mm to ${outerMm} mm. Expected the inner distance to be the smaller.`);
  return subtraction(withMargin(mask, outerMm), withMargin(mask, innerMm));
}

function distanceMargins(geometry: VolumeGeometry, distanceMm: number): AxesMarginsMm {
  if (!(distanceMm >= 0)) throw new RondoError('algebra-margin', `Distance from a surface refused: ${distanceMm} mm. Expected 0 or more.`);
  return imageMargins(geometry, distanceMm).axes;
}

function grown(mask: Mask, margins: AxesMarginsMm): Mask {
  const { geometry } = mask;
  const { box, voxels } = mask.inBox(boxWithMargins(geometry, mask.box, margins));
  grow(voxels, box.size, sidesOf(geometry, box, margins, COVERING));
  return new Mask(geometry, box, voxels).cropped();
}

/**
 * The mask shrunk, as far as it lies in `box`. It is the outside that grows, so that margins change sides: what shrinks from the
 * front is reached by an outside that grows to the back.
 */
function shrunkWithin(mask: Mask, margins: AxesMarginsMm, box: VoxelBox): Mask {
  const { geometry } = mask;
  // The outside nearest to a voxel lies in the mask's box or in the layer around it; where the image ends there is no layer.
  const window = mask.inBox(commonBox(boxWithMargins(geometry, box, margins), grownBox(mask.box, [1, 1, 1], geometry.size)));
  const outside = window.voxels;
  for (let at = 0; at < outside.length; at++) outside[at] = 1 - outside[at];
  grow(outside, window.box.size, sidesOf(geometry, window.box, opposite(margins), CROPPING));
  for (let at = 0; at < outside.length; at++) outside[at] = 1 - outside[at];
  return window.inBox(commonBox(window.box, box)).cropped();
}

function opposite([columns, rows, slices]: AxesMarginsMm): AxesMarginsMm {
  const turned = ({ low, high }: AxisMarginsMm): AxisMarginsMm => ({ low: high, high: low });
  return [turned(columns), turned(rows), turned(slices)];
}
