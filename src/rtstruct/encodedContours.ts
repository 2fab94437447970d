import { RondoError } from '../errors.ts';
import type { CtGrid } from '../dicom/index.ts';
import { inOneArray, ringsOf, type Contour } from './contour.ts';
import { contourData } from './contourData.ts';
import { hasArea, writtenRing, type WrittenRing } from './filePrecision.ts';
import { halveRegion, pointCount } from './halveRegion.ts';
import { keyhole } from './keyhole.ts';
import type { Structure } from './structureSet.ts';

/**
 * How a region with holes is written (PS3.3 C.8.8.6.1, C.8.8.6.3): joined to one CLOSED_PLANAR ring by bridges, which
 * every importer knows, or as separate CLOSEDPLANAR_XOR rings.
 */
export type HoleStyle = 'keyhole' | 'xor';

/** Longest Contour Data; beyond it explicit VR turns into UN, which planning systems refuse (PS3.5 6.2.2, CP-1066). */
const MOST_CONTOUR_DATA_BYTES = 65_534;

/** Points of a region that hardly ever fit, at 15 bytes each: bridges between so many are sought in vain. */
const TOO_MANY_POINTS = Math.floor(MOST_CONTOUR_DATA_BYTES / 15);

/** How far a point may lie off the slice that its contour names: the step of written coordinates. */
const OFF_SLICE_MM = 0.01;

/** A ring as Contour Sequence holds it. */
export interface EncodedContour {
  /** The one image of the CT that it lies on, 0-based. */
  slice: number;
  geometricType: 'CLOSED_PLANAR' | 'CLOSEDPLANAR_XOR';
  pointCount: number;
  /** Contour Data (3006,0050), in ASCII and not padded. */
  data: Uint8Array;
}

/** What the contours of a structure are written with. */
export interface Encoding {
  /** Of the structure, for errors. */
  name: string;
  ct: CtGrid;
  /** Whether rings with holes are written as CLOSEDPLANAR_XOR; see `needsXor`. */
  xor: boolean;
}

/** Whether the rings of a structure are of the XOR type: all contours of an ROI are or none is (PS3.3 C.8.8.6.1). */
export function needsXor(contours: readonly Contour[], holeStyle: HoleStyle): boolean {
  return holeStyle === 'xor' && contours.some(({ holes }) => holes.length > 0);
}

/**
 * Contours of a structure as a file holds them, in their order. A region too large for one Contour Data is cut along
 * straight lines into as many as it takes.
 *
 * @throws RondoError `contour-off-slice`, `contour-degenerate`, `contour-rings-cross`, `contour-too-large`, each naming the structure
 */
export function encodedContours(contours: readonly Contour[], encoding: Encoding): EncodedContour[] {
  return contours.flatMap((contour) => encodedRegion(writtenRings(contour, encoding), contour.slice, encoding));
}

/** A structure with its contours as a file holds them. @throws RondoError as `encodedContours` does */
export function encodedStructure(structure: Structure, ct: CtGrid, holeStyle: HoleStyle): Structure<EncodedContour> {
  const { name, contours } = structure;
  return { ...structure, contours: encodedContours(contours, { name, ct, xor: needsXor(contours, holeStyle) }) };
}

/** The rings of a contour at file precision: none is left out, so none may vanish by rounding. */
function writtenRings(contour: Contour, { name, ct }: Encoding): WrittenRing[] {
  const { geometry } = ct.volume;
  return ringsOf(contour).map((ring) => {
    const written = writtenRing(ring, geometry);
    if (!hasArea(written)) {
      throw new RondoError('contour-degenerate', `${name}: a ring on slice ${contour.slice} has no area at file precision. Remove it, or draw it larger.`);
    }
    const positionMm = geometry.sliceOffsetsMm[contour.slice] as number | undefined;
    const offMm = [written.lowestSlice, written.highestSlice].map((k) => Math.abs(geometry.sliceOffsetAt(k) - (positionMm ?? NaN)));
    if (!offMm.every((distance) => distance <= OFF_SLICE_MM)) {
      throw new RondoError('contour-off-slice', `${name}: a contour does not lie on slice ${contour.slice}, which it names. Expected every point within ${OFF_SLICE_MM} mm of it.`);
    }
    return written;
  });
}

/** A region as it is written: whole, or in parts where it is too large. */
function encodedRegion(region: readonly WrittenRing[], slice: number, encoding: Encoding): EncodedContour[] {
  const { name, ct, xor } = encoding;
  const encoded = xor || region.length === 1 ? region.map(({ points }) => encodedRing(points, slice, encoding)) : keyholeContour(region, slice, encoding);
  if (encoded?.every(({ data }) => data.length <= MOST_CONTOUR_DATA_BYTES)) return encoded;
  const halves = halveRegion(region, slice, ct.volume.geometry);
  if (!halves) {
    throw new RondoError(
      'contour-too-large',
      `${name}: a contour on slice ${slice} has ${region.map(({ points }) => points.length / 3).join(' + ')} points, more than the ${MOST_CONTOUR_DATA_BYTES} bytes of Contour Data hold, and no line cuts it in two. Outline it with a larger tolerance, or correct rings that cross.`,
    );
  }
  return halves.flatMap((half) => encodedRegion(half, slice, encoding));
}

function encodedRing(points: Float64Array, slice: number, { ct, xor }: Encoding): EncodedContour {
  return {
    slice,
    geometricType: xor ? 'CLOSEDPLANAR_XOR' : 'CLOSED_PLANAR',
    pointCount: points.length / 3,
    data: contourData(points, slice, ct),
  };
}

/** A region as one contour; undefined where it is not even tried. */
function keyholeContour(region: readonly WrittenRing[], slice: number, encoding: Encoding): EncodedContour[] | undefined {
  if (pointCount(region) > TOO_MANY_POINTS) return undefined;
  return [encodedRing(joined(region, slice, encoding.name), slice, encoding)];
}

/** A region as one ring, its holes joined by bridges. */
function joined(rings: readonly WrittenRing[], slice: number, name: string): Float64Array {
  const walk = keyhole(rings.map(({ coordinates }) => coordinates));
  if (!walk) {
    throw new RondoError('contour-rings-cross', `${name}: a hole on slice ${slice} cannot be joined to its region, because rings cross or overlap. Correct the contour, or write it with the XOR option.`);
  }
  const all = inOneArray(rings.map(({ points }) => points));
  const points = new Float64Array(walk.length * 3);
  for (let at = 0; at < points.length; at += 3) {
    const from = walk[at / 3] * 3;
    points[at] = all[from];
    points[at + 1] = all[from + 1];
    points[at + 2] = all[from + 2];
  }
  return points;
}
