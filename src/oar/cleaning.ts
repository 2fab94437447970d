import { RondoError } from '../errors.ts';
import { Mask } from '../geometry/index.ts';
import { findPieces, paintPieces, pieceVolumesCc } from './runs.ts';

/**
 * The `count` largest connected pieces of a mask by volume, without those smaller than a fraction of the largest.
 * Voxels that share a face, an edge or a corner are connected (26 neighbours): a thin oblique structure stays whole.
 */
export function keepLargestComponents(mask: Mask, count: number, minFractionOfLargest = 0): Mask {
  const pieces = findPieces(mask, 1, 26);
  const volumes = pieceVolumesCc(pieces, mask.geometry);
  const bySize = Array.from(volumes.keys()).sort((a, b) => volumes[b] - volumes[a]);
  const kept = new Set(bySize.slice(0, count).filter((piece) => volumes[piece] >= minFractionOfLargest * volumes[bySize[0]]));
  if (kept.size === pieces.pieceCount) return mask;
  const voxels = new Uint8Array(mask.voxels.length);
  paintPieces(pieces, (piece) => kept.has(piece), voxels, 1);
  return new Mask(mask.geometry, mask.box, voxels).cropped();
}

/**
 * Fills what a mask encloses. `3d`: cavities closed on all sides; `2d-axial`: holes closed within a slice plane of the
 * volume. Background is connected across faces (6, or 4 within a slice), the counterpart of 26 for the mask. The first and
 * the last slice of the image close a cavity in 3-D, its sides do not: a vessel that leaves the image with its lung belongs
 * to it as it does inside.
 */
export function fillHoles(mask: Mask, dimension: '2d-axial' | '3d'): Mask {
  const pieces = findPieces(mask, 0, dimension === '3d' ? 6 : 4);
  const [columns, rows, slices] = mask.box.size;
  const open = new Uint8Array(pieces.pieceCount);
  for (let n = 0; n < pieces.count; n++) {
    const y = pieces.row[n] % rows;
    const z = (pieces.row[n] - y) / rows;
    const atSide = pieces.start[n] === 0 || pieces.end[n] === columns || y === 0 || y === rows - 1;
    const atEnd = (z === 0 && mask.box.min[2] > 0) || (z === slices - 1 && mask.box.min[2] + slices < mask.geometry.size[2]);
    if (atSide || (dimension === '3d' && atEnd)) open[pieces.piece[n]] = 1;
  }
  if (!open.includes(0)) return mask;
  const voxels = mask.voxels.slice();
  paintPieces(pieces, (piece) => open[piece] === 0, voxels, 1);
  return new Mask(mask.geometry, mask.box, voxels);
}

/**
 * Rounds a mask within each slice: a pixel takes the value of the majority of the pixels within `radiusMm`, of those
 * inside the image. No pixel farther than `radiusMm` from the outline changes, so the outline moves by at most that;
 * parts thinner than the radius disappear.
 * @throws RondoError `oar-smoothing` when the radius is not a positive number.
 */
export function smoothInSlices(mask: Mask, radiusMm: number): Mask {
  if (!(radiusMm > 0 && Number.isFinite(radiusMm))) throw new RondoError('oar-smoothing', `Smoothing refused: radius ${radiusMm} mm, expected a positive number.`);
  const { geometry, box } = mask;
  const [columns, rows, slices] = box.size;
  const reach = Math.floor(radiusMm / geometry.rowSpacingMm);
  const halfWidths = Array.from({ length: 2 * reach + 1 }, (_, n) =>
    Math.floor(Math.sqrt(radiusMm ** 2 - ((n - reach) * geometry.rowSpacingMm) ** 2) / geometry.columnSpacingMm),
  );
  const voxels = new Uint8Array(mask.voxels.length);
  // Members of each row left of a column: the members of any stretch of a row are one difference.
  const before = new Int32Array((columns + 1) * rows);
  for (let z = 0; z < slices; z++) {
    const plane = z * columns * rows;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) before[y * (columns + 1) + x + 1] = before[y * (columns + 1) + x] + mask.voxels[plane + y * columns + x];
    }
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        let members = 0;
        let pixels = 0;
        for (let n = 0; n < halfWidths.length; n++) {
          const row = y + n - reach;
          if (row + box.min[1] < 0 || row + box.min[1] >= geometry.size[1]) continue;
          const left = x - halfWidths[n];
          const right = x + halfWidths[n] + 1;
          pixels += Math.min(right, geometry.size[0] - box.min[0]) - Math.max(left, -box.min[0]);
          if (row < 0 || row >= rows) continue;
          members += before[row * (columns + 1) + Math.min(right, columns)] - before[row * (columns + 1) + Math.max(left, 0)];
        }
        const at = plane + y * columns + x;
        voxels[at] = 2 * members === pixels ? mask.voxels[at] : Number(2 * members > pixels);
      }
    }
  }
  return new Mask(geometry, box, voxels).cropped();
}
