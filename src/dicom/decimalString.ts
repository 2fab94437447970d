import { RondoError } from '../errors.ts';

/** Form of a decimal string, and the longest (PS3.5 6.2, DS). */
export const DECIMAL_STRING = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
export const DECIMAL_STRING_BYTES = 16;

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

const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;

/** Digits that a double holds exactly, so that dividing them by a power of ten rounds as `Number` of the text does. */
const MOST_EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: MOST_EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

export interface DecimalValues {
  /** NaN for a value that is empty, has another form than a decimal string (PS3.5 6.2) or is no finite number. */
  values: Float64Array;
  /** Whether none is NaN. */
  areNumbers: boolean;
  /** Most characters that one of them has, padding included. */
  longest: number;
}

/** The values of a text of decimal strings, parted by backslashes; none where the text is empty. */
export function decimalValues(text: string): DecimalValues {
  if (text === '') return { values: new Float64Array(0), areNumbers: true, longest: 0 };
  return plainValues(text) ?? anyValues(text.split('\\'));
}

/** Whether a text holds nothing but decimal strings of the length that is allowed: `decimalValues` without the values. */
export function areDecimalStrings(text: string): boolean {
  if (arePlainDecimals(text)) return true;
  const { areNumbers, longest } = decimalValues(text);
  return areNumbers && longest <= DECIMAL_STRING_BYTES;
}

/** Whether all are at most `DECIMAL_STRING_BYTES` digits with a minus and a point at most; of others nothing is said. */
function arePlainDecimals(text: string): boolean {
  const { length } = text;
  reserve(length);
  if (ENCODER.encodeInto(text, bytes.subarray(0, length)).read < length) return false;
  bytes[length] = BACKSLASH;
  for (let at = 0; at <= length; at++) {
    const start = at;
    if (bytes[at] === MINUS) at++;
    let digitCount = -at;
    while (bytes[at] >= ZERO && bytes[at] <= NINE) at++;
    digitCount += at;
    if (bytes[at] === POINT) {
      const decimals = ++at;
      while (bytes[at] >= ZERO && bytes[at] <= NINE) at++;
      digitCount += at - decimals;
    }
    if (bytes[at] !== BACKSLASH || digitCount === 0 || at - start > DECIMAL_STRING_BYTES) return false;
  }
  return true;
}

const ENCODER = new TextEncoder();
/** The bytes of the text that is read, and one more, and its values; used again for every text. */
let bytes = new Uint8Array(0);
let values = new Float64Array(0);

/**
 * The values where all are digits with a minus and a point at most; undefined where one is not. A file holds a million of them in
 * Contour Data: read digit by digit they take a fifth of the time that a text for each would take.
 */
function plainValues(text: string): DecimalValues | undefined {
  const { length } = text;
  reserve(length);
  if (ENCODER.encodeInto(text, bytes.subarray(0, length)).read < length) return undefined;
  bytes[length] = BACKSLASH;
  let count = 0;
  let longest = 0;
  for (let at = 0; at <= length; at++) {
    const start = at;
    if (bytes[at] === MINUS) at++;
    let byte = bytes[at];
    let digits = 0;
    let digitCount = -at;
    for (; byte >= ZERO && byte <= NINE; byte = bytes[++at]) digits = digits * 10 + (byte - ZERO);
    digitCount += at;
    let magnitude = digits;
    if (byte === POINT) {
      const decimals = at + 1;
      for (byte = bytes[++at]; byte >= ZERO && byte <= NINE; byte = bytes[++at]) digits = digits * 10 + (byte - ZERO);
      digitCount += at - decimals;
      if (digitCount > MOST_EXACT_DIGITS) return undefined;
      magnitude = digits / POWERS_OF_TEN[at - decimals];
    }
    if (byte !== BACKSLASH || digitCount === 0 || digitCount > MOST_EXACT_DIGITS) return undefined;
    values[count++] = bytes[start] === MINUS ? -magnitude : magnitude;
    if (at - start > longest) longest = at - start;
  }
  return { values: values.slice(0, count), areNumbers: true, longest };
}

function reserve(length: number): void {
  if (bytes.length > length) return;
  bytes = new Uint8Array(2 * length + 1);
  values = new Float64Array(length + 1);
}

function anyValues(texts: readonly string[]): DecimalValues {
  const values = Float64Array.from(texts, (text) => {
    const value = DECIMAL_STRING.test(text.trim()) ? Number(text) : NaN;
    return Number.isFinite(value) ? value : NaN;
  });
  return { values, areNumbers: !values.includes(NaN), longest: texts.reduce((most, text) => Math.max(most, text.length), 0) };
}
