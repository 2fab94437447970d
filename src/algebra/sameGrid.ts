import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';

/** Two grids count as one up to this distance between voxels: a hundredth of a millimetre, the precision in which contours are written. */
const GRID_TOLERANCE_MM = 0.01;

/** @throws RondoError `algebra-grid` when the masks do not lie on one grid of one frame of reference. */
export function requireSameGrid({ geometry }: Mask, ...others: readonly Mask[]): void {
  for (const { geometry: other } of others) {
    if (other === geometry || other.agreesWith(geometry, GRID_TOLERANCE_MM)) continue;
    const frames = other.frameOfReferenceUid === geometry.frameOfReferenceUid ? 'one frame of reference' : 'different frames of reference';
    throw new RondoError(
      'algebra-grid',
      `Structures refused: they lie on different grids (${geometry.size.join('×')} and ${other.size.join('×')} voxels) of ${frames}. Expected all on the grid of one CT.`,
      { uid: other.frameOfReferenceUid },
    );
  }
}
