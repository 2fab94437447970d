import path from 'node:path';
import { niftiWriteImageNode } from '@itk-wasm/image-io';
import { FloatTypes, Image, ImageType, IntTypes, PixelTypes } from 'itk-wasm';
import { RondoError } from '../errors.ts';
import type { Coverage, Mask, VolumeGeometry } from '../geometry/index.ts';

/** Differences between slice gaps below this are rounding; NIfTI keeps one spacing. */
const EVEN_MM = 0.001;

/**
 * Writes a mask as NIfTI (uint8, 0 and 1) on the whole grid of its CT; gzipped where the name ends with .gz.
 * @throws RondoError `nifti-uneven` where the slices are unevenly spaced: NIfTI cannot say where they are
 */
export async function writeMaskFile(mask: Mask, file: string): Promise<void> {
  await writeNifti(mask.geometry, mask.toDense(), file);
}

/** Writes the share of each voxel that belongs to a structure as NIfTI (float32, 0 to 1), otherwise as `writeMaskFile`. */
export async function writeCoverageFile(coverage: Coverage, file: string): Promise<void> {
  await writeNifti(coverage.geometry, coverage.toDense(), file);
}

async function writeNifti(geometry: VolumeGeometry, voxels: Uint8Array | Float32Array, file: string): Promise<void> {
  const gaps = geometry.sliceGapsMm();
  if (Math.max(...gaps) - Math.min(...gaps) > EVEN_MM) {
    throw new RondoError('nifti-uneven', 'The slices of this CT are unevenly spaced, and NIfTI knows one spacing only: every slice would be misplaced. Write masks as a DICOM Segmentation (--format seg).', { file });
  }
  const image = new Image(new ImageType(3, voxels instanceof Uint8Array ? IntTypes.UInt8 : FloatTypes.Float32, PixelTypes.Scalar, 1));
  image.size = [...geometry.size];
  image.spacing = [geometry.columnSpacingMm, geometry.rowSpacingMm, geometry.sliceOffsetAt(geometry.size[2] - 1) / (geometry.size[2] - 1)];
  image.origin = [...geometry.originMm];
  const axes = [geometry.rowDirection, geometry.columnDirection, geometry.normal];
  // Row by row: column 0 is the direction of i, column 1 of j, column 2 of k.
  image.direction = Float64Array.from([0, 1, 2].flatMap((row) => axes.map((axis) => axis[row])));
  image.data = voxels;
  await niftiWriteImageNode(image, path.resolve(file), { useCompression: file.endsWith('.gz') });
}
