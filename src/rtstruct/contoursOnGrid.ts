import { RondoError } from '../errors.ts';
import type { VolumeGeometry } from '../geometry/index.ts';
import { signedArea, toPatientRing, toPlane, type Contour } from './contour.ts';
import { nestRings } from './nestRings.ts';
import { isRegion, type FileContour, type Structure, type StructureSet } from './structureSet.ts';

/**
 * How far in mm a contour may lie from the slice that it is put on, by default: planning systems round positions to
 * 0.1 mm. Never more than a quarter of the gap to the next slice.
 */
const SLICE_TOLERANCE_MM = 0.2;

/** No couch, room or patient reaches this far from the first voxel. */
const FAR_AWAY_MM = 10_000;

/** What is the matter with a contour, and whether it takes part in the region all the same. */
export interface ContourProblem {
  /** Place of the contour in the structure. */
  index: number;
  /**
   * `not-closed`: of another type than closed planar. `no-area`: fewer than three points, or points on one line.
   * `not-planar`: its points do not lie on one plane parallel to the slices. `between-slices`, `beyond-slices`: no slice
   * of the CT is near. `outside-matrix`: all or part of it
   * lies a voxel or more beside the image. `far-away`: a point lies metres beside it, so the contour is damaged.
   * `repeated`: the same ring again, from whichever point and in whichever sense, which even-odd filling would turn into
   * nothing. `overlaps`: crosses another ring; what both enclose is left out.
   */
  problem: 'far-away' | 'not-closed' | 'no-area' | 'not-planar' | 'between-slices' | 'beyond-slices' | 'outside-matrix' | 'repeated' | 'overlaps';
  placed: boolean;
  /** Distance in mm from the nearest slice. */
  offSliceMm?: number;
}

export interface ContoursOnGrid {
  contours: Contour[];
  /** Everything that was not placed, or not as it may have been meant. Empty when the contours came over whole. */
  problems: ContourProblem[];
}

/**
 * The contours of a structure on the slices of a CT, found by position alone: image references are optional and
 * decide nothing. Points are moved along the normal onto their slice (by at most the tolerance); rings of a slice
 * are sorted into regions and holes by even-odd depth.
 *
 * @throws RondoError `other-frame-of-reference` when the structure set lies in another frame than the grid
 */
export function contoursOnGrid(
  set: Pick<StructureSet<FileContour>, 'reference'>,
  structure: Pick<Structure<FileContour>, 'contours'>,
  geometry: VolumeGeometry,
  options: { sliceToleranceMm?: number } = {},
): ContoursOnGrid {
  const { frameOfReferenceUid } = set.reference;
  if (frameOfReferenceUid !== geometry.frameOfReferenceUid) {
    throw new RondoError(
      'other-frame-of-reference',
      `The structure set lies in frame of reference ${frameOfReferenceUid === '' ? '(none given)' : frameOfReferenceUid}, the CT in ${geometry.frameOfReferenceUid}. They cannot be laid over each other; choose the CT it was drawn on.`,
    );
  }
  const problems: ContourProblem[] = [];
  const bySlice = new Map<number, { index: number; coordinates: Float64Array }[]>();
  const seen = new Set<string>();
  structure.contours.forEach((contour, index) => {
    const place = placeOf(contour, geometry, options.sliceToleranceMm ?? SLICE_TOLERANCE_MM);
    if ('problem' in place) {
      problems.push({ index, placed: false, ...place });
      return;
    }
    const key = `${place.slice}:${sameForSameRing(place.coordinates)}`;
    if (seen.has(key)) {
      problems.push({ index, problem: 'repeated', placed: false });
      return;
    }
    seen.add(key);
    if (!place.withinMatrix) problems.push({ index, problem: 'outside-matrix', placed: true });
    const ring = { index, coordinates: place.coordinates };
    const rings = bySlice.get(place.slice);
    if (rings) rings.push(ring);
    else bySlice.set(place.slice, [ring]);
  });

  const contours = [...bySlice].sort(([one], [other]) => one - other).flatMap(([slice, rings]) => {
    const { holeOf, overlapping } = nestRings(rings.map(({ coordinates }) => coordinates));
    for (const ring of overlapping) problems.push({ index: rings[ring].index, problem: 'overlaps', placed: true });
    const points = rings.map(({ coordinates }) => toPatientRing(coordinates, slice, geometry));
    const holes = rings.map((): Float64Array[] => []);
    holeOf.forEach((outer, ring) => {
      if (outer !== undefined) holes[outer].push(points[ring]);
    });
    return rings.flatMap((_, ring): Contour[] => (holeOf[ring] === undefined ? [{ slice, points: points[ring], holes: holes[ring] }] : []));
  });
  return { contours, problems: problems.sort((one, other) => one.index - other.index) };
}

type Place = { slice: number; coordinates: Float64Array; withinMatrix: boolean } | Pick<ContourProblem, 'problem' | 'offSliceMm'>;

function placeOf(contour: FileContour, geometry: VolumeGeometry, toleranceMm: number): Place {
  const { points } = contour;
  if (!isRegion(contour)) return { problem: 'not-closed' };
  if (points.length < 9) return { problem: 'no-area' };
  const { coordinates, lowestSlice, highestSlice } = toPlane(points, geometry);
  if (!coordinates.every((value, index) => Math.abs(value) * (index & 1 ? geometry.rowSpacingMm : geometry.columnSpacingMm) < FAR_AWAY_MM)) return { problem: 'far-away' };
  if (signedArea(coordinates) === 0) return { problem: 'no-area' };

  const [lowestMm, highestMm] = [geometry.sliceOffsetAt(lowestSlice), geometry.sliceOffsetAt(highestSlice)];
  const slice = Math.min(Math.max(Math.round((lowestSlice + highestSlice) / 2), 0), geometry.size[2] - 1);
  const sliceMm = geometry.sliceOffsetsMm[slice];
  const offSliceMm = Math.max(Math.abs(lowestMm - sliceMm), Math.abs(highestMm - sliceMm));
  const allowedMm = Math.min(toleranceMm, geometry.sliceThicknessMm(slice) / 4);
  if (offSliceMm > allowedMm) {
    if (highestMm - lowestMm > 2 * allowedMm) return { problem: 'not-planar', offSliceMm };
    const beyond = highestMm < geometry.sliceOffsetsMm[0] || lowestMm > geometry.sliceOffsetsMm[geometry.size[2] - 1];
    return { problem: beyond ? 'beyond-slices' : 'between-slices', offSliceMm };
  }
  // Up to the first centres that voxels beside the matrix would have, nothing is lost.
  const withinMatrix = coordinates.every((value, index) => value > -1 && value < geometry.size[index & 1]);
  return { slice, coordinates, withinMatrix };
}

/** A text that is the same for a ring wherever it starts, whichever way it runs, and whether its points are repeated or not. */
function sameForSameRing(coordinates: Float64Array): string {
  const points: string[] = [];
  for (let at = 0; at < coordinates.length; at += 2) {
    const point = `${coordinates[at]},${coordinates[at + 1]}`;
    if (points.at(-1) !== point) points.push(point);
  }
  if (points.length > 1 && points[0] === points.at(-1)) points.pop();
  const start = points.reduce((least, point, index) => (point < points[least] ? index : least), 0);
  const onwards = [...points.slice(start), ...points.slice(0, start)];
  const backwards = [onwards[0], ...onwards.slice(1).reverse()];
  return [onwards.join(' '), backwards.join(' ')].sort()[0];
}
