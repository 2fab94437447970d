import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { looksLikeDicom, readDicom, text, type CtGrid } from '../dicom/index.ts';

/** What made the images of a CT (PS3.3 C.7.5.1, C.8.2.1): nothing of a patient. */
export interface ScanFacts {
  manufacturer?: string;
  model?: string;
  kernel?: string;
  /** The least distance between two slices. */
  sliceGapMm: number;
}

/** The last element that is wanted, by its tag. */
const SERIES_INSTANCE_UID = '0020000E';

const KEYWORDS = { manufacturer: 'Manufacturer', model: 'ManufacturerModelName', kernel: 'ConvolutionKernel' } as const;

/** @param folder that the CT was read from; one of its images speaks for all */
export async function scanFacts(folder: string, { volume: { geometry }, seriesInstanceUid }: CtGrid): Promise<ScanFacts> {
  const sliceGapMm = Math.min(...geometry.sliceGapsMm());
  for (const name of (await readdir(folder)).sort()) {
    const bytes = await readFile(path.join(folder, name));
    if (!looksLikeDicom(bytes)) continue;
    const { dataset } = readDicom(bytes, { until: SERIES_INSTANCE_UID });
    if (text(dataset, 'SeriesInstanceUID') !== seriesInstanceUid) continue;
    const known = Object.entries(KEYWORDS).flatMap(([fact, keyword]) => (text(dataset, keyword) === '' ? [] : [[fact, text(dataset, keyword)] as const]));
    return { ...Object.fromEntries(known), sliceGapMm };
  }
  return { sliceGapMm };
}
