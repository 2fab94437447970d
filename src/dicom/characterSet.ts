import { RondoError } from '../errors.ts';

/**
 * Defined terms of Specific Character Set (0008,0005) (PS3.3 C.12.1.1.2, tables C.12-2, C.12-3 and C.12-5) and the
 * WHATWG encoding that decodes each. Without any, Latin-1 is read: a superset of the default repertoire that keeps
 * the accents of files which forgot to declare it.
 */
const SINGLE_SETS: Readonly<Record<string, string | undefined>> = {
  '': 'latin1',
  'ISO_IR 6': 'latin1',
  'ISO_IR 100': 'latin1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'iso-8859-9',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'tis-620',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/**
 * Escape sequences of code extensions (PS3.3 tables C.12-3 and C.12-4, PS3.5 6.1.2.5): which half of the byte range
 * each one sets, and the encoding. Two-byte sets in the lower half are moved to the upper one to decode them as EUC.
 */
const ESCAPES: Readonly<Record<string, { half: 'lower' | 'upper'; encoding: string; prefix?: number } | undefined>> = {
  '(B': { half: 'lower', encoding: 'latin1' },
  '(J': { half: 'lower', encoding: 'latin1' },
  '$B': { half: 'lower', encoding: 'euc-jp' },
  '$(D': { half: 'lower', encoding: 'euc-jp', prefix: 0x8f },
  ')I': { half: 'upper', encoding: 'shift_jis' },
  '$)C': { half: 'upper', encoding: 'euc-kr' },
  '$)A': { half: 'upper', encoding: 'gbk' },
  '-A': { half: 'upper', encoding: 'latin1' },
  '-B': { half: 'upper', encoding: 'iso-8859-2' },
  '-C': { half: 'upper', encoding: 'iso-8859-3' },
  '-D': { half: 'upper', encoding: 'iso-8859-4' },
  '-L': { half: 'upper', encoding: 'iso-8859-5' },
  '-G': { half: 'upper', encoding: 'iso-8859-6' },
  '-F': { half: 'upper', encoding: 'iso-8859-7' },
  '-H': { half: 'upper', encoding: 'iso-8859-8' },
  '-M': { half: 'upper', encoding: 'iso-8859-9' },
  '-b': { half: 'upper', encoding: 'iso-8859-15' },
  '-T': { half: 'upper', encoding: 'tis-620' },
};

const ESCAPE = 0x1b;

const ASCII = new TextDecoder('latin1');
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One character a byte; other than ASCII in pieces that the engine's stack can take as arguments, as TextDecoder's Latin-1 is Windows-1252. */
export function latin1(bytes: Uint8Array): string {
  const ascii = asAscii(bytes);
  if (ascii !== undefined) return ascii;
  let decoded = '';
  for (let at = 0; at < bytes.length; at += 8192) decoded += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return decoded;
}

/** Bytes of ASCII as text, undefined for others. Files hold megabytes of them, which the platform's UTF-8 decoder takes in words and not one by one. */
function asAscii(bytes: Uint8Array): string | undefined {
  try {
    const decoded = UTF8.decode(bytes);
    // Every character beyond ASCII has several bytes.
    return decoded.length === bytes.length ? decoded : undefined;
  } catch {
    return undefined;
  }
}

/** Turns the bytes of a text element (SH, LO, ST, LT, PN, UC, UT) into text. */
export type TextDecoding = (bytes: Uint8Array) => string;

/**
 * How to decode text under the values of Specific Character Set.
 * The decoding throws RondoError `dicom-character-set` for text outside ASCII in a set that is not known, or that breaks its set's rules.
 */
export function textDecoding(characterSets: readonly string[]): TextDecoding {
  // With code extensions the first term only says what holds before any escape sequence (PS3.3 C.12.1.1.2).
  const first = (characterSets.length === 0 ? '' : characterSets[0]).replace(/^ISO 2022 IR (6|13|1\d\d|203)$/, 'ISO_IR $1');
  const encoding = SINGLE_SETS[first];
  return (bytes) => {
    const ascii = asAscii(bytes);
    // An escape sequence is ASCII too, and changes the meaning of what follows.
    if (ascii !== undefined && !bytes.includes(ESCAPE)) return ascii;
    if (encoding === undefined) throw unknown(characterSets);
    try {
      return characterSets.length > 1 || bytes.includes(ESCAPE)
        ? decodeExtended(bytes, encoding, characterSets)
        : decodeWhole(bytes, encoding);
    } catch (error) {
      if (error instanceof RondoError) throw error;
      throw unknown(characterSets, error);
    }
  };
}

/** Browsers decode 'latin1' as Windows-1252 (WHATWG Encoding), Node 20 as Latin-1: written again, the text would be another file. */
function decodeWhole(bytes: Uint8Array, encoding: string): string {
  return encoding === 'latin1' ? latin1(bytes) : new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

function decodeExtended(bytes: Uint8Array, initialEncoding: string, characterSets: readonly string[]): string {
  let lower: { encoding: string; prefix?: number } = { encoding: 'latin1' };
  let upper: { encoding: string } = { encoding: initialEncoding };
  let decoded = '';
  for (let index = 0; index < bytes.length; ) {
    if (bytes[index] === ESCAPE) {
      const sequence = Object.keys(ESCAPES).find((candidate) => ASCII.decode(bytes.subarray(index + 1, index + 1 + candidate.length)) === candidate);
      const escape = sequence === undefined ? undefined : ESCAPES[sequence];
      if (sequence === undefined || escape === undefined) throw unknown(characterSets);
      if (escape.half === 'lower') lower = escape;
      else upper = escape;
      index += 1 + sequence.length;
      continue;
    }
    const inUpper = bytes[index] >= 0x80;
    let end = index;
    while (end < bytes.length && bytes[end] !== ESCAPE && bytes[end] >= 0x80 === inUpper) end++;
    const run = bytes.subarray(index, end);
    decoded += inUpper ? decodeWhole(run, upper.encoding) : decodeLower(run, lower.encoding, lower.prefix);
    index = end;
  }
  return decoded;
}

function decodeLower(run: Uint8Array, encoding: string, prefix: number | undefined): string {
  if (encoding === 'latin1') return ASCII.decode(run);
  const moved: number[] = [];
  for (let index = 0; index < run.length; index += 2) {
    if (prefix !== undefined) moved.push(prefix);
    moved.push(...run.subarray(index, index + 2).map((byte) => byte | 0x80));
  }
  return new TextDecoder(encoding, { fatal: true }).decode(Uint8Array.from(moved));
}

function unknown(characterSets: readonly string[], cause?: unknown): RondoError {
  return new RondoError(
    'dicom-character-set',
    `Text cannot be read in the declared character set "${characterSets.join('\\')}". Correct Specific Character Set (0008,0005) at the source.`,
    {},
    { cause },
  );
}
