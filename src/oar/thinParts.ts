import { grownBox, Mask, squaredDistanceTransform } from '../geometry/index.ts';
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
  const area = columns * rows;
  const thin = new Uint8Array(framed.voxels.length);
  const plane = new Float64Array(area);
  // A sheet of n voxels has its middle (n + 1) / 2 voxels from the background, so half the thickness is measured from voxel edges.
  const reachMm = thicknessMm / 2 + Math.min(geometry.columnSpacingMm, geometry.rowSpacingMm) / 2;
  const reachSquared = reachMm * reachMm;
  for (let z = 0; z < slices; z++) {
    const voxels = framed.voxels.subarray(z * area, (z + 1) * area);
    for (let at = 0; at < area; at++) plane[at] = voxels[at] === 0 ? 0 : Infinity;
    squaredDistanceTransform(plane, columns, rows, geometry.columnSpacingMm, geometry.rowSpacingMm);
    for (let at = 0; at < area; at++) plane[at] = plane[at] > reachSquared ? 0 : Infinity;
    squaredDistanceTransform(plane, columns, rows, geometry.columnSpacingMm, geometry.rowSpacingMm);
    for (let at = 0; at < area; at++) thin[z * area + at] = voxels[at] === 1 && plane[at] > reachSquared ? 1 : 0;
  }
  const parts = findPieces(new Mask(geometry, framed.box, thin), 1, 26);
  const volumes = pieceVolumesCc(parts, geometry);
  if (!volumes.some((volumeCc) => volumeCc >= fromCc)) return mask;
  const voxels = framed.voxels.slice();
  paintPieces(parts, (piece) => volumes[piece] >= fromCc, voxels, 0);
  return new Mask(geometry, framed.box, voxels).cropped();
}
