import { RondoError } from '../errors.ts';
import { text, type Dataset, type ElementValue } from './dataset.ts';
import { areDecimalStrings } from './decimalString.ts';
import { encodeDataset, MOST_SHORT_LENGTH_BYTES, refusedValue, textEncodingFor, textValues, visitTexts } from './encodeDataset.ts';
import { EXPLICIT_LITTLE_ENDIAN, type IMPLICIT_LITTLE_ENDIAN } from './readDicom.ts';
import { VALUE_REPRESENTATIONS, type DictionaryElement } from './valueRepresentations.ts';

// The writer is our own, and not dcmjs's: that takes a second for a structure set of some megabytes, re-encodes all
// text as UTF-8, and cannot write what it was not built for, such as a foreign value over its VR's length, as it stands.

/** Names Rondo as the writer of a file (PS3.10 7.1) and on the network (PS3.7 D.3.3.2): a UUID made once for this purpose. */
export const IMPLEMENTATION_CLASS_UID = '2.25.263254549887579136900529619735168554635';
export const IMPLEMENTATION_VERSION_NAME = 'RONDO';

const PREAMBLE_LENGTH = 128;

export interface DicomWriting {
  /** Explicit VR little endian by default, or implicit. Implicit VR is not allowed over DICOMweb (PS3.18 8.7.3). */
  transferSyntaxUid?: typeof EXPLICIT_LITTLE_ENDIAN | typeof IMPLICIT_LITTLE_ENDIAN;
  /** The data set was read from a file: values stand as they were, also where they break the rules of their VR. A value too long for its VR's length is written as UN. */
  asRead?: boolean;
}

/**
 * A data set as a Part 10 file. Text outside ASCII is written as Latin-1 where Specific Character Set says ISO_IR 100 and
 * that is enough, else as UTF-8 under ISO_IR 192; numbers for DS are shortened to 16 bytes.
 * @throws RondoError `dicom-value` for what `checkValueLengths` refuses, and where SOP Class or SOP Instance UID is missing.
 */
export function writeDicom(dataset: Dataset, { transferSyntaxUid = EXPLICIT_LITTLE_ENDIAN, asRead = false }: DicomWriting = {}): Uint8Array {
  const sopClassUid = text(dataset, 'SOPClassUID');
  const sopInstanceUid = text(dataset, 'SOPInstanceUID');
  if (sopClassUid === '' || sopInstanceUid === '') throw new RondoError('dicom-value', 'A DICOM file needs SOPClassUID and SOPInstanceUID.');
  const encoding = textEncodingFor(dataset, asRead ? undefined : checkValue);
  const meta = fileMetaInformation({ sopClassUid, sopInstanceUid, transferSyntaxUid });
  const body = encodeDataset(dataset, transferSyntaxUid === EXPLICIT_LITTLE_ENDIAN, encoding);
  const file = new Uint8Array(meta.length + body.length);
  file.set(meta);
  file.set(body, meta.length);
  return file;
}

/** What File Meta Information says of the data set behind it (PS3.10 7.1). */
export interface FileMeta {
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  /** AE title of who sent it; absent where it did not come over the network. */
  sourceAeTitle?: string;
  /** AE title by which it was received. */
  receivingAeTitle?: string;
}

/** All that stands before the data set in a Part 10 file: preamble, "DICM", File Meta Information (PS3.10 7.1). */
export function fileMetaInformation({ sopClassUid, sopInstanceUid, transferSyntaxUid, sourceAeTitle, receivingAeTitle }: FileMeta): Uint8Array {
  const meta: Dataset = {
    FileMetaInformationVersion: Uint8Array.of(0, 1),
    MediaStorageSOPClassUID: sopClassUid,
    MediaStorageSOPInstanceUID: sopInstanceUid,
    TransferSyntaxUID: transferSyntaxUid,
    ImplementationClassUID: IMPLEMENTATION_CLASS_UID,
    ImplementationVersionName: IMPLEMENTATION_VERSION_NAME,
    SourceApplicationEntityTitle: sourceAeTitle,
    ReceivingApplicationEntityTitle: receivingAeTitle,
  };
  const encodedMeta = encodeDataset(meta, true, textEncodingFor(meta));
  const groupLength = encodeDataset({ FileMetaInformationGroupLength: encodedMeta.length }, true, textEncodingFor({}));
  const bytes = new Uint8Array(PREAMBLE_LENGTH + 4 + groupLength.length + encodedMeta.length);
  bytes.set([0x44, 0x49, 0x43, 0x4d], PREAMBLE_LENGTH);
  bytes.set(groupLength, PREAMBLE_LENGTH + 4);
  bytes.set(encodedMeta, PREAMBLE_LENGTH + 4 + groupLength.length);
  return bytes;
}

/**
 * Checks every value of a data set, and of its sequences, against the length and repertoire of its VR (PS3.5 6.2).
 * @throws RondoError `dicom-value` naming the keyword, never the value.
 */
export function checkValueLengths(dataset: Dataset): void {
  visitTexts(dataset, checkValue);
}

function checkValue(element: DictionaryElement, value: ElementValue): void {
  if (element.vr === 'DS' && typeof value === 'string' && value.length <= MOST_SHORT_LENGTH_BYTES && areDecimalStrings(value)) return;
  const { kind, maxCharacters = Infinity, pattern, singleValue, longLength } = VALUE_REPRESENTATIONS[element.vr] ?? { kind: 'bytes' };
  if (kind === 'text' && value instanceof Uint8Array) {
    if (!longLength) refuseLength(element, value.length);
    return;
  }
  const values = textValues(element, value);
  let byteLength = values.length - 1;
  for (const one of values) {
    const longest = element.vr === 'PN' ? Math.max(...one.split('=').map(characters)) : characters(one);
    if (longest > maxCharacters) throw refusedValue(element, `a value has ${longest} characters, at most ${maxCharacters} are allowed`);
    if (kind === 'encodedText' && !singleValue && hasControlCharacter(one)) throw refusedValue(element, 'a value holds a control character');
    if (one !== '' && kind === 'text' && pattern && !pattern.test(one)) throw refusedValue(element, 'a value does not have the form of its VR');
    byteLength += utf8Length(one);
  }
  if (!longLength) refuseLength(element, byteLength);
}

function refuseLength(element: DictionaryElement, byteLength: number): void {
  if (byteLength <= MOST_SHORT_LENGTH_BYTES) return;
  throw refusedValue(element, `its values have ${byteLength} bytes, at most ${MOST_SHORT_LENGTH_BYTES} are allowed`);
}

/** Characters as DICOM counts them: code points, not UTF-16 units. */
function characters(value: string): number {
  let count = 0;
  for (let index = 0; index < value.length; index++) if ((value.charCodeAt(index) & 0xfc00) !== 0xdc00) count++;
  return count;
}

function utf8Length(value: string): number {
  let length = 0;
  for (let index = 0; index < value.length; index++) {
    const unit = value.charCodeAt(index);
    // Each half of a surrogate pair takes two of the four bytes.
    length += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return length;
}

function hasControlCharacter(value: string): boolean {
  return Array.from(value).some((character) => character < ' ' || character === '\u007f');
}
