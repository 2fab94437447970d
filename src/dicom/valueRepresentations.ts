import dcmjs from 'dcmjs';
import { DECIMAL_STRING, DECIMAL_STRING_BYTES } from './decimalString.ts';

/** How the value of an element is held: text, numbers of fixed width, bytes, or a sequence of items. */
export interface ValueRepresentation {
  kind: 'text' | 'encodedText' | 'number' | 'bytes' | 'sequence';
  /** Explicit VR encodings give it a 32-bit length (PS3.5 table 7.1-1). */
  longLength?: true;
  /** Bytes of one number, or of what changes its order of bytes with the transfer syntax. */
  width?: 2 | 4 | 8;
  /** Most characters of one value (for PN: of one component group). */
  maxCharacters?: number;
  /** What one value must look like when Rondo writes it. */
  pattern?: RegExp;
  /** A backslash is part of the text, not a separator. */
  singleValue?: true;
}

/** PS3.5 2024 section 6.2, table 6.2-1 (lengths, repertoires) and section 7.1.2 (length fields). */
export const VALUE_REPRESENTATIONS: Readonly<Record<string, ValueRepresentation | undefined>> = {
  AE: { kind: 'text', maxCharacters: 16, pattern: /^[ -[\]-~]*$/ },
  AS: { kind: 'text', maxCharacters: 4, pattern: /^\d{3}[DWMY]$/ },
  AT: { kind: 'number', width: 4 },
  CS: { kind: 'text', maxCharacters: 16, pattern: /^[A-Z0-9 _]*$/ },
  DA: { kind: 'text', maxCharacters: 8, pattern: /^\d{8}$/ },
  DS: { kind: 'text', maxCharacters: DECIMAL_STRING_BYTES, pattern: DECIMAL_STRING },
  DT: { kind: 'text', maxCharacters: 26, pattern: /^\d{4}(\d{2}){0,5}(\.\d{1,6})?([+-]\d{4})?$/ },
  FD: { kind: 'number', width: 8 },
  FL: { kind: 'number', width: 4 },
  IS: { kind: 'text', maxCharacters: 12, pattern: /^[+-]?\d+$/ },
  LO: { kind: 'encodedText', maxCharacters: 64 },
  LT: { kind: 'encodedText', maxCharacters: 10240, singleValue: true },
  OB: { kind: 'bytes', longLength: true },
  OD: { kind: 'bytes', width: 8, longLength: true },
  OF: { kind: 'bytes', width: 4, longLength: true },
  OL: { kind: 'bytes', width: 4, longLength: true },
  OV: { kind: 'bytes', width: 8, longLength: true },
  OW: { kind: 'bytes', width: 2, longLength: true },
  PN: { kind: 'encodedText', maxCharacters: 64 },
  SH: { kind: 'encodedText', maxCharacters: 16 },
  SL: { kind: 'number', width: 4 },
  SQ: { kind: 'sequence', longLength: true },
  SS: { kind: 'number', width: 2 },
  ST: { kind: 'encodedText', maxCharacters: 1024, singleValue: true },
  // Beyond the whole numbers that a double holds exactly.
  SV: { kind: 'bytes', width: 8, longLength: true },
  TM: { kind: 'text', maxCharacters: 14, pattern: /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/ },
  UC: { kind: 'encodedText', longLength: true },
  UI: { kind: 'text', maxCharacters: 64, pattern: /^(0|[1-9]\d*)(\.(0|[1-9]\d*))*$/ },
  UL: { kind: 'number', width: 4 },
  UN: { kind: 'bytes', longLength: true },
  UR: { kind: 'text', longLength: true, singleValue: true },
  US: { kind: 'number', width: 2 },
  UT: { kind: 'encodedText', longLength: true, singleValue: true },
  UV: { kind: 'bytes', width: 8, longLength: true },
};

/** Dictionary VRs of dcmjs that depend on the data set (PS3.6: "OB or OW", "US or SS", offset pointers, look-up tables). */
const CONTEXT_VRS: Readonly<Record<string, string | undefined>> = { ox: 'OW', up: 'UL', lt: 'OW' };

/** An element that the data dictionary (PS3.6) knows. */
export interface DictionaryElement {
  keyword: string;
  /** 'GGGGEEEE', upper case. */
  tag: string;
  vr: string;
}

/** The element of a tag 'GGGGEEEE'; undefined for private and unknown ones. Pixel Representation decides "US or SS" (PS3.5 A.1). */
export function elementOfTag(tag: string, pixelRepresentation: number): DictionaryElement | undefined {
  return remembered(BY_TAG[pixelRepresentation === 1 ? 1 : 0], tag, () => resolve(dcmjs.data.DicomMetaDictionary.dictionary[`(${tag.slice(0, 4)},${tag.slice(4)})`], pixelRepresentation));
}

/** The element of a keyword such as 'PatientName'; undefined when the dictionary has none. */
export function elementOfKeyword(keyword: string, pixelRepresentation: number): DictionaryElement | undefined {
  return remembered(BY_KEYWORD[pixelRepresentation === 1 ? 1 : 0], keyword, () => resolve(dcmjs.data.DicomMetaDictionary.nameMap[keyword], pixelRepresentation));
}

/** Keywords of all elements of the dictionary that are not retired. */
export function keywords(): string[] {
  return Object.keys(dcmjs.data.DicomMetaDictionary.nameMap).filter((keyword) => !keyword.startsWith('RETIRED_'));
}

type Found = Map<string, DictionaryElement>;

/** What was looked up before: a structure set asks for the same dozen elements some ten thousand times. */
const BY_TAG: readonly [Found, Found] = [new Map(), new Map()];
const BY_KEYWORD: readonly [Found, Found] = [new Map(), new Map()];

function remembered(found: Found, key: string, look: () => DictionaryElement | undefined): DictionaryElement | undefined {
  const known = found.get(key);
  if (known) return known;
  const element = look();
  if (element) found.set(key, element);
  return element;
}

function resolve(entry: { tag: string; vr: string; name: string } | undefined, pixelRepresentation: number): DictionaryElement | undefined {
  if (!entry) return undefined;
  const vr = entry.vr === 'xs' ? (pixelRepresentation === 1 ? 'SS' : 'US') : (CONTEXT_VRS[entry.vr] ?? entry.vr);
  return { keyword: entry.name, tag: entry.tag.replace(/[(),]/g, '').toUpperCase(), vr };
}
