import { RondoError } from '../errors.ts';
import { ByteWriter } from './byteWriter.ts';
import { isItems, isPlainValues, isUnlisted, numbers, text, type Dataset, type DatasetValue, type ElementValue } from './dataset.ts';
import { decimalString } from './decimalString.ts';
import { elementOfKeyword, VALUE_REPRESENTATIONS, type DictionaryElement } from './valueRepresentations.ts';

/** Longest value of a VR with a 16-bit length that stays even; a longer one must be written as UN (PS3.5 6.2.2, CP-1066). */
export const MOST_SHORT_LENGTH_BYTES = 65_534;

/** Bytes of a data set without text, and of a text's tag, VR, length and share of an item. */
const LEAST_ROOM = 1024;
const ROOM_BESIDE_TEXT = 16;

const ITEM_GROUP = 0xfffe;
const ITEM_ELEMENT = 0xe000;

/** How the characters of text VRs become bytes. */
export interface TextEncoding {
  /** The Specific Character Set that says so; undefined: as the data set has it. */
  characterSet: string | undefined;
  encode: (text: string) => Uint8Array;
  /** About how many bytes the texts take, their tags and lengths included. */
  room: number;
}

/**
 * The elements of a data set in order of tag, little endian, explicit or implicit VR; lengths are always given.
 * @throws RondoError `dicom-value` for a keyword that the dictionary does not have and a value of another kind than its VR
 */
export function encodeDataset(dataset: Dataset, explicit: boolean, encoding: TextEncoding): Uint8Array {
  const writer = new ByteWriter(encoding.room);
  writeElements(writer, encoding.characterSet === undefined ? dataset : { ...dataset, SpecificCharacterSet: encoding.characterSet }, explicit, encoding, 0);
  return writer.written();
}

/** The elements that are present, in order of tag, each with its tag and VR; what the dictionary does not list, under a keyword of ''. */
export function elementsOf(dataset: Dataset, outerPixelRepresentation = 0): [DictionaryElement, ElementValue][] {
  const pixelRepresentation = numbers(dataset, 'PixelRepresentation').at(0) ?? outerPixelRepresentation;
  const elements: [DictionaryElement, ElementValue][] = [];
  for (const [key, value] of Object.entries(dataset)) {
    if (value === undefined) continue;
    elements.push(isUnlisted(value) ? [{ keyword: '', tag: key, vr: value.vr }, value.value] : [listed(key, pixelRepresentation), value]);
  }
  return elements.sort(([one], [other]) => (one.tag < other.tag ? -1 : 1));
}

function listed(keyword: string, pixelRepresentation: number): DictionaryElement {
  const element = elementOfKeyword(keyword, pixelRepresentation);
  if (!element) throw new RondoError('dicom-value', `The DICOM dictionary has no element named ${keyword}.`);
  return element;
}

/** The values of a text element as texts. */
export function textValues(element: DictionaryElement, value: ElementValue): readonly string[] {
  const format = (entry: string | number): string => (typeof entry === 'string' ? entry : element.vr === 'DS' ? decimalString(entry) : String(entry));
  if (typeof value === 'string') return VALUE_REPRESENTATIONS[element.vr]?.singleValue ? [value] : value.split('\\');
  if (typeof value === 'number') return [format(value)];
  if (!(value instanceof Uint8Array) && isPlainValues(value)) return value.map(format);
  throw refusedValue(element, 'it needs text');
}

/** The items of a sequence element. */
export function itemsOf(element: DictionaryElement, value: DatasetValue): readonly Dataset[] {
  if (isItems(value)) return value;
  throw refusedValue(element, 'it needs an array of items');
}

export function refusedValue({ keyword, tag, vr }: DictionaryElement, problem: string): RondoError {
  return new RondoError('dicom-value', `${keyword === '' ? tag : keyword} (${vr}) refused: ${problem} (PS3.5 6.2).`);
}

function writeElements(writer: ByteWriter, dataset: Dataset, explicit: boolean, encoding: TextEncoding, outerPixelRepresentation: number): void {
  const pixelRepresentation = numbers(dataset, 'PixelRepresentation').at(0) ?? outerPixelRepresentation;
  for (const [element, value] of elementsOf(dataset, outerPixelRepresentation)) {
    const start = writer.position;
    const [lengthAt, width] = writeHeader(writer, element.tag, explicit ? element.vr : undefined);
    const valueAt = writer.position;
    writeValue(writer, element, value, explicit, encoding, pixelRepresentation);
    const length = writer.position - valueAt;
    if (width === 4 || length <= MOST_SHORT_LENGTH_BYTES) {
      writer.setLength(lengthAt, length, width);
      continue;
    }
    const bytes = writer.takeBack(valueAt);
    writer.takeBack(start);
    const [longLengthAt] = writeHeader(writer, element.tag, 'UN');
    writer.bytes(bytes);
    writer.setLength(longLengthAt, length, 4);
  }
}

