import dcmjs, { type JsonDataset } from 'dcmjs';
import { RondoError } from '../errors.ts';
import { isItems, isPlainValues, numbers, text, type Dataset, type DatasetValue } from './dataset.ts';
import { EXPLICIT_LITTLE_ENDIAN } from './readDicom.ts';
import { elementOfKeyword, VALUE_REPRESENTATIONS, type DictionaryElement } from './valueRepresentations.ts';

/** Names Rondo as the writer of a file (PS3.10 7.1): a UUID made once for this purpose. */
const IMPLEMENTATION_CLASS_UID = '2.25.263254549887579136900529619735168554635';
const IMPLEMENTATION_VERSION_NAME = 'RONDO';

/** Longest value of a VR with a 16-bit length that stays even; a longer one becomes UN, which planning systems refuse (PS3.5 6.2.2, CP-1066). */
const MOST_SHORT_LENGTH_BYTES = 65_534;

/** Longest decimal string (PS3.5 6.2, DS). */
const DECIMAL_STRING_BYTES = 16;

/**
 * A data set as a Part 10 file in explicit VR little endian. Text outside ASCII is written as UTF-8 and Specific
 * Character Set is then ISO_IR 192, whatever the data set says; numbers for DS are shortened to 16 bytes.
 * @throws RondoError `dicom-value` for what `checkValueLengths` refuses, and where SOP Class or SOP Instance UID is missing.
 */
export function writeDicom(dataset: Dataset): Uint8Array {
  const sopClassUid = text(dataset, 'SOPClassUID');
  const sopInstanceUid = text(dataset, 'SOPInstanceUID');
  if (sopClassUid === '' || sopInstanceUid === '') throw new RondoError('dicom-value', 'A DICOM file needs SOPClassUID and SOPInstanceUID.');
  checkValueLengths(dataset);
  const meta: Dataset = {
    FileMetaInformationVersion: Uint8Array.of(0, 1),
    MediaStorageSOPClassUID: sopClassUid,
    MediaStorageSOPInstanceUID: sopInstanceUid,
    TransferSyntaxUID: EXPLICIT_LITTLE_ENDIAN,
    ImplementationClassUID: IMPLEMENTATION_CLASS_UID,
    ImplementationVersionName: IMPLEMENTATION_VERSION_NAME,
  };
  const file = new dcmjs.data.DicomDict(toJson(meta));
  // dcmjs writes text as UTF-8 always.
  file.dict = toJson(isAscii(dataset) ? dataset : { ...dataset, SpecificCharacterSet: 'ISO_IR 192' });
  return new Uint8Array(file.write());
}

/**
 * Checks every value of a data set, and of its sequences, against the length and repertoire of its VR (PS3.5 6.2).
 * @throws RondoError `dicom-value` naming the keyword, never the value.
 */
export function checkValueLengths(dataset: Dataset): void {
  visitTexts(dataset, (element, values) => {
    const { kind, maxCharacters = Infinity, pattern, singleValue, longLength } = VALUE_REPRESENTATIONS[element.vr] ?? { kind: 'bytes' };
    for (const value of values) {
      const longest = Math.max(...(element.vr === 'PN' ? value.split('=') : [value]).map((group) => Array.from(group).length));
      if (longest > maxCharacters) throw refused(element, `a value has ${longest} characters, at most ${maxCharacters} are allowed`);
      if (kind === 'encodedText' && !singleValue && hasControlCharacter(value)) throw refused(element, 'a value holds a control character');
      if (value !== '' && kind === 'text' && pattern && !pattern.test(value)) throw refused(element, 'a value does not have the form of its VR');
    }
    const byteLength = Buffer.byteLength(values.join('\\'));
    if (!longLength && byteLength > MOST_SHORT_LENGTH_BYTES) {
      throw refused(element, `its values have ${byteLength} bytes, at most ${MOST_SHORT_LENGTH_BYTES} are allowed`);
    }
  });
}

/**
 * A number as a decimal string of at most 16 bytes, as exact as that allows.
 * @throws RondoError `dicom-value` for a number that is not finite.
 */
