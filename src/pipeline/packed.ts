import type { Contour, EncodedContour, FileContour } from '../rtstruct/index.ts';

// What threads hand to each other, in a few pieces of memory that they share: thousands of rings, each handed over by itself, take
// longer than drawing them.

/** Contours, ring by ring, a region before its holes. */
export interface PackedContours {
  /** The points of all rings, x, y, z of each. */
  points: Float64Array;
  /** Three entries for each ring: its slice, how many numbers its points are, and 1 for a hole of the region before it. */
  rings: Int32Array;
}

/** Contours as a file holds them, but for the images that they name. */
export interface PackedFileContours {
  /** The points of all, x, y, z of each. */
  points: Float64Array;
  /** How many numbers the points of each are. */
  lengths: Int32Array;
  geometricTypes: readonly string[];
}

/** Contours as they are written into a file, one after another. */
export interface PackedEncoded {
  /** Contour Data of all. */
  data: Uint8Array;
  /** Three entries for each: its slice, how many points it has, and how many bytes of the data are its own. */
  contours: Int32Array;
  geometricType: EncodedContour['geometricType'];
}

export function packContours(contours: readonly Contour[]): PackedContours {
  const rings = contours.flatMap(({ slice, points, holes }) => [points, ...holes].map((ring, index) => ({ slice, ring, isHole: index > 0 })));
  return {
    points: joined(Float64Array, rings.map(({ ring }) => ring)),
    rings: Int32Array.from(rings.flatMap(({ slice, ring, isHole }) => [slice, ring.length, isHole ? 1 : 0])),
  };
}

/** The contours; their points are views of the packed ones. */
export function unpackContours({ points, rings }: PackedContours): Contour[] {
  const contours: { slice: number; points: Float64Array; holes: Float64Array[] }[] = [];
  for (let at = 0, start = 0; at < rings.length; at += 3) {
    const ring = points.subarray(start, (start += rings[at + 1]));
    if (rings[at + 2] === 1) contours[contours.length - 1].holes.push(ring);
    else contours.push({ slice: rings[at], points: ring, holes: [] });
  }
  return contours;
}

export function packFileContours(contours: readonly FileContour[]): PackedFileContours {
  return {
    points: joined(Float64Array, contours.map(({ points }) => points)),
    lengths: Int32Array.from(contours, ({ points }) => points.length),
    geometricTypes: contours.map(({ geometricType }) => geometricType),
  };
}

/** The contours, without the images that they name; their points are views of the packed ones. */
export function unpackFileContours({ points, lengths, geometricTypes }: PackedFileContours): FileContour[] {
  let start = 0;
  return geometricTypes.map((geometricType, index) => ({ geometricType, points: points.subarray(start, (start += lengths[index])), imageUid: undefined }));
}

/** @param encoded contours of one structure, which are all of one type */
export function packEncoded(encoded: readonly EncodedContour[]): PackedEncoded {
  return {
    data: joined(Uint8Array, encoded.map(({ data }) => data)),
    contours: Int32Array.from(encoded.flatMap(({ slice, pointCount, data }) => [slice, pointCount, data.length])),
    geometricType: encoded.at(0)?.geometricType ?? 'CLOSED_PLANAR',
  };
}

/** The contours; their data are views of the packed ones. */
export function unpackEncoded({ data, contours, geometricType }: PackedEncoded): EncodedContour[] {
  const encoded: EncodedContour[] = [];
  for (let at = 0, start = 0; at < contours.length; at += 3) {
    encoded.push({ slice: contours[at], geometricType, pointCount: contours[at + 1], data: data.subarray(start, (start += contours[at + 2])) });
  }
  return encoded;
}

/** A copy in memory that threads share. */
export function shared(bytes: Uint8Array): Uint8Array {
  return joined(Uint8Array, [bytes]);
}

type Bytes = Uint8Array | Float64Array;

/** Arrays one after another in memory that threads share. */
function joined<T extends Bytes>(kind: { new (memory: SharedArrayBuffer): T; BYTES_PER_ELEMENT: number }, arrays: readonly T[]): T {
  const all = new kind(new SharedArrayBuffer(kind.BYTES_PER_ELEMENT * arrays.reduce((sum, { length }) => sum + length, 0)));
  let end = 0;
  for (const array of arrays) {
    all.set(array, end);
    end += array.length;
  }
  return all;
}
