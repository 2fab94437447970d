import { z } from 'zod';
import { elementOfKeyword, elementOfTag, VALUE_REPRESENTATIONS, type Dataset, type DatasetValue } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { badAnswer } from './failures.ts';
import type { Answer } from './connection.ts';

/** Media type of the DICOM JSON Model (PS3.18 annex F). */
export const DICOM_JSON = 'application/dicom+json';

interface JsonElement {
  vr?: string | undefined;
  Value?: (string | number | JsonDataset | null)[] | undefined;
}

/** A data set of the DICOM JSON Model: elements by tag 'GGGGEEEE' (PS3.18 F.2). */
export interface JsonDataset {
  [tag: string]: JsonElement | undefined;
}

/** Components of a person name (PS3.18 F.2.2), written as in a file. */
const PERSON_NAME_GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'] as const;
const personName = z.strictObject({ Alphabetic: z.string().optional(), Ideographic: z.string().optional(), Phonetic: z.string().optional() });

const element: z.ZodType<JsonElement> = z.lazy(() =>
  z.object({ vr: z.string().optional(), Value: z.array(z.union([z.string(), z.number(), z.null(), personName.transform(nameText), jsonDataset])).optional() }),
);
const jsonDataset: z.ZodType<JsonDataset> = z.lazy(() => z.record(z.string().regex(/^[\dA-Fa-f]{8}$/), element));

const answers = z.array(jsonDataset);

function nameText(name: z.output<typeof personName>): string {
  return PERSON_NAME_GROUPS.map((group) => name[group] ?? '').join('=').replace(/=+$/, '');
}

/**
 * The data sets of a JSON answer; none where it has no content. An answer of one data set, not in an array, is taken as one.
 * Elements that the dictionary does not list, bulk data and inline binaries are left out.
 * @throws RondoError `dicomweb-answer`
 */
export function datasetsOf({ asked, bytes }: Answer): Dataset[] {
  if (bytes.length === 0) return [];
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's own words repeat what it read.
    throw badAnswer(asked, 'the answer is not JSON');
  }
  const parsed = answers.safeParse(Array.isArray(json) ? json : [json]);
  if (!parsed.success) throw badAnswer(asked, 'the answer is not of the DICOM JSON Model (PS3.18 annex F)');
  return parsed.data.map(datasetFromJson);
}

export function datasetFromJson(json: JsonDataset): Dataset {
  const dataset: Dataset = {};
  for (const [tag, { vr, Value = [] } = {}] of Object.entries(json)) {
    const listed = elementOfTag(tag.toUpperCase(), 0);
    const isSequence = (vr ?? listed?.vr) === 'SQ';
    if (!listed || isSequence !== (listed.vr === 'SQ') || VALUE_REPRESENTATIONS[listed.vr]?.kind === 'bytes') continue;
    if (isSequence) dataset[listed.keyword] = Value.map((item) => (isJsonDataset(item) ? datasetFromJson(item) : {}));
    else dataset[listed.keyword] = Value.map((value) => (typeof value === 'string' || typeof value === 'number' ? value : ''));
  }
  return dataset;
}

function isJsonDataset(value: string | number | JsonDataset | null): value is JsonDataset {
  return typeof value === 'object' && value !== null;
}

/**
 * A data set as the DICOM JSON Model has it; text with several values in arrays.
 * @throws RondoError `dicom-value` for keywords that the dictionary does not have, and for bytes
 */
export function jsonFromDataset(dataset: Dataset): JsonDataset {
  const json: JsonDataset = {};
  for (const [keyword, value] of Object.entries(dataset)) {
    if (value === undefined) continue;
    const { tag, vr } = elementNamed(keyword);
    const values = jsonValues(keyword, value);
    json[tag] = values.length === 0 ? { vr } : { vr, Value: values };
  }
  return json;
}

function jsonValues(keyword: string, value: DatasetValue): (string | number | JsonDataset)[] {
  if (typeof value === 'string' || typeof value === 'number') return value === '' ? [] : [value];
  if (Array.isArray(value)) return (value as readonly (string | number | Dataset)[]).map((each) => (typeof each === 'object' ? jsonFromDataset(each) : each));
  throw new RondoError('dicom-value', `${keyword} cannot be sent as JSON: expected text, numbers or items.`);
}

/** @throws RondoError `dicom-value` */
function elementNamed(keyword: string): { tag: string; vr: string } {
  const element = elementOfKeyword(keyword, 0);
  if (!element) throw new RondoError('dicom-value', `The DICOM dictionary has no element named ${keyword}. Expected a keyword of PS3.6.`);
  return element;
}

/** Tag of a keyword, or tags of keywords parted by dots, as queries name them (PS3.18 8.3.4.1). @throws RondoError `dicom-value` */
export function queryTag(keywords: string): string {
  return keywords.split('.').map((keyword) => elementNamed(keyword).tag).join('.');
}
