import { readImageDicomFileSeriesNode } from '@itk-wasm/dicom';
import { RondoError } from '../errors.ts';
import { norm, subtract, type VolumeGeometry } from '../geometry/index.ts';
import type { CtStack } from './ctGeometry.ts';
import type { CtInstance } from './ctInstance.ts';

/** Slices decoded at once: 32 of 512 × 512 in ITK's widest pixel type are 64 MiB, so memory stays bounded whatever the length of the series. */
const SLICES_AT_ONCE = 32;

/** ITK computes in double precision from the same decimal strings. */
const AGREEMENT_MM = 1e-3;

const LOWEST_HU = -32_768;
const HIGHEST_HU = 32_767;

type ItkImage = Awaited<ReturnType<typeof readImageDicomFileSeriesNode>>['outputImage'];

/**
 * Hounsfield units of all slices of a stack (column fastest, then row, then slice), rounded to whole numbers.
 * Values below −32768 (padding outside the field of view) become −32768; values above 32767 are refused.
 * @throws RondoError `ct-pixels-undecodable` (with the transfer syntax), `ct-pixels-disagree`, `ct-value-range`
 */
export async function ctPixels({ geometry, instances }: CtStack, signal?: AbortSignal): Promise<Int16Array> {
  const voxels = new Int16Array(geometry.voxelCount);
  const sliceSize = geometry.size[0] * geometry.size[1];
  for (let start = 0; start < instances.length; ) {
    signal?.throwIfAborted();
    const end = endOfRun(instances, start);
    const run = instances.slice(start, end);
    const values = await decodeRun(run, geometry);
    const target = voxels.subarray(start * sliceSize, end * sliceSize);
    if (storeHu(values, target) > HIGHEST_HU) {
      throw new RondoError('ct-value-range', `CT image refused: it holds values above ${HIGHEST_HU} HU, so its rescale cannot be right. Export the series again.`, { file: run[0].file });
    }
    start = end;
  }
  return voxels;
}

/** ITK takes the pixel type of a series from its first file: only slices that are encoded alike are decoded together. */
function endOfRun(instances: readonly CtInstance[], start: number): number {
  let end = start + 1;
  while (end < instances.length && end - start < SLICES_AT_ONCE && instances[end].pixelEncoding === instances[start].pixelEncoding) end++;
  return end;
}

/** Rounds `values` into `target`, saturated at the lowest HU; returns the highest. */
function storeHu(values: ArrayLike<number>, target: Int16Array): number {
  // Taken out of the loop, which runs for tens of millions of voxels.
  const { round } = Math;
  let highest = LOWEST_HU;
  for (let index = 0; index < target.length; index++) {
    const value = round(values[index]);
    target[index] = value < LOWEST_HU ? LOWEST_HU : value;
    if (value > highest) highest = value;
  }
  return highest;
}

async function decodeRun(run: readonly CtInstance[], geometry: VolumeGeometry): Promise<ArrayLike<number>> {
  const image = await decode(run);
  const { data } = image;
  const [columns, rows] = geometry.size;
  if (data === null || data instanceof BigInt64Array || data instanceof BigUint64Array || data.length !== columns * rows * run.length) {
    throw undecodable(run, 'the decoder gave no pixels');
  }
  if (!agrees(image, run, geometry)) {
    throw new RondoError('ct-pixels-disagree', 'CT image refused: the pixel decoder places it elsewhere than its header does. Export the series again.', { file: run[0].file, uid: run[0].sopInstanceUid });
  }
  return data;
}

async function decode(run: readonly CtInstance[]): Promise<ItkImage> {
  const inputImages = run.map(({ file }) => file);
  try {
    const { outputImage, sortedFilenames } = await readImageDicomFileSeriesNode({ inputImages, singleSortedSeries: true });
    if (JSON.stringify(sortedFilenames) !== JSON.stringify(inputImages)) throw undecodable(run, 'the decoder changed the order of the slices');
    return outputImage;
  } catch (error) {
    if (error instanceof RondoError) throw error;
    // One slice at a time finds the one that fails.
    if (run.length > 1) for (const instance of run) await decode([instance]);
    throw undecodable(run, 'the decoder failed', error);
  }
}

/** Whether ITK, which reads the header by itself, gives the run the same matrix, in-plane spacing, directions and origin. */
function agrees(image: ItkImage, run: readonly CtInstance[], geometry: VolumeGeometry): boolean {
  const [columns, rows] = geometry.size;
  const { size, spacing, origin, direction } = image;
  const [first] = run;
  // Directions are stored row by row: column 0 is the direction of i, column 1 of j.
  const cosines = Array.from(direction, Number);
  const axis = (column: number): [number, number, number] => [cosines[column], cosines[column + 3], cosines[column + 6]];
  const extentMm = Math.max(columns * geometry.columnSpacingMm, rows * geometry.rowSpacingMm);
  return (
    size[0] === columns &&
    size[1] === rows &&
    size[2] === run.length &&
    Math.abs(spacing[0] - first.columnSpacingMm) * columns <= AGREEMENT_MM &&
    Math.abs(spacing[1] - first.rowSpacingMm) * rows <= AGREEMENT_MM &&
    norm(subtract([origin[0], origin[1], origin[2]], first.imagePositionMm)) <= AGREEMENT_MM &&
    norm(subtract(axis(0), geometry.rowDirection)) * extentMm <= 1 &&
    norm(subtract(axis(1), geometry.columnDirection)) * extentMm <= 1
  );
}

function undecodable(run: readonly CtInstance[], problem: string, cause?: unknown): RondoError {
  const [{ file, sopInstanceUid, transferSyntaxUid }] = run;
  return new RondoError(
    'ct-pixels-undecodable',
    `CT image refused: ${problem}, transfer syntax ${transferSyntaxUid}. Export the series again, uncompressed.`,
    { file, uid: sopInstanceUid },
    { cause },
  );
}
