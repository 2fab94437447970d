import { addScaled, cross, dot, norm, normalize, type Vector3 } from '../geometry/index.ts';
import { signedArea } from './contour.ts';
import { nestRings } from './nestRings.ts';
import { isRegion, type FileContour } from './structureSet.ts';

/** Planes closer than this are one plane: planning systems round positions to 0.1 mm. */
const SAME_PLANE_MM = 0.2;

/** Coordinates beyond this come of damaged files. */
const FARTHEST_MM = 1e5;

/** Cosine between the normals of two contours that lie on parallel planes. */
const PARALLEL = 0.999;

/** A gap longer than this many usual gaps parts two pieces of a structure: nothing is drawn in it. */
const LONGEST_GAP = 1.5;

/**
 * Volume in cm³ that closed contours enclose, from the file alone: the even-odd area of each plane times half the gaps
 * to its neighbours. undefined where the file does not tell: no closed contour, a single plane, planes that are not
 * parallel, a coordinate hundreds of metres away.
 */
export function contourVolumeCc(contours: readonly FileContour[]): number | undefined {
  const rings = contours.filter(isRegion).map(({ points }) => points);
  if (rings.some((ring) => ring.some((value) => Math.abs(value) > FARTHEST_MM))) return undefined;
  const normal = rings.map(normalOf).find((found) => found !== undefined);
  if (!normal) return undefined;
  if (rings.some((ring) => Math.abs(dot(normalOf(ring) ?? normal, normal)) < PARALLEL)) return undefined;
  const planes = planesOf(rings, normal);
  if (planes.length < 2) return undefined;
  const gaps = planes.slice(1).map(({ offsetMm }, index) => offsetMm - planes[index].offsetMm);
  const usual = [...gaps].sort((one, other) => one - other)[Math.floor(gaps.length / 2)];
  const half = (gap: number): number => (gap > LONGEST_GAP * usual ? usual : gap) / 2;
  return planes.reduce((sum, { areaMm2 }, index) => {
    // Beyond the first and the last plane the gap beside it goes on.
    const [before, after] = [gaps[Math.max(index - 1, 0)], gaps[Math.min(index, gaps.length - 1)]];
    return sum + (areaMm2 * (half(before) + half(after))) / 1000;
  }, 0);
}

function planesOf(rings: readonly Float64Array[], normal: Vector3): { offsetMm: number; areaMm2: number }[] {
  // Any two directions at right angles to the normal.
  const across = normalize(cross(normal, Math.abs(normal[0]) < 0.9 ? [1, 0, 0] : [0, 1, 0]));
  const down = cross(normal, across);
  const sorted = rings
    .map((ring) => ({ ring, offsetMm: dot([ring[0], ring[1], ring[2]], normal) }))
    .sort((one, other) => one.offsetMm - other.offsetMm);
  const planes: { offsetMm: number; rings: Float64Array[] }[] = [];
  for (const { ring, offsetMm } of sorted) {
    const plane = planes.at(-1);
    if (plane && offsetMm - plane.offsetMm <= SAME_PLANE_MM) plane.rings.push(inPlane(ring, across, down));
    else planes.push({ offsetMm, rings: [inPlane(ring, across, down)] });
  }
  return planes.map(({ offsetMm, rings: own }) => {
    const { holeOf } = nestRings(own);
    return { offsetMm, areaMm2: own.reduce((sum, ring, index) => sum + (holeOf[index] === undefined ? 1 : -1) * Math.abs(signedArea(ring)), 0) };
  });
}

function inPlane(ring: Float64Array, across: Vector3, down: Vector3): Float64Array {
  const coordinates = new Float64Array((ring.length / 3) * 2);
  for (let from = 0, to = 0; from < ring.length; from += 3, to += 2) {
    const point: Vector3 = [ring[from], ring[from + 1], ring[from + 2]];
    coordinates[to] = dot(point, across);
    coordinates[to + 1] = dot(point, down);
  }
  return coordinates;
}

/** Unit normal of a ring (Newell), on the side of its largest component being positive; undefined without area. */
function normalOf(ring: Float64Array): Vector3 | undefined {
  let sum: Vector3 = [0, 0, 0];
  const point = (at: number): Vector3 => [ring[at] - ring[0], ring[at + 1] - ring[1], ring[at + 2] - ring[2]];
  for (let at = 3; at < ring.length; at += 3) sum = addScaled(sum, cross(point(at - 3), point(at)), 1);
  if (norm(sum) < 1e-9) return undefined;
  const unit = normalize(sum);
  const largest = unit.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most));
  return largest < 0 ? [-unit[0], -unit[1], -unit[2]] : unit;
}
