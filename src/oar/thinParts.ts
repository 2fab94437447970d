import { grownBox, Mask } from '../geometry/index.ts';
import { openedByDisc, stretchesOf } from './rowStretches.ts';
import { findPieces, paintPieces, pieceVolumesCc } from './runs.ts';

/**
 * Removes what is thinner than `thicknessMm` within its slice (an opening by a disc, by exact distances between voxel
 * centres), where it hangs together to `fromCc` or more; smaller thin parts stay, so that edges and tips are not rounded. A
 * thick part that the image cuts off stays whole: beyond the image there is no background.
 */
export function removeThinParts(mask: Mask, thicknessMm: number, fromCc: number): Mask {
  const { geometry } = mask;
  // A voxel of background all round, where the image has one.
  const framed = mask.inBox(grownBox(mask.box, [1, 1, 0], geometry.size));
  const [columns, rows, slices] = framed.box.size;
  // A sheet of n voxels has its middle (n + 1) / 2 voxels from the background, so half the thickness is measured from voxel edges.
  const reachMm = thicknessMm / 2 + Math.min(geometry.columnSpacingMm, geometry.rowSpacingMm) / 2;
  const halfWidths = Array.from({ length: Math.floor(reachMm / geometry.rowSpacingMm) + 1 }, (_, row) =>
    Math.floor(Math.sqrt(reachMm ** 2 - (row * geometry.rowSpacingMm) ** 2) / geometry.columnSpacingMm),
  );
  const thin = framed.voxels.slice();
  for (let z = 0; z < slices; z++) {
    const lines = Array.from({ length: rows }, (_, y) => thin.subarray((z * rows + y) * columns, (z * rows + y + 1) * columns));
    openedByDisc(lines.map(stretchesOf), columns, halfWidths).forEach((thick, y) => {
      for (let n = 0; n < thick.length; n += 2) lines[y].fill(0, thick[n], thick[n + 1]);
    });
  }
  const parts = findPieces(new Mask(geometry, framed.box, thin), 1, 26);
  const volumes = pieceVolumesCc(parts, geometry);
  if (!volumes.some((volumeCc) => volumeCc >= fromCc)) return mask;
  const voxels = framed.voxels.slice();
  paintPieces(parts, (piece) => volumes[piece] >= fromCc, voxels, 0);
  return new Mask(geometry, framed.box, voxels).cropped();
}
