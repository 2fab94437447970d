import { RondoError } from '../errors.ts';
import { addScaled, cross, dot, norm, normalize, subtract, type Vector3 } from './vector.ts';

/**
 * How far a direction cosine may stray from unit length or from a right angle. DICOM writes cosines as
 * decimal strings, commonly with six decimals; 1e-3 is well above that and below 0.06 degrees of skew.
 */
const DIRECTION_TOLERANCE = 1e-3;

export interface VolumeGeometryInput {
  /** [columns, rows, slices], each at least 1 (slices at least 2). */
  size: Vector3;
  /** Distance in mm between the centres of neighbouring columns. */
  columnSpacingMm: number;
  /** Distance in mm between the centres of neighbouring rows. */
  rowSpacingMm: number;
  /** Unit vector (LPS) in which the column index i grows: first triplet of Image Orientation (Patient). */
  rowDirection: Vector3;
  /** Unit vector (LPS) in which the row index j grows: second triplet of Image Orientation (Patient). */
  columnDirection: Vector3;
  /** Patient position (LPS, mm) of the centre of voxel (0, 0, 0). */
  originMm: Vector3;
  /** Distance in mm of every slice from the first, along the slice normal: starts at 0, strictly increasing, need not be even. */
  sliceOffsetsMm: ArrayLike<number>;
  frameOfReferenceUid: string;
}

/**
 * Where the voxels of a volume lie in the patient. Immutable.
 *
 * Indices are [column i, row j, slice k], 0-based, at voxel centres; i runs fastest in memory, then j, then k.
 * Patient coordinates are LPS in mm. The slice normal is rowDirection × columnDirection, so the index frame is
 * always right-handed; slices are stored in ascending order along it (PS3.3 C.7.6.2.1.1). Slices may be
 * unevenly spaced: each has its own offset, and nothing here uses a mean spacing.
 */
export class VolumeGeometry {
  readonly size: Vector3;
  readonly columnSpacingMm: number;
  readonly rowSpacingMm: number;
  readonly rowDirection: Vector3;
  readonly columnDirection: Vector3;
  readonly normal: Vector3;
  readonly originMm: Vector3;
  readonly sliceOffsetsMm: readonly number[];
  readonly frameOfReferenceUid: string;

  /** @throws RondoError `geometry-invalid` when a value cannot describe a right-angled stack of at least two slices. */
  constructor(input: VolumeGeometryInput) {
    const { size, columnSpacingMm, rowSpacingMm, rowDirection, columnDirection, originMm, frameOfReferenceUid } = input;
    const offsets = Array.from(input.sliceOffsetsMm);
    check(size.every((count) => Number.isInteger(count) && count >= 1), `size is ${size.join('×')}, expected whole numbers of at least 1`);
    check(size[2] >= 2, `there are ${size[2]} slices, expected at least 2`);
    check(isPositive(columnSpacingMm) && isPositive(rowSpacingMm), `pixel spacing is ${rowSpacingMm}\\${columnSpacingMm} mm, expected two positive numbers`);
    check(originMm.every(Number.isFinite), `origin is (${originMm.join(', ')}), expected three finite numbers`);
    for (const direction of [rowDirection, columnDirection]) {
      check(Math.abs(norm(direction) - 1) <= DIRECTION_TOLERANCE, `direction (${direction.join(', ')}) is not a unit vector`);
    }
    check(Math.abs(dot(rowDirection, columnDirection)) <= DIRECTION_TOLERANCE, 'row and column directions are not at right angles');
    check(offsets.length === size[2], `there are ${offsets.length} slice offsets for ${size[2]} slices`);
    check(offsets[0] === 0, `the first slice offset is ${offsets[0]} mm, expected 0`);
    check(offsets.every((offset, k) => Number.isFinite(offset) && (k === 0 || offset > offsets[k - 1])), 'slice offsets do not strictly increase');
    check(frameOfReferenceUid !== '', 'the Frame of Reference UID is empty');

    this.size = [size[0], size[1], size[2]];
    this.columnSpacingMm = columnSpacingMm;
    this.rowSpacingMm = rowSpacingMm;
    this.rowDirection = normalize(rowDirection);
    // Orthonormal to the last bit, so that toVoxel is the exact inverse of toPatient.
    this.normal = normalize(cross(rowDirection, columnDirection));
    this.columnDirection = cross(this.normal, this.rowDirection);
    this.originMm = [originMm[0], originMm[1], originMm[2]];
    this.sliceOffsetsMm = Object.freeze(offsets);
    this.frameOfReferenceUid = frameOfReferenceUid;
    Object.freeze(this);
  }

