import { addScaled, dot, norm, normalize, type Mask, type Vector3, type VolumeGeometry } from '../geometry/index.ts';
import type { Distances } from './distances.ts';
import type { Surface } from './surface.ts';

/** Fields of the map around a structure. */
const [LEAST_ANGLES, MOST_ANGLES] = [8, 72];

/** A field shall hold about two elements, else thin structures would have more gaps than fields. */
const ELEMENTS_A_FIELD = 2;

/** One ring of the map. */
export interface MapRing {
  /** Position along the patient (mm), as that of slices: where the images are axial, z. */
  positionMm: number;
  /**
   * Going round from the first direction of the map towards the second, each field 360° / `angles` wide, the first one centred on the first
   * direction: the signed distance (mm) of the element of either surface there that lies farthest from the other surface; null where there is none.
   * Positive where the test reaches beyond the reference, negative where it stays behind.
   */
  distancesMm: (number | null)[];
}

/** Where on the surface of a structure reference and test differ. */
export interface SurfaceMap {
  /** Sides of the patient at 0°, 90°, 180° and 270°: `A`, `L`, `P`, `R` in axial images. */
  directions: readonly [string, string, string, string];
  angles: number;
  /** In rising order, without gaps between the first and the last that holds an element. */
  rings: MapRing[];
  /** The farthest element of all: where it lies (LPS, mm), and its signed distance. Its length is HD. */
  farthest: { pointMm: Vector3; distanceMm: number };
}

/**
 * The distances of `surfaceDistances`, laid out around the structure: by the direction in which an element lies from the middle of the reference's
 * outline at its height, and by height. Where the reference has none, its nearest middle holds.
 */
export function surfaceMap(reference: { mask: Mask; surface: Surface }, test: { mask: Mask; surface: Surface }, { referenceToTest, testToReference }: Distances): SurfaceMap {
  const { geometry } = reference.mask;
  const { up, side, directions } = mapDirections(geometry);
  const [low, high] = [Math.min(reference.surface.z[0], test.surface.z[0]), Math.max(lastLayer(reference.surface), lastLayer(test.surface))];
  const angles = anglesFor(reference.surface);
  const middles = middlesOf(reference.surface, low, high);
  const rings = Array.from({ length: high - low + 1 }, (_, n): MapRing => ({ positionMm: geometry.headwardMm(low + n - 0.5), distancesMm: new Array<number | null>(angles).fill(null) }));
  const farthest = { pointMm: [0, 0, 0] as Vector3, distanceMm: 0 };
  let most = -1;

  const lay = (surface: Surface, distancesMm: Float64Array, isBeyond: (n: number) => boolean): void => {
    for (let n = 0; n < surface.count; n++) {
      const ring = surface.z[n] - low;
      const [dx, dy] = [(surface.x[n] - middles[2 * ring]) * geometry.columnSpacingMm, (surface.y[n] - middles[2 * ring + 1]) * geometry.rowSpacingMm];
      const turn = Math.atan2(dx * side[0] + dy * side[1], dx * up[0] + dy * up[1]) / (2 * Math.PI);
      const field = (Math.round(turn * angles) + angles) % angles;
      const { distancesMm: fields } = rings[ring];
      const held = fields[field];
      const distanceMm = distancesMm[n];
      if (held !== null && distanceMm <= Math.abs(held)) continue;
      // Where both coincide there is no sign to tell, and no minus before 0.
      const signed = distanceMm === 0 || isBeyond(n) ? distanceMm : -distanceMm;
      fields[field] = signed;
      if (distanceMm <= most) continue;
      most = distanceMm;
      farthest.distanceMm = signed;
      farthest.pointMm = geometry.toPatient([surface.x[n] - 0.5, surface.y[n] - 0.5, surface.z[n] - 0.5]);
    }
  };
  // An element of the reference inside the test is one beyond which the test reaches; one of the test outside the reference reaches beyond it.
  lay(reference.surface, referenceToTest.distancesMm, (n) => holds(test.mask, reference.surface, n));
  lay(test.surface, testToReference.distancesMm, (n) => !holds(reference.mask, test.surface, n));
  return { directions, angles, rings, farthest };
}

