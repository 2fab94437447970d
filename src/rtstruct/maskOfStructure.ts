import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import { drawnPlanes, type PlacingOptions } from './drawnPlanes.ts';
import { gapAfterEach, type Gap } from './gaps.ts';
import type { ContourProblem } from './placeContour.ts';
import type { StackAxis } from './planeStack.ts';
import { fillRings } from './rasterize.ts';
import type { FileContour, Structure, StructureSet } from './structureSet.ts';

/** A structure of a file on the voxels of a CT. */
export interface StructureMask {
  mask: Mask;
  /** Every contour that was not placed, or not as it may have been meant. Empty when the contours came over whole. */
  problems: ContourProblem[];
  /** Where planes of voxels between the contours are empty. None where every slice from the first contour to the last has one. */
  gaps: Gap[];
  /** What the planes of the contours lie across: 2 slices, 0 columns, 1 rows. */
  axis: StackAxis;
}

/**
 * The voxels whose centres lie inside the closed contours of a structure, by the even-odd rule over all rings of a plane
 * at once (`fillRings`). Contours are put on the slice that they lie on, found by position alone; where all of them lie on
 * sagittal or coronal planes of the volume, on those, through the slices where they are.
 *
 * What lies on no plane of voxels is left out and listed, and nothing is drawn on planes without contours: `interpolatedMask` does.
 *
 * @throws RondoError `other-frame-of-reference` when the structure set lies in another frame than the grid; `rings-too-complex`
 */
export function maskOfStructure(
  set: Pick<StructureSet<FileContour>, 'reference'>,
  structure: Pick<Structure<FileContour>, 'contours'>,
  geometry: VolumeGeometry,
  options: PlacingOptions = {},
): StructureMask {
  const { stack, planes, offGrid } = drawnPlanes(set, structure, geometry, options);
  const onGrid = planes.flatMap(({ plane, rings, problems }) => (plane === undefined ? [] : [{ plane, rings, problems }]));
  const { box, voxels } = fillRings(onGrid.flatMap(({ plane, rings }) => rings.map(({ coordinates }) => ({ plane, coordinates }))), stack.size);
  return {
    mask: stack.mask(box, voxels),
    problems: [...offGrid, ...onGrid.flatMap(({ problems }) => problems)].sort((one, other) => one.index - other.index),
    gaps: gapAfterEach({ stack, planes }).filter((gap) => gap !== undefined),
    axis: stack.axis,
  };
}
