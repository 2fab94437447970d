import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import type { PlacingOptions } from './drawnPlanes.ts';
import { fillRings } from './rasterize.ts';
import { ringsOnGrid, type StructurePlacing } from './ringsOnGrid.ts';
import type { FileContour, Structure, StructureSet } from './structureSet.ts';

/** A structure of a file on the voxels of a CT. */
export interface StructureMask extends StructurePlacing {
  mask: Mask;
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
  const { stack, rings, ...placing } = ringsOnGrid(set, structure, geometry, options);
  const { box, voxels } = fillRings(rings, stack.size);
  return { mask: stack.mask(box, voxels), ...placing };
}