  /** A geometry of which the values came from another thread, to the last digit: made anew from its directions it might differ there. */
  static received(values: VolumeGeometry): VolumeGeometry {
    return Object.freeze(Object.assign(Object.create(VolumeGeometry.prototype) as VolumeGeometry, values));
  }

  /** Number of voxels: columns × rows × slices. */
  get voxelCount(): number {
    return this.size[0] * this.size[1] * this.size[2];
  }

  /** Position in memory of voxel (i, j, k). Indices must lie inside the volume. */
  offset(i: number, j: number, k: number): number {
    return (k * this.size[1] + j) * this.size[0] + i;
  }

  /** Patient position (LPS, mm) of a voxel index, which may be fractional or outside; beyond the ends the outermost gap continues. */
  toPatient([i, j, k]: Vector3): Vector3 {
    const inPlane = addScaled(addScaled(this.originMm, this.rowDirection, i * this.columnSpacingMm), this.columnDirection, j * this.rowSpacingMm);
    return addScaled(inPlane, this.normal, this.sliceOffsetAt(k));
  }

  /** Fractional voxel index of a patient position (LPS, mm): the inverse of `toPatient`. */
  toVoxel(pointMm: Vector3): Vector3 {
    const fromOrigin = subtract(pointMm, this.originMm);
    return [
      dot(fromOrigin, this.rowDirection) / this.columnSpacingMm,
      dot(fromOrigin, this.columnDirection) / this.rowSpacingMm,
      this.sliceIndexAt(dot(fromOrigin, this.normal)),
    ];
  }

  /** Distance in mm along the normal from slice 0 to the fractional slice index k. */
  sliceOffsetAt(k: number): number {
    const offsets = this.sliceOffsetsMm;
    const below = Math.min(Math.max(Math.floor(k), 0), offsets.length - 2);
    return offsets[below] + (k - below) * (offsets[below + 1] - offsets[below]);
  }

  /**
   * Position in mm of the fractional slice index k along the patient, rising towards the head: z where slices are upright, else the place along the normal,
   * turned to run headwards. Slices of a patient who lies feet first may run the other way.
   */
  headwardMm(k: number): number {
    return (this.normal[2] < 0 ? -1 : 1) * (dot(this.originMm, this.normal) + this.sliceOffsetAt(k));
  }

  /** Fractional slice index at a distance in mm along the normal from slice 0: the inverse of `sliceOffsetAt`. */
  sliceIndexAt(offsetMm: number): number {
    const offsets = this.sliceOffsetsMm;
    let below = 0;
    let above = offsets.length - 1;
    while (above - below > 1) {
      const middle = (below + above) >> 1;
      if (offsets[middle] <= offsetMm) below = middle;
      else above = middle;
    }
    return below + (offsetMm - offsets[below]) / (offsets[below + 1] - offsets[below]);
  }

  /** Extent in mm of slice k along the normal: to half the gap on either side, the outermost gap standing for the missing neighbour. */
  sliceThicknessMm(k: number): number {
    return this.sliceOffsetAt(k + 0.5) - this.sliceOffsetAt(k - 0.5);
  }

  /** Volume in cm³ of one voxel of slice k. */
  voxelVolumeCc(k: number): number {
    return (this.columnSpacingMm * this.rowSpacingMm * this.sliceThicknessMm(k)) / 1000;
  }

  /** Gaps in mm between neighbouring slices; one fewer than there are slices. */
  sliceGapsMm(): number[] {
    return this.sliceOffsetsMm.slice(1).map((offset, k) => offset - this.sliceOffsetsMm[k]);
  }

  /** Whether the other geometry has the same size and frame and places every voxel within `toleranceMm` of this one. */
  agreesWith(other: VolumeGeometry, toleranceMm: number): boolean {
    if (this.frameOfReferenceUid !== other.frameOfReferenceUid) return false;
    if (this.size.some((count, axis) => count !== other.size[axis])) return false;
    const [lastColumn, lastRow] = [this.size[0] - 1, this.size[1] - 1];
    return this.sliceOffsetsMm.every((_, k) =>
      // Both grids are affine in the plane of a slice: three corners fix every voxel of it.
      ([[0, 0, k], [lastColumn, 0, k], [0, lastRow, k]] as const).every(
        (index) => norm(subtract(this.toPatient(index), other.toPatient(index))) <= toleranceMm,
      ),
    );
  }
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function check(holds: boolean, problem: string): void {
  if (!holds) throw new RondoError('geometry-invalid', `Volume geometry refused: ${problem}.`);
}
