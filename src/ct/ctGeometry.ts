import { RondoError } from '../errors.ts';
import { addScaled, dot, norm, subtract, VolumeGeometry, type Vector3 } from '../geometry/index.ts';
import type { CtInstance } from './ctInstance.ts';

/**
 * How far, in mm, a slice may stand from where a right-angled stack puts it: sideways, or at its far corners by its own
 * orientation and pixel spacing. Well below a voxel; two positions rounded to 0.1 mm may differ sideways by 0.14 mm.
 */
const PLACEMENT_TOLERANCE_MM = 0.15;

/** Slices closer than this, in mm, stand at the same place: no CT is reconstructed so finely. */
const SAME_POSITION_MM = 0.01;

/** A gap wider than this many median gaps means that a slice is missing. */
const WIDEST_GAP_RATIO = 1.5;

/** The checked instances of one series, in ascending order along the slice normal, and the volume they span. */
export interface CtStack {
  geometry: VolumeGeometry;
  instances: readonly CtInstance[];
}

/**
 * Orders the slices by their position along the normal (never by number or name) and checks that they are one
 * right-angled stack of one patient (PS3.3 C.7.6.2.1.1).
 * @throws RondoError `ct-too-few-slices`, `ct-mixed-…`, `ct-gantry-tilt`, `ct-shifted-slice`, `ct-duplicate-position`,
 * `ct-missing-slice`, `geometry-invalid`
 */
export function ctStack(unordered: readonly CtInstance[], seriesInstanceUid: string): CtStack {
  if (unordered.length < 2) {
    throw new RondoError('ct-too-few-slices', `CT series refused: ${unordered.length} slice, expected at least 2. Export the whole series.`, { uid: seriesInstanceUid });
  }
  checkAlike(unordered);
  const [any] = unordered;
  // Two slices a millimetre apart: refuses directions and spacings that span no plane before anything is measured by them.
  const { normal } = spanned(any, [0, 1], seriesInstanceUid);
  const instances = [...unordered].sort((a, b) => dot(a.imagePositionMm, normal) - dot(b.imagePositionMm, normal));
  const [first] = instances;
  const offsetsMm = instances.map(({ imagePositionMm }) => dot(subtract(imagePositionMm, first.imagePositionMm), normal));
  checkSideways(instances, offsetsMm, normal, seriesInstanceUid);
  checkGaps(instances, offsetsMm, normal, seriesInstanceUid);
  return { geometry: spanned(first, offsetsMm, seriesInstanceUid), instances };
}

/** The volume of a first slice and those that follow it at the given offsets. */
function spanned(first: CtInstance, sliceOffsetsMm: readonly number[], uid: string): VolumeGeometry {
  const { rows, columns, rowSpacingMm, columnSpacingMm, rowDirection, columnDirection, imagePositionMm, frameOfReferenceUid } = first;
  const size: Vector3 = [columns, rows, sliceOffsetsMm.length];
  try {
    return new VolumeGeometry({ size, columnSpacingMm, rowSpacingMm, rowDirection, columnDirection, originMm: imagePositionMm, sliceOffsetsMm, frameOfReferenceUid });
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    throw new RondoError(error.code, error.message, { uid }, { cause: error });
  }
}

/** What must be the same in all slices of one volume. */
function checkAlike(instances: readonly CtInstance[]): void {
  const [first] = instances;
  const corners = farCorners(first);
  const rules: readonly { code: string; what: string; alike: (other: CtInstance) => boolean }[] = [
    { code: 'ct-mixed-patient', what: 'Patient ID or Patient Name', alike: ({ attributes: { PatientID, PatientName } }) => PatientID === first.attributes.PatientID && PatientName === first.attributes.PatientName },
    { code: 'ct-mixed-study', what: 'Study Instance UID', alike: ({ attributes }) => attributes.StudyInstanceUID === first.attributes.StudyInstanceUID },
    { code: 'ct-mixed-frame-of-reference', what: 'Frame of Reference UID', alike: ({ frameOfReferenceUid }) => frameOfReferenceUid === first.frameOfReferenceUid },
    { code: 'ct-mixed-position', what: 'Patient Position', alike: ({ patientPosition }) => patientPosition === first.patientPosition },
    { code: 'ct-mixed-matrix', what: 'Rows or Columns', alike: ({ rows, columns }) => rows === first.rows && columns === first.columns },
    { code: 'ct-mixed-spacing', what: 'Pixel Spacing', alike: (other) => within(corners, farCorners({ ...other, rowDirection: first.rowDirection, columnDirection: first.columnDirection })) },
    { code: 'ct-mixed-orientation', what: 'Image Orientation (Patient)', alike: (other) => within(corners, farCorners(other)) },
  ];
  for (const { code, what, alike } of rules) {
    const other = instances.find((instance) => !alike(instance));
    if (other) {
      throw new RondoError(code, `CT series refused: ${what} is not the same in all its slices. Export one complete series of one patient.`, { file: other.file, uid: other.sopInstanceUid });
    }
  }
}

