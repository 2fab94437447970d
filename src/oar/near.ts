import { intersection, withMargin } from '../algebra/index.ts';
import { Mask } from '../geometry/index.ts';
import { findPieces, paintPieces, pieceVolumesCc } from './runs.ts';

/** Which pieces belong to a structure that others part: what is not too far from the rest, and no speck. */
export interface NearRule {
  /** Farthest a voxel of a piece may lie from the rest, in mm (`withMargin`). */
  maxDistanceMm: number;
  /** Least volume of a piece beside the largest, in cm³. */
  minPieceCc: number;
}

/** The largest piece of a mask, the pieces near it, those near these, and so on, in any direction. */
export function keepNear(mask: Mask, rule: NearRule): Mask {
  const pieces = findPieces(mask, 1, 26);
  if (pieces.pieceCount < 2) return mask;
  const volumes = pieceVolumesCc(pieces, mask.geometry);
  const waiting = new Set(Array.from(volumes.keys()).filter((piece) => volumes[piece] >= rule.minPieceCc));
  const kept = new Uint8Array(mask.voxels.length);
  for (let found = [volumes.indexOf(Math.max(...volumes))]; found.length > 0; found = touching()) {
    for (const piece of found) waiting.delete(piece);
    paintPieces(pieces, (piece) => found.includes(piece), kept, 1);
  }
  return new Mask(mask.geometry, mask.box, kept).cropped();

  /** The pieces that wait and reach into what lies round those kept so far. */
  function touching(): number[] {
    if (waiting.size === 0) return [];
    const around = withMargin(new Mask(mask.geometry, mask.box, kept.slice()), rule.maxDistanceMm);
    return [...waiting].filter((piece) => {
      const own = new Uint8Array(mask.voxels.length);
      paintPieces(pieces, (other) => other === piece, own, 1);
      return !intersection(new Mask(mask.geometry, mask.box, own), around).isEmpty;
    });
  }
}
