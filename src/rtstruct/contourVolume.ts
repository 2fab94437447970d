import { RondoError } from '../errors.ts';
import { cross, dot, norm, normalize, type Vector3 } from '../geometry/index.ts';
import { evenOddArea } from './evenOddRegion.ts';
import { repeatedRings } from './repeatedRings.ts';
import { isRegion, type FileContour } from './structureSet.ts';

/** Planes closer than this are one plane, and points this far from theirs lie on it: planning systems round positions to 0.1 mm. */
const SAME_PLANE_MM = 0.2;

/** Coordinates beyond this come of damaged files. */
const FARTHEST_MM = 1e5;

/** Less than this is rounding: a region a millimetre long and a nanometre wide. */
const NO_AREA_MM2 = 1e-6;

/** A gap longer than this many usual gaps parts two pieces of a structure: nothing is drawn in it. */
const LONGEST_GAP = 1.5;

/** What is drawn on one plane. */
interface Plane {
  /** Mm along the normal from the patient's origin. */
  offsetMm: number;
  areaMm2: number;
}

/**
 * Volume in cm³ that closed contours enclose, from the file alone: the area of each plane, by the even-odd rule over all
 * its rings at once and each ring once however often it is drawn, times half the gaps to the planes beside it.
 *
 * undefined where the file does not tell: fewer than two planes with a region, contours that do not all lie on parallel
 * planes (within 0.2 mm), a coordinate hundreds of metres away, rings that cross each other millions of times.
 */
export function contourVolumeCc(contours: readonly FileContour[]): number | undefined {
  const rings = contours.filter(isRegion).map(({ points }) => points);
  if (rings.some((ring) => ring.some((value) => !(Math.abs(value) <= FARTHEST_MM)))) return undefined;
  try {
    const planes = planesOf(rings);
    return planes.length < 2 ? undefined : volumeCcOf(planes);
  } catch (error) {
    if (error instanceof RondoError && error.code === 'rings-too-complex') return undefined;
    throw error;
  }
}

function volumeCcOf(planes: readonly Plane[]): number {
  const gaps = planes.slice(1).map(({ offsetMm }, index) => offsetMm - planes[index].offsetMm);
  const usual = gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)];
  const half = (gap: number): number => (gap > LONGEST_GAP * usual ? usual : gap) / 2;
  return planes.reduce((sum, { areaMm2 }, index) => {
    // Beyond the first and the last plane the gap beside it goes on.
    const [before, after] = [gaps[Math.max(index - 1, 0)], gaps[Math.min(index, gaps.length - 1)]];
    return sum + (areaMm2 * (half(before) + half(after))) / 1000;
  }, 0);
}

/** The planes that rings enclose a region on, in order; none where they do not all lie on parallel planes. */
function planesOf(rings: readonly Float64Array[]): Plane[] {
  const spans = rings.map((ring) => ({ ring, normal: widestNormal(ring) })).filter(({ normal }) => norm(normal) > NO_AREA_MM2);
  if (spans.length === 0) return [];
  // The plane of the widest ring is told best: rounding turns it least, and a small ring lies flat on it all the same.
  const normal = normalize(spans.reduce((widest, span) => (norm(span.normal) > norm(widest.normal) ? span : widest)).normal);
  const flat = spans.map(({ ring }) => alongNormal(ring, normal));
  if (flat.some(({ lowestMm, highestMm }) => highestMm - lowestMm > 2 * SAME_PLANE_MM)) return [];

  const planes: { offsetMm: number; rings: Float64Array[] }[] = [];
  for (const { coordinates, lowestMm, highestMm } of flat.sort((one, other) => one.lowestMm + one.highestMm - other.lowestMm - other.highestMm)) {
    const offsetMm = (lowestMm + highestMm) / 2;
    const plane = planes.at(-1);
    if (plane && offsetMm - plane.offsetMm <= SAME_PLANE_MM) plane.rings.push(coordinates);
    else planes.push({ offsetMm, rings: [coordinates] });
  }
  return planes.map(({ offsetMm, rings: own }) => ({ offsetMm, areaMm2: areaOf(own) })).filter(({ areaMm2 }) => areaMm2 > NO_AREA_MM2);
}

function areaOf(rings: readonly Float64Array[]): number {
  const repeated = repeatedRings(rings);
  return evenOddArea(rings.filter((_, place) => !repeated.has(place)));
}

/**
 * Normal of the plane that a ring lies on, as long as the parallelogram that its first point, the one farthest from it and
 * the one farthest from the line through both span: zero for points on a line. The sum over the edges, as for areas, is no
 * use here: it is zero for a figure of eight.
 */
function widestNormal(ring: Float64Array): Vector3 {
  const [x0, y0, z0] = ring;
  let [farthest, widest] = [0, 0];
  let [toFarthest, normal]: [Vector3, Vector3] = [[0, 0, 0], [0, 0, 0]];
  for (let at = 3; at < ring.length; at += 3) {
    const [x, y, z] = [ring[at] - x0, ring[at + 1] - y0, ring[at + 2] - z0];
    const squared = x * x + y * y + z * z;
    if (squared > farthest) [farthest, toFarthest] = [squared, [x, y, z]];
  }
  for (let at = 3; at < ring.length; at += 3) {
    const product = cross(toFarthest, [ring[at] - x0, ring[at + 1] - y0, ring[at + 2] - z0]);
    const squared = dot(product, product);
    if (squared > widest) [widest, normal] = [squared, product];
  }
  return normal;
}

/** A ring seen along a normal: mm in any two directions at right angles to it, two a point, and the range along it. */
function alongNormal(ring: Float64Array, normal: Vector3): { coordinates: Float64Array; lowestMm: number; highestMm: number } {
  const across = normalize(cross(normal, Math.abs(normal[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
  const down = cross(normal, across);
  const coordinates = new Float64Array((ring.length / 3) * 2);
  let [lowestMm, highestMm] = [Infinity, -Infinity];
  for (let from = 0, to = 0; from < ring.length; from += 3, to += 2) {
    const [x, y, z] = [ring[from], ring[from + 1], ring[from + 2]];
    coordinates[to] = x * across[0] + y * across[1] + z * across[2];
    coordinates[to + 1] = x * down[0] + y * down[1] + z * down[2];
    const alongMm = x * normal[0] + y * normal[1] + z * normal[2];
    if (alongMm < lowestMm) lowestMm = alongMm;
    if (alongMm > highestMm) highestMm = alongMm;
  }
  return { coordinates, lowestMm, highestMm };
}
