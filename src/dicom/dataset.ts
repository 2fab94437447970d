import { RondoError } from '../errors.ts';
import { decimalValues } from './decimalString.ts';

/**
 * One element's value. Text VRs hold the whole text, several values parted by a backslash as DICOM parts them
 * (DS and IS too: the decimal text is the value, so nothing is lost by reading and writing it again); a writer may
 * give an array of texts or numbers instead, or, for a VR that no character set applies to, its bytes in ASCII as they shall
 * stand, whose form it answers for. Binary numbers are arrays; OB, OW, UN … are bytes; SQ is an array of items.
 */
export type ElementValue = string | number | readonly (string | number)[] | readonly Dataset[] | Uint8Array;

/** An element that the dictionary does not list, or lists with a VR of another kind; private elements above all. */
export interface UnlistedElement {
  /** UN where the file did not say. */
  vr: string;
  value: ElementValue;
}

export type DatasetValue = ElementValue | UnlistedElement;

/**
 * Elements by DICOM keyword (PS3.6): `{ PatientID: '1', ROIContourSequence: [{ ReferencedROINumber: 1 }] }`, and unlisted
 * ones by tag: `{ '30071001': { vr: 'LO', value: 'x' } }`. An element set to undefined is absent.
 */
export interface Dataset {
  [keywordOrTag: string]: DatasetValue | undefined;
}

/** The element as one text without padding; '' where it is absent or empty. Several values stay parted by backslashes. */
export function text(dataset: Dataset, keyword: string): string {
  const value = dataset[keyword];
  if (value === undefined) return '';
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number') return String(value);
  if (isPlainValues(value)) return value.join('\\').trim();
  throw wrongKind(keyword, 'text');
}

/** The element's values as texts without padding; [] where it is absent or empty. Empty values between others are kept as ''. */
export function texts(dataset: Dataset, keyword: string): string[] {
  const whole = text(dataset, keyword);
  return whole === '' ? [] : whole.split('\\').map((part) => part.trim());
}

/**
 * The element's values as numbers; [] where it is absent or empty.
 * @throws RondoError `dicom-value` when a value is not a finite number.
 */
export function numbers(dataset: Dataset, keyword: string): number[] {
  return Array.from(decimals(dataset, keyword));
}

/** The same for an element of many values, such as Contour Data. */
export function decimals(dataset: Dataset, keyword: string): Float64Array {
  const { values, areNumbers } = decimalValues(text(dataset, keyword));
  if (!areNumbers) throw new RondoError('dicom-value', `${keyword} holds a value that is not a number. Correct the object at its source.`);
  return values;
}

/**
 * The items of a sequence; [] where it is absent or empty.
 * @throws RondoError `dicom-value` when the element is no sequence.
 */
export function items(dataset: Dataset, keyword: string): readonly Dataset[] {
  const value = dataset[keyword];
  if (value === undefined) return [];
  if (isItems(value)) return value;
  throw wrongKind(keyword, 'a sequence');
}

/** Whether a value is an array of items; an empty array counts as one. */
export function isItems(value: DatasetValue): value is readonly Dataset[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'object');
}

/** Whether a value is an array of texts or numbers; an empty array counts as one. */
export function isPlainValues(value: DatasetValue): value is readonly (string | number)[] {
  return Array.isArray(value) && value.every((entry) => typeof entry !== 'object');
}

function wrongKind(keyword: string, expected: string): RondoError {
  return new RondoError('dicom-value', `${keyword} does not hold ${expected}. Correct the object at its source.`);
}

/** Whether a value is that of an element which the dictionary does not list. */
export function isUnlisted(value: DatasetValue): value is UnlistedElement {
  return typeof value === 'object' && 'vr' in value;
}
