import { RondoError } from '../errors.ts';
import type { VolumeGeometry } from '../geometry/index.ts';
import { boxOf, nestRings } from './nestRings.ts';
import { axisAcross, PLANE_TOLERANCE_MM, placeContour, type ContourProblem, type PlacedRing } from './placeContour.ts';
import { PlaneStack, type StackAxis } from './planeStack.ts';
import { repeatedRings } from './repeatedRings.ts';
import type { FileContour, Structure, StructureSet } from './structureSet.ts';

export interface PlacingOptions {
  /** How far a contour may lie from its plane of voxels; 0.2 mm by default, never more than a quarter of the plane's thickness. */
  sliceToleranceMm?: number;
}

/** A ring on a plane: its place among the structure's contours, and its points as `StackRing` has them. */
export interface DrawnRing {
  index: number;
  coordinates: Float64Array;
}

type PlacedContour = PlacedRing & { index: number };

/** What is drawn on one plane, each ring once. */
export interface DrawnPlane {
  /** The plane of voxels that it is, within the tolerance; undefined between such planes or beyond them. */
  plane: number | undefined;
  /** Mm along the axis from the first plane of voxels. */
  positionMm: number;
  rings: DrawnRing[];
  /** For each ring the one, by its place in `rings`, that it is a hole of; undefined for one that adds to the region. */
  holeOf: (number | undefined)[];
  /** `outside-matrix`, `repeated` and `overlaps`. */
  problems: ContourProblem[];
}

/** The closed contours of a structure on parallel planes. */
export interface DrawnStructure {
  stack: PlaneStack;
  /** In ascending order. */
  planes: DrawnPlane[];
  /** Contours on no plane of voxels, and why; those between planes of voxels or beyond stand among `planes` too. */
  offGrid: ContourProblem[];
}

/**
 * The planes that a structure is drawn on, found by position alone: image references are optional and decide nothing.
 * Across the given axis, or by default across the one that all its contours lie across.
 *
 * @throws RondoError `other-frame-of-reference` when the structure set lies in another frame than the grid; `rings-too-complex`
 */
export function drawnPlanes(
  set: Pick<StructureSet<FileContour>, 'reference'>,
  { contours }: Pick<Structure<FileContour>, 'contours'>,
  geometry: VolumeGeometry,
  { sliceToleranceMm = PLANE_TOLERANCE_MM }: PlacingOptions,
  axis?: StackAxis,
): DrawnStructure {
  const { frameOfReferenceUid } = set.reference;
  if (frameOfReferenceUid !== geometry.frameOfReferenceUid) {
    throw new RondoError(
      'other-frame-of-reference',
      `The structure set lies in frame of reference ${frameOfReferenceUid === '' ? '(none given)' : frameOfReferenceUid}, the CT in ${geometry.frameOfReferenceUid}. They cannot be laid over each other; choose the CT it was drawn on.`,
    );
  }
  const stack = new PlaneStack(geometry, axis ?? axisAcross(contours, geometry, sliceToleranceMm));
  const offGrid: ContourProblem[] = [];
  const onPlanes = new Map<number, PlacedContour[]>();
  const loose: PlacedContour[] = [];
  contours.forEach((contour, index) => {
    const { ring, problem } = placeContour(contour, stack, sliceToleranceMm);
    if (problem) offGrid.push({ index, placed: false, ...problem });
    if (ring === undefined) return;
    const rings = ring.plane === undefined ? loose : onPlanes.get(ring.plane);
    if (rings) rings.push({ index, ...ring });
    else if (ring.plane !== undefined) onPlanes.set(ring.plane, [{ index, ...ring }]);
  });
  const groups = [...onPlanes.values(), ...onePlaneEach(loose, sliceToleranceMm)];
  return { stack, planes: groups.map((group) => drawnPlane(group, stack)).sort((one, other) => one.positionMm - other.positionMm), offGrid };
}

/** Rings between planes of voxels, sorted into planes of their own. */
function onePlaneEach(rings: readonly PlacedContour[], toleranceMm: number): PlacedContour[][] {
  const planes: PlacedContour[][] = [];
  for (const ring of rings.toSorted((one, other) => one.positionMm - other.positionMm)) {
    const last = planes.at(-1);
    if (last && ring.positionMm - last[0].positionMm <= toleranceMm) last.push(ring);
    else planes.push([ring]);
  }
  return planes;
}

function drawnPlane(group: readonly PlacedContour[], stack: PlaneStack): DrawnPlane {
  const [{ plane, positionMm }] = group;
  const ordered = group.toSorted((one, other) => one.index - other.index);
  const repeated = repeatedRings(ordered.map(({ coordinates }) => coordinates));
  const problems = Array.from(repeated, (place): ContourProblem => ({ index: ordered[place].index, problem: 'repeated', placed: false }));
  const rings = ordered.filter((_, place) => !repeated.has(place));
  for (const { index, coordinates } of rings) {
    const [left, top, right, bottom] = boxOf(coordinates);
    // Up to the first centres that voxels beside the matrix would have, nothing is lost.
    if (!(left > -1 && top > -1 && right < stack.size[0] && bottom < stack.size[1])) problems.push({ index, problem: 'outside-matrix', placed: true });
  }
  const { holeOf, overlapping } = nestRings(rings.map(({ coordinates }) => coordinates));
  for (const ring of overlapping) problems.push({ index: rings[ring].index, problem: 'overlaps', placed: true });
  return { plane, positionMm: plane === undefined ? positionMm : stack.positionMm(plane), rings, holeOf, problems };
}
