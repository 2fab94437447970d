import { RondoError } from '../errors.ts';
import type { Vector3, VolumeGeometry } from '../geometry/index.ts';

/** Margins in mm toward the six sides of the patient: all at least 0 (grow) or all at most 0 (shrink). */
export interface DirectionalMarginsMm {
  left: number;
  right: number;
  anterior: number;
  posterior: number;
  superior: number;
  inferior: number;
}

/** Margin in mm: one number for all directions, or one for each side of the patient. Positive grows, negative shrinks. */
export type MarginMm = number | DirectionalMarginsMm;

/** Margins in mm, at least 0, toward the lower and toward the higher indices of an image axis. */
export interface AxisMarginsMm {
  low: number;
  high: number;
}

/** Margins along columns, rows, slices. */
export type AxesMarginsMm = readonly [AxisMarginsMm, AxisMarginsMm, AxisMarginsMm];

/** The sides of the patient toward negative and positive coordinates of x, of y and of z (LPS). */
const SIDES = ['right', 'left', 'anterior', 'posterior', 'inferior', 'superior'] as const;

/**
 * How far the image axes may lean from the patient's axes for margins that differ by direction, as the cosine of 15
 * degrees: they are then taken along the image axes. A gantry or head tilt stays below; beyond it "anterior" would be misleading.
 */
const MIN_AXIS_COSINE = Math.cos((15 * Math.PI) / 180);

/**
 * Lays a margin on the axes of an image, by its direction cosines; a margin equal to all sides fits any orientation.
 * @throws RondoError `algebra-margin` when a margin is no finite number or some grow and others shrink, `algebra-oblique`
 * when margins differ by direction and an image axis leans more than 15° from the patient's axes.
 */
export function imageMargins(geometry: VolumeGeometry, marginMm: MarginMm): { shrinks: boolean; axes: AxesMarginsMm } {
  const values = SIDES.map((side) => (typeof marginMm === 'number' ? marginMm : marginMm[side]));
  const refused = (expected: string): RondoError =>
    new RondoError('algebra-margin', `Margin refused: ${SIDES.map((side, index) => `${side} ${values[index]}`).join(', ')} mm. Expected ${expected}.`);
  if (!values.every((value) => Number.isFinite(value))) throw refused('a finite number of millimetres, for all directions or for each of the six sides');
  const shrinks = values.some((value) => value < 0);
  if (shrinks && values.some((value) => value > 0)) throw refused('all sides to grow (0 or more) or all to shrink (0 or less): do one after the other');

  const sizes = values.map(Math.abs);
  const alike = sizes.every((size) => size === sizes[0]);
  const along = (direction: Vector3): AxisMarginsMm => {
    if (alike) return { low: sizes[0], high: sizes[0] };
    const patientAxis = patientAxisOf(direction, geometry);
    const [negative, positive] = [sizes[2 * patientAxis], sizes[2 * patientAxis + 1]];
    return direction[patientAxis] > 0 ? { low: negative, high: positive } : { low: positive, high: negative };
  };
  return { shrinks, axes: [along(geometry.rowDirection), along(geometry.columnDirection), along(geometry.normal)] };
}

function patientAxisOf(direction: Vector3, geometry: VolumeGeometry): 0 | 1 | 2 {
  const axis = ([0, 1, 2] as const).find((candidate) => Math.abs(direction[candidate]) >= MIN_AXIS_COSINE);
  if (axis !== undefined) return axis;
  throw new RondoError(
    'algebra-oblique',
    'Margin refused: it differs by direction, and the image axes lean more than 15 degrees from the patient axes. Use one margin for all directions, or an upright series.',
    { uid: geometry.frameOfReferenceUid },
  );
}
