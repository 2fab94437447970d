import { decimalString, type CtGrid } from '../dicom/index.ts';
import { stackingAxis } from './filePrecision.ts';

/** Longest decimal string (PS3.5 6.2, DS) and its separator; no number as text is longer by more than half. */
const MOST_VALUE_BYTES = 27;

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;

const UTF8 = new TextEncoder();

/** Room for the longest text so far, used again for every contour. */
let room = new Uint8Array(0);

/**
 * Contour Data (3006,0050), in ASCII and not padded, of points at file precision (x, y, z of each, LPS, mm) on a slice of
 * the CT: across the slices the position of the image itself, so that both agree to the last digit.
 */
export function contourData(points: Float64Array, slice: number, ct: CtGrid): Uint8Array {
  const across = stackingAxis(ct.volume.geometry);
  const position = UTF8.encode(across === undefined ? '' : decimalString(ct.slices[slice].imagePositionMm[across]));
  if (room.length < points.length * MOST_VALUE_BYTES) room = new Uint8Array(points.length * MOST_VALUE_BYTES);
  const bytes = room;
  let end = 0;
  for (let at = 0; at < points.length; at++) {
    if (at > 0) bytes[end++] = BACKSLASH;
    if (at % 3 === across) {
      // Byte by byte: `set` takes longer for so few.
      for (let byte = 0; byte < position.length; byte++) bytes[end++] = position[byte];
    } else {
      end = writeCoordinate(bytes, end, points[at]);
    }
  }
  return bytes.slice(0, end);
}

/** The same as `String` of it; coordinates at file precision are many, and written digit by digit they take a fifth of the time. @returns the end of what was written */
function writeCoordinate(bytes: Uint8Array, start: number, coordinate: number): number {
  const magnitude = coordinate < 0 ? -coordinate : coordinate;
  const hundredths = Math.round(magnitude * 100);
  if (hundredths / 100 !== magnitude || hundredths > 2 ** 30) return start + UTF8.encodeInto(String(coordinate), bytes.subarray(start)).written;
  let end = start;
  if (coordinate < 0) bytes[end++] = MINUS;
  const whole = (hundredths / 100) | 0;
  for (let power = whole < 1000 ? (whole < 100 ? (whole < 10 ? 1 : 10) : 100) : 10_000_000; power >= 1; power /= 10) {
    const digits = (whole / power) | 0;
    if (digits > 0 || power === 1) bytes[end++] = ZERO + (digits % 10);
  }
  const rest = hundredths - whole * 100;
  if (rest > 0) {
    bytes[end++] = POINT;
    bytes[end++] = ZERO + ((rest / 10) | 0);
    if (rest % 10 > 0) bytes[end++] = ZERO + (rest % 10);
  }
  return end;
}
