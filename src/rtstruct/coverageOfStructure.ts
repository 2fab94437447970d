import type { Coverage, VolumeGeometry } from '../geometry/index.ts';
import { coverRings } from './coverage.ts';
import type { PlacingOptions } from './drawnPlanes.ts';
import { ringsOnGrid, type StructurePlacing } from './ringsOnGrid.ts';
import type { FileContour, Structure, StructureSet } from './structureSet.ts';

/** How much of each voxel of a CT lies inside a structure of a file. */
export interface StructureCoverage extends StructurePlacing {
  coverage: Coverage;
}

/**
 * The share of each voxel's cross-section on its plane, in mm², that lies inside the closed contours of a structure, by
 * the even-odd rule over all rings of a plane at once; exact. Contours are put on planes of voxels – slices, or sagittal
 * or coronal planes – and problems and gaps listed as `maskOfStructure` does: the shares are of the same region.
 *
 * @throws RondoError `other-frame-of-reference` when the structure set lies in another frame than the grid; `rings-too-complex`
 */
export function coverageOfStructure(
  set: Pick<StructureSet<FileContour>, 'reference'>,
  structure: Pick<Structure<FileContour>, 'contours'>,
  geometry: VolumeGeometry,
  options: PlacingOptions = {},
): StructureCoverage {
  const { stack, rings, ...placing } = ringsOnGrid(set, structure, geometry, options);
  const inVoxels = rings.map(({ plane, coordinates }) => ({ plane, coordinates: stack.evenInVoxels(coordinates) }));
  const { box, shares } = coverRings(inVoxels, stack.size);
  return { coverage: stack.coverage(box, shares), ...placing };
}
