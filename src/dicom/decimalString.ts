import { RondoError } from '../errors.ts';

/** Longest decimal string (PS3.5 6.2, DS). */
const DECIMAL_STRING_BYTES = 16;

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
