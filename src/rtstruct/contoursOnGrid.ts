import type { VolumeGeometry } from '../geometry/index.ts';
import { toPatientRing, type Contour } from './contour.ts';
import { drawnPlanes, type PlacingOptions } from './drawnPlanes.ts';
import type { ContourProblem } from './placeContour.ts';
import type { FileContour, Structure, StructureSet } from './structureSet.ts';

export interface ContoursOnGrid {
  contours: Contour[];
  /** Everything that was not placed, or not as it may have been meant. Empty when the contours came over whole. */
  problems: ContourProblem[];
}

/**
 * The contours of a structure on the slices of a CT, found by position alone: image references are optional and
 * decide nothing. Points are moved along the normal onto their slice (by at most the tolerance); rings of a slice
 * are sorted into regions and holes by even-odd depth. Contours on sagittal or coronal planes have no slice:
 * `maskOfStructure` takes those.
 *
 * @throws RondoError `other-frame-of-reference` when the structure set lies in another frame than the grid; `rings-too-complex`
 */
export function contoursOnGrid(
  set: Pick<StructureSet<FileContour>, 'reference'>,
  structure: Pick<Structure<FileContour>, 'contours'>,
  geometry: VolumeGeometry,
  options: PlacingOptions = {},
): ContoursOnGrid {
  const { planes, offGrid } = drawnPlanes(set, structure, geometry, options, 2);
  const problems = [...offGrid];
  const contours = planes.flatMap(({ plane: slice, rings, holeOf, problems: found }) => {
    if (slice === undefined) return [];
    problems.push(...found);
    const points = rings.map(({ coordinates }) => toPatientRing(coordinates, slice, geometry));
    const holes = rings.map((): Float64Array[] => []);
    holeOf.forEach((outer, ring) => {
      if (outer !== undefined) holes[outer].push(points[ring]);
    });
    return rings.flatMap((_, ring): Contour[] => (holeOf[ring] === undefined ? [{ slice, points: points[ring], holes: holes[ring] }] : []));
  });
  return { contours, problems: problems.sort((one, other) => one.index - other.index) };
}
