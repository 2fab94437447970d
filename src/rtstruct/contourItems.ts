import { RondoError } from '../errors.ts';
import { decimalString, type Dataset, type PlanningCt } from '../dicom/index.ts';
import { ringsOf, signedArea, toPlane, type Contour } from './contour.ts';
import { roundToFile, stackingAxis } from './filePrecision.ts';
import { keyhole } from './keyhole.ts';
import type { Structure } from './structureSet.ts';

/**
 * How a region with holes is written (PS3.3 C.8.8.6.1, C.8.8.6.3): joined to one CLOSED_PLANAR ring by bridges, which
 * every importer knows, or as separate CLOSEDPLANAR_XOR rings.
 */
export type HoleStyle = 'keyhole' | 'xor';

/** What stands behind the whole millimetres of a coordinate at file precision: '' for 0, '.01' to '.99'. */
const HUNDREDTHS = Array.from({ length: 100 }, (_, hundredths) => String(hundredths / 100).slice(1));

/** Longest Contour Data; beyond it explicit VR turns into UN, which planning systems refuse (PS3.5 6.2.2, CP-1066). */
const MOST_CONTOUR_DATA_BYTES = 65_534;

/** How far a point may lie off the slice that its contour names: the step of written coordinates. */
const OFF_SLICE_MM = 0.01;

/**
 * Items of Contour Sequence (3006,0040), each naming the one image that it lies on.
 *
 * @throws RondoError `contour-off-slice`, `contour-degenerate`, `contour-rings-cross`, `contour-too-large`, each naming the structure
 */
export function contourItems(structure: Structure, ct: PlanningCt, holeStyle: HoleStyle): Dataset[] {
  // All contours of an ROI are of the XOR type or none is (PS3.3 C.8.8.6.1).
  const xor = holeStyle === 'xor' && structure.contours.some(({ holes }) => holes.length > 0);
  return structure.contours
    .flatMap((contour) => {
      const rings = writtenRings(contour, structure.name, ct);
      const walks = xor ? rings.map(({ points }) => points) : [joined(rings, contour.slice, structure.name)];
      return walks.map((points) => ({ slice: contour.slice, points }));
    })
    .map(({ slice, points }, index) => ({
      ContourNumber: index + 1,
      ContourImageSequence: [{ ReferencedSOPClassUID: ct.sopClassUid, ReferencedSOPInstanceUID: ct.slices[slice].sopInstanceUid }],
      ContourGeometricType: xor ? 'CLOSEDPLANAR_XOR' : 'CLOSED_PLANAR',
      NumberOfContourPoints: points.length / 3,
      ContourData: contourData(points, slice, structure.name, ct),
    }));
}

/** A ring as it is written: its points, and the same in the plane. */
interface WrittenRing {
  points: Float64Array;
  coordinates: Float64Array;
}

/** The rings of a contour at file precision: none is left out, so none may vanish by rounding. */
function writtenRings(contour: Contour, name: string, ct: PlanningCt): WrittenRing[] {
  const { geometry } = ct.volume;
  return ringsOf(contour).map((ring) => {
    const points = roundToFile(ring, geometry);
    const { coordinates } = toPlane(points, geometry);
    const { lowestSlice, highestSlice } = toPlane(ring, geometry);
    const positionMm = geometry.sliceOffsetsMm[contour.slice] as number | undefined;
    const offMm = [lowestSlice, highestSlice].map((k) => Math.abs(geometry.sliceOffsetAt(k) - (positionMm ?? NaN)));
    if (!offMm.every((distance) => distance <= OFF_SLICE_MM)) {
      throw new RondoError('contour-off-slice', `${name}: a contour does not lie on slice ${contour.slice}, which it names. Expected every point within ${OFF_SLICE_MM} mm of it.`);
    }
    if (points.length < 9 || signedArea(coordinates) === 0) {
      throw new RondoError('contour-degenerate', `${name}: a ring on slice ${contour.slice} has no area at file precision. Remove it, or draw it larger.`);
    }
    return { points, coordinates };
  });
}

/** A region as one ring, its holes joined by bridges. */
function joined(rings: readonly WrittenRing[], slice: number, name: string): Float64Array {
  if (rings.length === 1) return rings[0].points;
  const walk = keyhole(rings.map(({ coordinates }) => coordinates));
  if (!walk) {
    throw new RondoError('contour-rings-cross', `${name}: a hole on slice ${slice} cannot be joined to its region, because rings cross or overlap. Correct the contour, or write it with the XOR option.`);
  }
  const points = new Float64Array(walk.length * 3);
  walk.forEach(({ ring, point }, index) => {
    for (let axis = 0; axis < 3; axis++) points[index * 3 + axis] = rings[ring].points[point * 3 + axis];
  });
  return points;
}

/** Contour Data (3006,0050): across the slices the position of the image itself, so that both agree to the last digit. */
function contourData(points: Float64Array, slice: number, name: string, ct: PlanningCt): string {
  const across = stackingAxis(ct.volume.geometry);
  const position = across === undefined ? '' : decimalString(ct.slices[slice].imagePositionMm[across]);
  const texts = new Array<string>(points.length);
  for (let at = 0; at < points.length; at++) texts[at] = at % 3 === across ? position : coordinateText(points[at]);
  const data = texts.join('\\');
  if (data.length > MOST_CONTOUR_DATA_BYTES) {
    throw new RondoError(
      'contour-too-large',
      `${name}: a contour on slice ${slice} has ${points.length / 3} points in ${data.length} bytes, at most ${MOST_CONTOUR_DATA_BYTES} can be written. Outline it with a larger tolerance, fill its small holes, or write it with the XOR option.`,
    );
  }
  return data;
}

/** The same as `String` of it; coordinates at file precision are many, and put together from two parts they take less than half the time. */
function coordinateText(coordinate: number): string {
  const hundredths = Math.round(Math.abs(coordinate) * 100);
  if (hundredths / 100 !== Math.abs(coordinate) || hundredths > 2 ** 31) return String(coordinate);
  const whole = Math.floor(hundredths / 100);
  return `${coordinate < 0 ? '-' : ''}${whole}${HUNDREDTHS[hundredths - whole * 100]}`;
}
