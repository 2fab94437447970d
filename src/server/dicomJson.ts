import { elementOfKeyword } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';

/** One element in the DICOM JSON model (PS3.18 F.2). */
export interface JsonElement {
  vr: string;
  Value?: readonly unknown[];
}

export type JsonDataset = Record<string, JsonElement | undefined>;

/** Elements by keyword in the DICOM JSON model: a text, a number, or the items of a sequence. Elements that are undefined stay out. */
export function dicomJson(elements: Readonly<Record<string, string | number | readonly JsonDataset[] | undefined>>): JsonDataset {
  const entries = Object.entries(elements).flatMap(([keyword, value]): [string, JsonElement][] => {
    if (value === undefined) return [];
    const element = elementOfKeyword(keyword, 0);
    if (element === undefined) throw new RondoError('dicom-keyword', `${keyword} is no keyword of DICOM.`);
    return [[element.tag, { vr: element.vr, Value: typeof value === 'object' ? value : [value] }]];
  });
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
