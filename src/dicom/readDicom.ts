import { Inflate } from 'pako';
import { RondoError } from '../errors.ts';
import { latin1, textDecoding, type TextDecoding } from './characterSet.ts';
import { numbers, text, texts, type Dataset, type ElementValue } from './dataset.ts';
import { elementOfTag, VALUE_REPRESENTATIONS, type ValueRepresentation } from './valueRepresentations.ts';

// The reader is our own, and not dcmjs's, because dcmjs 0.51 decodes text inside sequences as Latin-1 whatever the
// character set says, refuses several character sets, and shortens the last value of a truncated file without a word.

/** Transfer syntaxes whose data set is not explicit VR little endian (PS3.5 annex A). */
export const IMPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2';
export const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const DEFLATED_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99';
const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';

const PREAMBLE_LENGTH = 128;
const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 'FFFEE000';
const ITEM_END = 'FFFEE00D';
const SEQUENCE_END = 'FFFEE0DD';
const SPECIFIC_CHARACTER_SET = '00080005';
const PIXEL_REPRESENTATION = '00280103';
const PIXEL_DATA = '7FE00010';
/** Deeper nesting than any real object has: a crafted file must not exhaust the stack. */
const MOST_NESTED_SEQUENCES = 32;
/** Room for any radiotherapy object that is sent deflated; a crafted one must not exhaust memory, nor hold up a service. */
const MOST_INFLATED_BYTES = 2 ** 28;

/** A DICOM Part 10 file as data. */
export interface DicomFile {
  /**
   * The data set without file meta information, group lengths, and Pixel Data. Text is decoded: Specific Character Set
   * tells how it was stored.
   */
  dataset: Dataset;
  /** File meta information (group 0002); {} where the file has none. */
  meta: Dataset;
  transferSyntaxUid: string;
  /** Whether the file starts with the preamble and "DICM" that PS3.10 7.1 demands. */
  hasPreamble: boolean;
  /** Byte of the file at which the data set starts (where it is deflated, its deflated form). */
  datasetOffset: number;
  /** Pixel Data (7FE0,0010): the number of its bytes (fragments with their item headers when encapsulated); undefined where the object holds none. */
  pixelData: { byteLength: number; encapsulated: boolean } | undefined;
}

interface Encoding {
  explicit: boolean;
  littleEndian: boolean;
}

const EXPLICIT_LITTLE: Encoding = { explicit: true, littleEndian: true };
const IMPLICIT_LITTLE: Encoding = { explicit: false, littleEndian: true };

/** How elements and their values are read; items inherit it and may override it. */
interface Context {
  encoding: Encoding;
  decode: TextDecoding;
  pixelRepresentation: number;
  depth: number;
}

/** Whether the bytes start like a DICOM file: with "DICM" behind the preamble, or with a bare data set of group 0002 or 0008. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  return hasPreamble(bytes) || bareEncoding(bytes) !== undefined;
}

/**
 * Reads a DICOM object: Part 10, or without preamble or file meta information; implicit, explicit, big endian, deflated.
 * `until` (a tag 'GGGGEEEE') leaves out every element above that tag, unread and unchecked.
 * @throws RondoError `dicom-not-dicom`, `dicom-truncated`, `dicom-malformed`, `dicom-character-set`
 */
export function readDicom(bytes: Uint8Array, options: { file?: string; until?: string } = {}): DicomFile {
  try {
    return readFile(bytes, options.until ?? 'FFFFFFFF');
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    throw new RondoError(error.code, error.message, { file: options.file }, { cause: error });
  }
}

