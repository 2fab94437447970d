import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { scannerFacts, type ScannerFacts } from '../ct/index.ts';
import { looksLikeDicom, readDicom, text, type CtGrid } from '../dicom/index.ts';

/** What made the images of a CT, and how far apart they lie. */
export interface ScanFacts extends ScannerFacts {
  /** The least distance between two slices. */
  sliceGapMm: number;
}

/** The last element that is wanted, by its tag. */
const SERIES_INSTANCE_UID = '0020000E';

/** @param folder that the CT was read from; one of its images speaks for all */
export async function scanFacts(folder: string, { volume: { geometry }, seriesInstanceUid }: CtGrid): Promise<ScanFacts> {
  const sliceGapMm = Math.min(...geometry.sliceGapsMm());
  for (const name of (await readdir(folder)).sort()) {
    const bytes = await readFile(path.join(folder, name));
    if (!looksLikeDicom(bytes)) continue;
    const { dataset } = readDicom(bytes, { until: SERIES_INSTANCE_UID });
    if (text(dataset, 'SeriesInstanceUID') !== seriesInstanceUid) continue;
    return { ...scannerFacts(dataset), sliceGapMm };
  }
  return { sliceGapMm };
}
