import type { VolumeGeometry } from '../geometry/index.ts';
import { drawnPlanes, type PlacingOptions } from './drawnPlanes.ts';
import { gapAfterEach, type Gap } from './gaps.ts';
import type { ContourProblem } from './placeContour.ts';
import type { PlaneStack, StackAxis } from './planeStack.ts';
import type { RingOnPlane } from './rasterize.ts';
import type { FileContour, Structure, StructureSet } from './structureSet.ts';

/** How the contours of a structure came over onto the voxels of a CT. */
export interface StructurePlacing {
  /** Every contour that was not placed, or not as it may have been meant. Empty when the contours came over whole. */
  problems: ContourProblem[];
  /** Where planes of voxels between the contours are empty. None where every slice from the first contour to the last has one. */
  gaps: Gap[];
  /** What the planes of the contours lie across: 2 slices, 0 columns, 1 rows. */
  axis: StackAxis;
}

export interface RingsOnGrid extends StructurePlacing {
  stack: PlaneStack;
  /** On planes of voxels of the stack, each ring once. */
  rings: RingOnPlane[];
}

/**
 * The rings of a structure on the planes of voxels that they lie on, found by position alone: on slices or, where all of
 * its contours lie on sagittal or coronal planes of the volume, on those. What lies on no plane of voxels is left out and listed.
 *
 * @throws RondoError `other-frame-of-reference` when the structure set lies in another frame than the grid; `rings-too-complex`
 */
export function ringsOnGrid(
  set: Pick<StructureSet<FileContour>, 'reference'>,
  structure: Pick<Structure<FileContour>, 'contours'>,
  geometry: VolumeGeometry,
  options: PlacingOptions,
): RingsOnGrid {
  const { stack, planes, offGrid } = drawnPlanes(set, structure, geometry, options);
  const onGrid = planes.flatMap(({ plane, rings, problems }) => (plane === undefined ? [] : [{ plane, rings, problems }]));
  return {
    stack,
    rings: onGrid.flatMap(({ plane, rings }) => rings.map(({ coordinates }) => ({ plane, coordinates }))),
    problems: [...offGrid, ...onGrid.flatMap(({ problems }) => problems)].sort((one, other) => one.index - other.index),
    gaps: gapAfterEach({ stack, planes }).filter((gap) => gap !== undefined),
    axis: stack.axis,
  };
}