/** Where the ends of the first row and the first column lie, from the slice's own origin, mm. */
function farCorners(slice: CtInstance): readonly [Vector3, Vector3] {
  const origin: Vector3 = [0, 0, 0];
  return [
    addScaled(origin, slice.rowDirection, (slice.columns - 1) * slice.columnSpacingMm),
    addScaled(origin, slice.columnDirection, (slice.rows - 1) * slice.rowSpacingMm),
  ];
}

function within(corners: readonly Vector3[], others: readonly Vector3[]): boolean {
  return corners.every((corner, index) => norm(subtract(corner, others[index])) <= PLACEMENT_TOLERANCE_MM);
}

/** Slice origins must follow one another along the normal; a tilted gantry shears them (PS3.3 C.8.2.1, Gantry/Detector Tilt). */
function checkSideways(instances: readonly CtInstance[], offsetsMm: readonly number[], normal: Vector3, uid: string): void {
  const { imagePositionMm: origin } = instances[0];
  const sideways = instances.map(({ imagePositionMm }, k) => addScaled(subtract(imagePositionMm, origin), normal, -offsetsMm[k]));
  const worst = sideways.reduce((most, shift, k) => (norm(shift) > norm(sideways[most]) ? k : most), 0);
  if (norm(sideways[worst]) <= PLACEMENT_TOLERANCE_MM) return;
  // Sheared: every slice lies as far aside as its offset demands, measured by the last one.
  const last = instances.length - 1;
  const isShear = sideways.every((shift, k) => norm(addScaled(shift, sideways[last], -offsetsMm[k] / offsetsMm[last])) <= PLACEMENT_TOLERANCE_MM);
  if (isShear || instances.some(({ gantryTiltDegrees }) => gantryTiltDegrees !== 0)) {
    const degrees = (Math.atan2(norm(sideways[last]), offsetsMm[last]) * 180) / Math.PI;
    throw new RondoError('ct-gantry-tilt', `CT series refused: its slices are sheared by a tilted gantry (about ${degrees.toFixed(1)} degrees). Resample it to an untilted series or scan without tilt.`, { uid });
  }
  const { file, sopInstanceUid } = instances[worst];
  throw new RondoError('ct-shifted-slice', `CT series refused: a slice lies ${norm(sideways[worst]).toFixed(2)} mm beside the line of the others. Export one series of one reconstruction.`, { file, uid: sopInstanceUid });
}

function checkGaps(instances: readonly CtInstance[], offsetsMm: readonly number[], normal: Vector3, uid: string): void {
  const gaps = offsetsMm.slice(1).map((offset, k) => offset - offsetsMm[k]);
  const same = gaps.findIndex((gap) => gap <= SAME_POSITION_MM);
  if (same >= 0) {
    const { file, sopInstanceUid } = instances[same + 1];
    throw new RondoError('ct-duplicate-position', 'CT series refused: two slices stand at the same position. It may hold several acquisitions or phases; export one of them.', { file, uid: sopInstanceUid });
  }
  const sorted = [...gaps].sort((a, b) => a - b);
  const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  const startMm = dot(instances[0].imagePositionMm, normal);
  const at = (k: number): string => (startMm + offsetsMm[k]).toFixed(2);
  const holes = gaps.flatMap((gap, k) => (gap > WIDEST_GAP_RATIO * median ? [`between ${at(k)} and ${at(k + 1)} mm`] : []));
  if (holes.length > 0) {
    throw new RondoError('ct-missing-slice', `CT series refused: slices are missing ${holes.join(', ')} along the slice normal (median distance ${median.toFixed(2)} mm). Send the whole series.`, { uid });
  }
}
