import { Mask } from '../geometry/index.ts';
import { keepLargestComponents } from './cleaning.ts';
import { findPieces, paintPieces, pieceVolumesCc, type Pieces } from './runs.ts';

/** How pieces of a long structure must follow one another along the slices to count as one. */
export interface InLineRule {
  /** How many of the largest pieces are looked at. */
  maxPieces: number;
  /** Longest gap between two pieces, in mm along the slice normal. */
  maxGapMm: number;
  /** Shift within the slice plane allowed between facing ends, in mm, and what each mm of gap adds to it. */
  maxShiftMm: number;
  shiftPerGapMm: number;
}

/** One end of a piece: its slice (index k) and its centre there, in mm along columns and rows. */
interface End {
  slice: number;
  centreMm: readonly [number, number];
}

/** The ends of a piece towards lower and higher slices. */
interface Span {
  piece: number;
  low: End;
  high: End;
}

/**
 * The largest piece of a mask and those that carry on its line towards lower and higher slices, one after the other.
 * A piece beside the line, or in slices that the line already holds, is left out.
 */
export function keepInLine(mask: Mask, rule: InLineRule): Mask {
  const candidates = keepLargestComponents(mask, rule.maxPieces);
  const pieces = findPieces(candidates, 1, 26);
  if (pieces.pieceCount === 0) return candidates;
  const volumes = pieceVolumesCc(pieces, mask.geometry);
  const spans = Array.from(volumes, (_, piece) => spanOf(pieces, piece, candidates));
  const seed = spans[volumes.indexOf(Math.max(...volumes))];
  const line = new Set([seed, ...continuation(seed, 'high'), ...continuation(seed, 'low')].map(({ piece }) => piece));
  const voxels = new Uint8Array(candidates.voxels.length);
  paintPieces(pieces, (piece) => line.has(piece), voxels, 1);
  return new Mask(mask.geometry, candidates.box, voxels).cropped();

  function continuation(from: Span, side: 'low' | 'high'): Span[] {
    const opposite = side === 'low' ? 'high' : 'low';
    const gapMm = (span: Span): number => {
      const distanceMm = mask.geometry.sliceOffsetsMm[span[opposite].slice] - mask.geometry.sliceOffsetsMm[from[side].slice];
      return side === 'high' ? distanceMm : -distanceMm;
    };
    const next = spans
      .filter((span) => gapMm(span) > 0 && gapMm(span) <= rule.maxGapMm && shiftMm(span[opposite], from[side]) <= rule.maxShiftMm + rule.shiftPerGapMm * gapMm(span))
      .sort((a, b) => gapMm(a) - gapMm(b))
      .at(0);
    return next ? [next, ...continuation(next, side)] : [];
  }
}

function shiftMm(a: End, b: End): number {
  return Math.hypot(a.centreMm[0] - b.centreMm[0], a.centreMm[1] - b.centreMm[1]);
}

function spanOf(pieces: Pieces, piece: number, mask: Mask): Span {
  const rows = pieces.box.size[1];
  const stretches = Array.from(pieces.piece.keys()).filter((n) => pieces.piece[n] === piece);
  const layers = stretches.map((n) => Math.floor(pieces.row[n] / rows));
  const end = (z: number): End => {
    let [count, x, y] = [0, 0, 0];
    stretches.forEach((n, index) => {
      if (layers[index] !== z) return;
      const length = pieces.end[n] - pieces.start[n];
      count += length;
      x += (length * (pieces.start[n] + pieces.end[n] - 1)) / 2;
      y += length * (pieces.row[n] % rows);
    });
    return { slice: pieces.box.min[2] + z, centreMm: [(x / count) * mask.geometry.columnSpacingMm, (y / count) * mask.geometry.rowSpacingMm] };
  };
  // Stretches are in the order of memory, so the first and the last lie in the lowest and the highest slice.
  return { piece, low: end(layers[0]), high: end(layers[layers.length - 1]) };
}
