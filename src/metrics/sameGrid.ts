import { RondoError } from '../errors.ts';
import type { VolumeGeometry } from '../geometry/index.ts';

/** Two grids count as one up to this distance between voxels: a hundredth of a millimetre, the precision in which contours are written. */
const GRID_TOLERANCE_MM = 0.01;

/**
 * Masks are compared, and drawn on an image, only on one grid.
 * @throws RondoError `frame-differs` when the frames of reference differ, `grid-differs` when the voxels lie elsewhere.
 */
export function requireSameGrid(a: VolumeGeometry, b: VolumeGeometry): void {
  if (a === b) return;
  if (a.frameOfReferenceUid !== b.frameOfReferenceUid) {
    throw new RondoError(
      'frame-differs',
      `Refused: structures or image lie in different frames of reference (${a.frameOfReferenceUid} and ${b.frameOfReferenceUid}). Expected those of one CT.`,
    );
  }
  if (!a.agreesWith(b, GRID_TOLERANCE_MM)) {
    throw new RondoError(
      'grid-differs',
      `Refused: structures or image lie on different grids (${a.size.join('×')} and ${b.size.join('×')} voxels) of one frame of reference. Expected all on the grid of one CT.`,
    );
  }
}