function readFile(bytes: Uint8Array, until: string): DicomFile {
  const start = hasPreamble(bytes) ? PREAMBLE_LENGTH + 4 : 0;
  const metaReader = new Reader(bytes, start);
  const meta = start === 0 && bytes[0] !== 2 ? {} : metaReader.readDataset(EXPLICIT_LITTLE, '0002FFFF');
  const declared = text(meta, 'TransferSyntaxUID');
  const rest = bytes.subarray(metaReader.position);
  const body = declared === DEFLATED_LITTLE_ENDIAN ? inflate(rest) : rest;
  const encoding = declared === '' ? bareEncoding(body) : encodingOf(declared);
  if (!encoding) throw new RondoError('dicom-not-dicom', 'Not a DICOM object: it starts neither with a preamble and "DICM" nor with a data set.');
  const reader = new Reader(body, 0);
  const dataset = reader.readDataset(encoding, until);
  return { dataset, meta, transferSyntaxUid: declared === '' ? syntaxOf(encoding) : declared, hasPreamble: start > 0, datasetOffset: metaReader.position, pixelData: reader.pixelData };
}

/** Reads elements one after another; every length is checked against the bytes that there are. */
class Reader {
  position: number;
  pixelData: DicomFile['pixelData'];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = position;
  }

  /** The elements up to and including the tag `until`; the position is left before the first one above it. */
  readDataset(encoding: Encoding, until: string): Dataset {
    return this.#elements(this.#bytes.length, { encoding, decode: textDecoding([]), pixelRepresentation: 0, depth: 0 }, until);
  }

  /** Elements up to `end`; with `end` undefined, up to an item delimiter. */
  #elements(end: number | undefined, context: Context, until?: string): Dataset {
    const dataset: Dataset = {};
    while (end === undefined || this.position < end) {
      const start = this.position;
      const tag = this.#tag(context.encoding);
      if (until !== undefined && tag > until) {
        this.position = start;
        break;
      }
      if (tag === ITEM_END && end === undefined) {
        this.#take(4);
        break;
      }
      this.#element(tag, dataset, context);
    }
    if (end !== undefined && this.position > end) throw malformed('an element reaches beyond the item that holds it');
    return dataset;
  }

  #element(tag: string, dataset: Dataset, context: Context): void {
    const known = elementOfTag(tag, context.pixelRepresentation);
    const storedVr = context.encoding.explicit ? this.#vr(tag) : undefined;
    const length = this.#length(storedVr, context.encoding);
    if (tag === PIXEL_DATA && context.depth === 0) {
      this.pixelData = this.#pixelData(length);
      return;
    }
    // UN: the writer did not know the element, or its value was too long for the length field of its VR (PS3.5 6.2.2).
    const vr = storedVr === undefined || storedVr === 'UN' ? (known?.vr ?? 'UN') : storedVr;
    const representation = VALUE_REPRESENTATIONS[vr] ?? { kind: 'bytes' };
    const isSequence = representation.kind === 'sequence' || length === UNDEFINED_LENGTH;
    const value = isSequence
      ? this.#items(length, storedVr === 'UN' ? { ...context, encoding: IMPLICIT_LITTLE } : context)
      : convert(this.#take(length), representation, vr, context);
    if (tag.endsWith('0000')) return;
    const kind = isSequence ? 'sequence' : representation.kind;
    if (!known || VALUE_REPRESENTATIONS[known.vr]?.kind !== kind) {
      dataset[tag] = { vr: isSequence ? 'SQ' : vr, value };
      return;
    }
    dataset[known.keyword] = value;
    if (tag === SPECIFIC_CHARACTER_SET) context.decode = textDecoding(texts(dataset, known.keyword));
    if (tag === PIXEL_REPRESENTATION) context.pixelRepresentation = numbers(dataset, known.keyword)[0] ?? 0;
  }

  #items(length: number, context: Context): Dataset[] {
    if (context.depth >= MOST_NESTED_SEQUENCES) throw malformed(`sequences are nested more than ${MOST_NESTED_SEQUENCES} deep`);
    const end = length === UNDEFINED_LENGTH ? undefined : this.position + length;
    if (end !== undefined && end > this.#bytes.length) throw truncated();
    const sequence: Dataset[] = [];
    while (end === undefined || this.position < end) {
      const tag = this.#tag(context.encoding);
      const itemLength = this.#uint32(context.encoding);
      if (tag === SEQUENCE_END && end === undefined) return sequence;
      if (tag !== ITEM) throw malformed(`a sequence holds the tag ${tag} where an item was expected`);
      const itemEnd = itemLength === UNDEFINED_LENGTH ? undefined : this.position + itemLength;
      if (itemEnd !== undefined && itemEnd > this.#bytes.length) throw truncated();
      sequence.push(this.#elements(itemEnd, { ...context, depth: context.depth + 1 }));
    }
    if (this.position > end) throw malformed('an item reaches beyond the sequence that holds it');
    return sequence;
  }

  #pixelData(length: number): DicomFile['pixelData'] {
    const start = this.position;
    const encapsulated = length === UNDEFINED_LENGTH;
    if (!encapsulated) this.#take(length);
    // Fragments are little endian in every encapsulated syntax (PS3.5 A.4).
    for (let tag = encapsulated ? '' : SEQUENCE_END; tag !== SEQUENCE_END; ) {
      tag = this.#tag(EXPLICIT_LITTLE);
      if (tag !== ITEM && tag !== SEQUENCE_END) throw malformed(`Pixel Data holds the tag ${tag} where a fragment was expected`);
      this.#take(this.#uint32(EXPLICIT_LITTLE));
    }
    return { byteLength: this.position - start, encapsulated };
  }

  #tag(encoding: Encoding): string {
    const at = this.position;
    this.#take(4);
    const [group, element] = [this.#view.getUint16(at, encoding.littleEndian), this.#view.getUint16(at + 2, encoding.littleEndian)];
    return (group * 0x10000 + element).toString(16).toUpperCase().padStart(8, '0');
  }

  #vr(tag: string): string {
    const vr = latin1(this.#take(2));
    if (!/^[A-Z]{2}$/.test(vr)) throw malformed(`element ${tag} has no value representation where its transfer syntax demands one`);
    return vr;
  }

  #length(storedVr: string | undefined, encoding: Encoding): number {
    if (storedVr === undefined) return this.#uint32(encoding);
    const representation = VALUE_REPRESENTATIONS[storedVr];
    if (representation && !representation.longLength) {
      const at = this.position;
      this.#take(2);
      return this.#view.getUint16(at, encoding.littleEndian);
    }
    // VRs of future editions have a long length too (PS3.5 7.1.2).
    this.#take(2);
    return this.#uint32(encoding);
  }

  #uint32(encoding: Encoding): number {
    const at = this.position;
    this.#take(4);
    return this.#view.getUint32(at, encoding.littleEndian);
  }

  #take(count: number): Uint8Array {
    const end = this.position + count;
    if (end > this.#bytes.length) throw truncated();
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}

