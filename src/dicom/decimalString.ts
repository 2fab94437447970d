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
  return plainValues(new TextEncoder().encode(text)) ?? anyValues(text.split('\\'));
}

/**
 * The values where all are digits with a minus and a point at most; undefined where one is not. A file holds a million of them in
 * Contour Data: read digit by digit they take a third of the time that a text for each would take.
 */
function plainValues(bytes: Uint8Array): DecimalValues | undefined {
  const { length } = bytes;
  const values = new Float64Array((length >> 1) + 1);
  let count = 0;
  let longest = 0;
  let start = 0;
  let digits = 0;
  let digitCount = 0;
  let point = -1;
  for (let at = 0; at <= length; at++) {
    const byte = at < length ? bytes[at] : BACKSLASH;
    if (byte >= ZERO && byte <= NINE) {
      digits = digits * 10 + (byte - ZERO);
      digitCount++;
    } else if (byte === POINT && point < 0) {
      point = at;
    } else if (byte === BACKSLASH) {
      if (digitCount === 0 || digitCount > MOST_EXACT_DIGITS) return undefined;
      const magnitude = point < 0 ? digits : digits / POWERS_OF_TEN[at - point - 1];
      values[count++] = bytes[start] === MINUS ? -magnitude : magnitude;
      if (at - start > longest) longest = at - start;
      start = at + 1;
      digits = 0;
      digitCount = 0;
      point = -1;
    } else if (byte !== MINUS || at > start) {
      return undefined;
    }
  }
  return { values: values.slice(0, count), areNumbers: true, longest };
}

function anyValues(texts: readonly string[]): DecimalValues {
  const values = Float64Array.from(texts, (text) => {
    const value = DECIMAL_STRING.test(text.trim()) ? Number(text) : NaN;
    return Number.isFinite(value) ? value : NaN;
  });
  return { values, areNumbers: !values.includes(NaN), longest: texts.reduce((most, text) => Math.max(most, text.length), 0) };
}