/** Whether at least half of the eight voxels around an element belong to a mask. */
function holds(mask: Mask, { x, y, z }: Surface, n: number): boolean {
  let count = 0;
  for (let corner = 0; corner < 8; corner++) if (mask.has(x[n] - (corner & 1), y[n] - ((corner >> 1) & 1), z[n] - (corner >> 2))) count++;
  return count >= 4;
}

function lastLayer({ z, count }: Surface): number {
  return z[count - 1];
}

/** How many fields a ring of average length fills; a multiple of four, so that each side of the patient has its own. */
function anglesFor(surface: Surface): number {
  const inRing = surface.count / (lastLayer(surface) - surface.z[0] + 1);
  return Math.min(MOST_ANGLES, Math.max(LEAST_ANGLES, 4 * Math.floor(inRing / ELEMENTS_A_FIELD / 4)));
}

/** Column and row of the middle of a surface in each layer, by area; of the nearest layer that has one. */
function middlesOf({ count, x, y, z, areasMm2 }: Surface, low: number, high: number): Float64Array {
  const layers = high - low + 1;
  const [middles, areas] = [new Float64Array(2 * layers), new Float64Array(layers)];
  for (let n = 0; n < count; n++) {
    const layer = z[n] - low;
    areas[layer] += areasMm2[n];
    middles[2 * layer] += areasMm2[n] * x[n];
    middles[2 * layer + 1] += areasMm2[n] * y[n];
  }
  const filled = [...areas.keys()].filter((layer) => areas[layer] > 0);
  for (const layer of filled) for (const axis of [0, 1]) middles[2 * layer + axis] /= areas[layer];
  for (let layer = 0; layer < layers; layer++) {
    if (areas[layer] > 0) continue;
    const nearest = filled.reduce((best, other) => (Math.abs(other - layer) < Math.abs(best - layer) ? other : best));
    for (const axis of [0, 1]) middles[2 * layer + axis] = middles[2 * nearest + axis];
  }
  return middles;
}

const SIDES = [['R', 'L'], ['A', 'P'], ['F', 'H']] as const;

/**
 * The directions in the plane of the image at which the map begins and to which it turns: anterior and the patient's left in axial images; in planes
 * across the first, the head. As (along columns, along rows), orthonormal in mm.
 */
function mapDirections({ rowDirection, columnDirection, normal }: VolumeGeometry): { up: readonly [number, number]; side: readonly [number, number]; directions: SurfaceMap['directions'] } {
  const inPlane = (wanted: Vector3): Vector3 => addScaled(wanted, normal, -dot(wanted, normal));
  const chosen = ([[[0, -1, 0], [1, 0, 0]], [[0, 0, 1], [1, 0, 0]], [[0, 0, 1], [0, -1, 0]]] as const).map(([first, second]): [Vector3, Vector3] => [inPlane(first), inPlane(second)]);
  const clear = ([first, second]: [Vector3, Vector3]): number => Math.min(norm(first), norm(second));
  const [first, second] = chosen.reduce((best, other) => (clear(other) > clear(best) + 1e-9 ? other : best));
  const up = normalize(first);
  const side = normalize(addScaled(second, up, -dot(second, up)));
  const along = (direction: Vector3): readonly [number, number] => [dot(direction, rowDirection), dot(direction, columnDirection)];
  return { up: along(up), side: along(side), directions: [sideOf(up, 1), sideOf(side, 1), sideOf(up, -1), sideOf(side, -1)] };
}

/** The side of the patient that a direction, or the one against it, points to most. */
function sideOf(direction: Vector3, sense: 1 | -1): string {
  const lengths = direction.map(Math.abs);
  const axis = lengths.indexOf(Math.max(...lengths));
  return SIDES[axis][direction[axis] * sense > 0 ? 1 : 0];
}
