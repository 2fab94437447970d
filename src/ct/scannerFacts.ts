import { text, type Dataset } from '../dicom/index.ts';

const KEYWORDS = { manufacturer: 'Manufacturer', model: 'ManufacturerModelName', kernel: 'ConvolutionKernel' } as const;

/** What made the images of a CT, as far as a header says it (PS3.3 C.7.5.1, C.8.2.1): nothing of a patient. */
export type ScannerFacts = Partial<Record<keyof typeof KEYWORDS, string>>;

export function scannerFacts(header: Dataset): ScannerFacts {
  return Object.fromEntries(Object.entries(KEYWORDS).flatMap(([fact, keyword]) => (text(header, keyword) === '' ? [] : [[fact, text(header, keyword)]])));
}