export function decimalString(value: number): string {
  if (!Number.isFinite(value)) throw new RondoError('dicom-value', `A decimal string cannot hold ${value}.`);
  let decimal = String(value);
  for (let digits = DECIMAL_STRING_BYTES; decimal.length > DECIMAL_STRING_BYTES; digits--) decimal = String(Number(value.toPrecision(digits)));
  return decimal;
}

/** Calls `visit` with the values, as texts, of every text element of the data set and its sequences. */
function visitTexts(dataset: Dataset, visit: (element: DictionaryElement, values: readonly string[]) => void): void {
  for (const [element, value] of elements(dataset)) {
    if (element.vr === 'SQ') for (const item of itemsOf(element, value)) visitTexts(item, visit);
    else if (isText(element)) visit(element, textValues(element, value));
  }
}

/** The elements that are present, each with its dictionary entry. */
function elements(dataset: Dataset): [DictionaryElement, DatasetValue][] {
  const pixelRepresentation = numbers(dataset, 'PixelRepresentation')[0] ?? 0;
  return Object.entries(dataset).flatMap(([keyword, value]): [DictionaryElement, DatasetValue][] => {
    if (value === undefined) return [];
    const element = elementOfKeyword(keyword, pixelRepresentation);
    if (!element) throw new RondoError('dicom-value', `The DICOM dictionary has no element named ${keyword}.`);
    return [[element, value]];
  });
}

function toJson(dataset: Dataset): JsonDataset {
  return Object.fromEntries(
    elements(dataset).map(([element, value]) => [element.tag, { vr: element.vr, Value: jsonValues(element, value) }]),
  );
}

function jsonValues(element: DictionaryElement, value: DatasetValue): readonly unknown[] {
  const kind = VALUE_REPRESENTATIONS[element.vr]?.kind;
  if (kind === 'sequence') return itemsOf(element, value).map(toJson);
  if (isText(element)) return textValues(element, value);
  if (kind === 'number') {
    const values = typeof value === 'number' ? [value] : value;
    if (Array.isArray(values) && values.every((entry): entry is number => typeof entry === 'number')) return values;
    throw refused(element, 'it needs numbers');
  }
  // dcmjs takes the whole buffer behind a view: give it one of its own.
  if (value instanceof Uint8Array) return [Uint8Array.from(value).buffer];
  throw refused(element, 'it needs bytes');
}

function textValues(element: DictionaryElement, value: DatasetValue): readonly string[] {
  const format = (entry: string | number): string => (typeof entry === 'string' ? entry : element.vr === 'DS' ? decimalString(entry) : String(entry));
  if (typeof value === 'string') return VALUE_REPRESENTATIONS[element.vr]?.singleValue ? [value] : value.split('\\');
  if (typeof value === 'number') return [format(value)];
  if (!(value instanceof Uint8Array) && isPlainValues(value)) return value.map(format);
  throw refused(element, 'it needs text');
}

function itemsOf(element: DictionaryElement, value: DatasetValue): readonly Dataset[] {
  if (isItems(value)) return value;
  throw refused(element, 'it needs an array of items');
}

function isText(element: DictionaryElement): boolean {
  const kind = VALUE_REPRESENTATIONS[element.vr]?.kind;
  return kind === 'text' || kind === 'encodedText';
}

function isAscii(dataset: Dataset): boolean {
  let ascii = true;
  visitTexts(dataset, (_, values) => {
    // One byte of UTF-8 per UTF-16 unit means that all of them are ASCII.
    if (values.some((value) => Buffer.byteLength(value) !== value.length)) ascii = false;
  });
  return ascii;
}

function hasControlCharacter(value: string): boolean {
  return Array.from(value).some((character) => character < ' ' || character === '\u007f');
}

function refused({ keyword, vr }: DictionaryElement, problem: string): RondoError {
  return new RondoError('dicom-value', `${keyword} (${vr}) refused: ${problem} (PS3.5 6.2).`);
}
