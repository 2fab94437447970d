import path from 'node:path';
import { niftiReadImageNode } from '@itk-wasm/image-io';
import { RondoError } from '../errors.ts';
import { cross, dot, VolumeGeometry, type Vector3 } from '../geometry/index.ts';

/** NIfTI keeps its affine in single precision: at half a metre that is about 0.00003 mm. */
const NIFTI_DIGITS = 4;

/** Left-handed axes differ from right-handed ones by their sign; anything between is no rotation. */
const RIGHT_HANDED = 0.999;

export interface NiftiImage {
  geometry: VolumeGeometry;
  /** Column fastest, then row, then slice. */
  voxels: Int16Array | Uint8Array;
}

/**
 * Reads a three-dimensional NIfTI file of integers; ITK turns its right-anterior-superior axes into LPS.
 * @throws RondoError `nifti-unreadable` (not there, not NIfTI, other numbers than int16 and uint8, left-handed axes)
 */
export async function readNifti(file: string, frameOfReferenceUid: string): Promise<NiftiImage> {
  const refuse = (problem: string, cause?: unknown): RondoError => new RondoError('nifti-unreadable', `NIfTI file refused: ${problem}.`, { file }, { cause });
  let image;
  try {
    // itk-wasm finds nothing by a path relative to the working folder.
    ({ image } = await niftiReadImageNode(path.resolve(file)));
  } catch (cause) {
    throw refuse('it is absent or cannot be read. Install the package or make the phantom again', cause);
  }
  const { data, size, spacing, origin, direction } = image;
  if (size.length !== 3) throw refuse(`it has ${size.length} dimensions, expected 3`);
  if (!(data instanceof Int16Array || data instanceof Uint8Array)) throw refuse('its numbers are neither int16 nor uint8');
  const cosines = Array.from(direction, Number);
  // Directions are stored row by row: column 0 is the direction of i, column 1 of j, column 2 of k.
  const axis = (column: number): Vector3 => [cosines[column], cosines[column + 3], cosines[column + 6]];
  if (!(dot(cross(axis(0), axis(1)), axis(2)) > RIGHT_HANDED)) throw refuse('its axes are not right-handed in patient coordinates');
  const [columnSpacingMm, rowSpacingMm, sliceSpacingMm] = spacing.map(rounded);
  const geometry = new VolumeGeometry({
    size: [size[0], size[1], size[2]],
    columnSpacingMm,
    rowSpacingMm,
    rowDirection: axis(0),
    columnDirection: axis(1),
    originMm: [rounded(origin[0]), rounded(origin[1]), rounded(origin[2])],
    sliceOffsetsMm: Array.from({ length: size[2] }, (_, k) => rounded(k * sliceSpacingMm)),
    frameOfReferenceUid,
  });
  return { geometry, voxels: data };
}

function rounded(valueMm: number): number {
  return Number(valueMm.toFixed(NIFTI_DIGITS));
}