/** Tag, VR and room for the length (PS3.5 7.1). @returns where the length stands, and its bytes */
function writeHeader(writer: ByteWriter, tag: string, vr: string | undefined): [lengthAt: number, width: 2 | 4] {
  writer.uint16(parseInt(tag.slice(0, 4), 16));
  writer.uint16(parseInt(tag.slice(4), 16));
  if (vr === undefined) {
    writer.uint32(0);
    return [writer.position - 4, 4];
  }
  writer.latin1(vr);
  writer.uint16(0);
  const representation = VALUE_REPRESENTATIONS[vr];
  if (representation && !representation.longLength) return [writer.position - 2, 2];
  writer.uint32(0);
  return [writer.position - 4, 4];
}

function writeValue(writer: ByteWriter, element: DictionaryElement, value: ElementValue, explicit: boolean, encoding: TextEncoding, pixelRepresentation: number): void {
  const start = writer.position;
  const kind = VALUE_REPRESENTATIONS[element.vr]?.kind ?? 'bytes';
  switch (kind) {
    case 'sequence':
      for (const item of itemsOf(element, value)) {
        writer.uint16(ITEM_GROUP);
        writer.uint16(ITEM_ELEMENT);
        writer.uint32(0);
        const itemAt = writer.position;
        writeElements(writer, item, explicit, encoding, pixelRepresentation);
        writer.setLength(itemAt - 4, writer.position - itemAt, 4);
      }
      return;
    case 'text':
      if (value instanceof Uint8Array) writer.bytes(value);
      else writer.latin1(joined(element, value));
      break;
    case 'encodedText':
      writer.bytes(encoding.encode(joined(element, value)));
      break;
    case 'number':
      writer.numbers(numberValues(element, value), element.vr);
      break;
    default:
      if (!(value instanceof Uint8Array)) throw refusedValue(element, 'it needs bytes');
      writer.bytes(value);
  }
  // PS3.5 6.2: every value has an even length; UIDs and bytes are padded by a NUL, text by a space.
  if ((writer.position - start) % 2 === 1) writer.latin1(kind === 'bytes' || element.vr === 'UI' ? '\0' : ' ');
}

function joined(element: DictionaryElement, value: ElementValue): string {
  return typeof value === 'string' ? value : textValues(element, value).join('\\');
}

function numberValues(element: DictionaryElement, value: ElementValue): readonly number[] {
  const values = typeof value === 'number' ? [value] : value;
  if (Array.isArray(values) && values.every((entry): entry is number => typeof entry === 'number')) return values;
  throw refusedValue(element, 'it needs numbers');
}

/** Every element that holds text, sequences included. */
export function visitTexts(dataset: Dataset, visit: (element: DictionaryElement, value: ElementValue) => void): void {
  for (const [element, value] of elementsOf(dataset)) {
    const kind = VALUE_REPRESENTATIONS[element.vr]?.kind;
    if (kind === 'sequence') for (const item of itemsOf(element, value)) visitTexts(item, visit);
    else if (kind === 'text' || kind === 'encodedText') visit(element, value);
  }
}

/**
 * The encoding that fits all text: as declared where that is ASCII or Latin-1 (ISO_IR 100) and enough, else UTF-8 (ISO_IR 192).
 * @param visit called with each text on the way
 */
export function textEncodingFor(dataset: Dataset, visit?: (element: DictionaryElement, value: ElementValue) => void): TextEncoding {
  let [highest, room] = [0, LEAST_ROOM];
  visitTexts(dataset, (element, value) => {
    visit?.(element, value);
    room += ROOM_BESIDE_TEXT + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0);
    if (VALUE_REPRESENTATIONS[element.vr]?.kind !== 'encodedText') return;
    for (const character of joined(element, value)) highest = Math.max(highest, character.codePointAt(0) ?? 0);
  });
  if (highest < 0x80) return { characterSet: undefined, encode: latin1Bytes, room };
  if (highest <= 0xff && text(dataset, 'SpecificCharacterSet') === 'ISO_IR 100') return { characterSet: undefined, encode: latin1Bytes, room };
  const utf8 = new TextEncoder();
  return { characterSet: 'ISO_IR 192', encode: (value) => utf8.encode(value), room };
}

function latin1Bytes(value: string): Uint8Array {
  return Uint8Array.from(value, (character) => character.charCodeAt(0));
}
