import path from 'node:path';
import { niftiReadImageNode } from '@itk-wasm/image-io';
import { RondoError } from '../errors.ts';
import { cross, dot, VolumeGeometry, type Vector3 } from '../geometry/index.ts';

/** NIfTI keeps its affine in single precision: at half a metre that is about 0.00003 mm. */
const NIFTI_DIGITS = 4;
/** Spacings are small, and held more exactly; what is rounded off them here adds up over hundreds of voxels (500 mm / 512 = 0.9765625 mm). */
const SPACING_DIGITS = 6;

/** Left-handed axes differ from right-handed ones by their sign; anything between is no rotation. */
const RIGHT_HANDED = 0.999;

/** A three-dimensional NIfTI image as its file places it, in LPS. */
export interface NiftiImage {
  /** Extents of the axes i, j, k. */
  size: Vector3;
  spacingMm: Vector3;
  /** Directions (LPS) in which i, j, k grow. */
  directions: readonly [Vector3, Vector3, Vector3];
  /** Patient position (LPS, mm) of the centre of voxel (0, 0, 0). */
  originMm: Vector3;
  /** i fastest, then j, then k. */
  voxels: ArrayLike<number>;
}

/**
 * Reads a three-dimensional NIfTI file of numbers; ITK turns its right-anterior-superior axes into LPS.
 * @throws RondoError `nifti-unreadable`
 */
export async function readNifti(file: string): Promise<NiftiImage> {
  const refuse = (problem: string, cause?: unknown): RondoError => new RondoError('nifti-unreadable', `NIfTI file refused: ${problem}.`, { file }, { cause });
  let image;
  try {
    // itk-wasm finds nothing by a path relative to the working folder.
    ({ image } = await niftiReadImageNode(path.resolve(file)));
  } catch (cause) {
    throw refuse('it is absent or cannot be read. Give an existing .nii or .nii.gz file', cause);
  }
  const { data, size, spacing, origin, direction } = image;
  if (size.length !== 3) throw refuse(`it has ${size.length} dimensions, expected 3`);
  if (data === null || data instanceof BigInt64Array || data instanceof BigUint64Array) throw refuse('it holds no voxels, or numbers of 64 bits; expected integers of up to 32 bits, or floats');
  const cosines = Array.from(direction, Number);
  // Directions are stored row by row: column 0 is the direction of i, column 1 of j, column 2 of k.
  const axis = (column: number): Vector3 => [cosines[column], cosines[column + 3], cosines[column + 6]];
  return {
    size: [size[0], size[1], size[2]],
    spacingMm: [rounded(spacing[0], SPACING_DIGITS), rounded(spacing[1], SPACING_DIGITS), rounded(spacing[2], SPACING_DIGITS)],
    directions: [axis(0), axis(1), axis(2)],
    originMm: [rounded(origin[0]), rounded(origin[1]), rounded(origin[2])],
    voxels: data,
  };
}

/**
 * The geometry of a NIfTI image whose axes are right-handed.
 * @throws RondoError `nifti-unreadable` for left-handed axes, `geometry-invalid`
 */
export function geometryOf({ size, spacingMm, directions, originMm }: NiftiImage, frameOfReferenceUid: string, file: string): VolumeGeometry {
  if (!(dot(cross(directions[0], directions[1]), directions[2]) > RIGHT_HANDED)) {
    throw new RondoError('nifti-unreadable', 'NIfTI file refused: its axes are not right-handed in patient coordinates.', { file });
  }
  return new VolumeGeometry({
    size,
    columnSpacingMm: spacingMm[0],
    rowSpacingMm: spacingMm[1],
    rowDirection: directions[0],
    columnDirection: directions[1],
    originMm,
    sliceOffsetsMm: Array.from({ length: size[2] }, (_, k) => rounded(k * spacingMm[2])),
    frameOfReferenceUid,
  });
}

function rounded(valueMm: number, digits = NIFTI_DIGITS): number {
  return Number(valueMm.toFixed(digits));
}