function convert(bytes: Uint8Array, representation: ValueRepresentation, vr: string, context: Context): ElementValue {
  switch (representation.kind) {
    case 'text':
      return withoutPadding(latin1(bytes));
    case 'encodedText':
      return withoutPadding(context.decode(bytes));
    case 'number':
      return binaryNumbers(bytes, vr, representation.width ?? 2, context.encoding.littleEndian);
    default:
      // A copy: a view would keep the whole file in memory.
      return context.encoding.littleEndian ? Uint8Array.from(bytes) : reversed(bytes, representation.width ?? 1, vr);
  }
}

function binaryNumbers(bytes: Uint8Array, vr: string, width: number, littleEndian: boolean): number[] {
  if (bytes.length % width !== 0) throw malformed(`a value of VR ${vr} has ${bytes.length} bytes, expected a multiple of ${width}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / width }, (_, index) => binaryNumber(view, index * width, vr, littleEndian));
}

function binaryNumber(view: DataView, at: number, vr: string, littleEndian: boolean): number {
  switch (vr) {
    case 'FD':
      return view.getFloat64(at, littleEndian);
    case 'FL':
      return view.getFloat32(at, littleEndian);
    case 'SL':
      return view.getInt32(at, littleEndian);
    case 'SS':
      return view.getInt16(at, littleEndian);
    case 'UL':
      return view.getUint32(at, littleEndian);
    case 'AT':
      return view.getUint16(at, littleEndian) * 0x10000 + view.getUint16(at + 2, littleEndian);
    default:
      return view.getUint16(at, littleEndian);
  }
}

/** Big endian values in the little endian order that data sets are held in. */
function reversed(bytes: Uint8Array, width: number, vr: string): Uint8Array {
  if (bytes.length % width !== 0) throw malformed(`a value of VR ${vr} has ${bytes.length} bytes, expected a multiple of ${width}`);
  return Uint8Array.from(bytes, (_, index) => bytes[index - (index % width) + width - 1 - (index % width)]);
}

/** PS3.5 6.2: text is padded to an even length by a space, a UID by a NUL; some writers pad all text by NULs. */
function withoutPadding(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\0')) end--;
  return value.slice(0, end);
}

function hasPreamble(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(PREAMBLE_LENGTH, PREAMBLE_LENGTH + 4)) === 'DICM';
}

/** The encoding of a data set that nothing announces, judged by its first element (group 0002 or 0008); undefined when it looks like none. */
function bareEncoding(bytes: Uint8Array): Encoding | undefined {
  if (bytes.length < 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes[1] === 0 && (bytes[0] === 2 || bytes[0] === 8);
  const bigEndian = bytes[0] === 0 && bytes[1] === 8;
  // The first elements of every object: group length, character set, image type, instance date, SOP class (PS3.6).
  if ((!littleEndian && !bigEndian) || view.getUint16(2, littleEndian) > 0x0018) return undefined;
  if (/^[A-Z]{2}$/.test(latin1(bytes.subarray(4, 6)))) return { explicit: true, littleEndian };
  return littleEndian && view.getUint32(4, true) <= 1024 ? IMPLICIT_LITTLE : undefined;
}

function encodingOf(transferSyntaxUid: string): Encoding {
  if (transferSyntaxUid === IMPLICIT_LITTLE_ENDIAN) return IMPLICIT_LITTLE;
  return transferSyntaxUid === EXPLICIT_BIG_ENDIAN ? { explicit: true, littleEndian: false } : EXPLICIT_LITTLE;
}

function syntaxOf(encoding: Encoding): string {
  if (!encoding.explicit) return IMPLICIT_LITTLE_ENDIAN;
  return encoding.littleEndian ? EXPLICIT_LITTLE_ENDIAN : EXPLICIT_BIG_ENDIAN;
}

function inflate(bytes: Uint8Array): Uint8Array {
  const inflator = new Inflate({ raw: true });
  const chunks: Uint8Array[] = [];
  let byteLength = 0;
  inflator.onData = (chunk) => {
    const piece = chunk as Uint8Array;
    byteLength += piece.length;
    if (byteLength > MOST_INFLATED_BYTES) throw malformed(`its deflated data set inflates to more than ${MOST_INFLATED_BYTES} bytes`);
    chunks.push(piece);
  };
  inflator.push(bytes, true);
  if ((inflator.err as number) !== 0 || !(inflator as unknown as { ended: boolean }).ended) {
    throw new RondoError('dicom-truncated', 'The deflated data set cannot be inflated: it is cut short or damaged. Send it again.', {}, { cause: inflator.msg });
  }
  const inflated = new Uint8Array(byteLength);
  let at = 0;
  for (const chunk of chunks) {
    inflated.set(chunk, at);
    at += chunk.length;
  }
  return inflated;
}

function truncated(): RondoError {
  return new RondoError('dicom-truncated', 'The DICOM object ends in the middle of an element: it was cut short. Send or export it again.');
}

function malformed(problem: string): RondoError {
  return new RondoError('dicom-malformed', `The DICOM object is malformed: ${problem}. Send or export it again.`);
}
