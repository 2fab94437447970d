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

/** A piece: the first and the last of its slices (index k), and its centre in each of them, in mm along columns and rows. */
interface Span {
  piece: number;
  low: number;
  high: number;
  centresMm: readonly (readonly [number, number])[];
}

/**
 * The largest piece of a mask and those that carry on its line towards lower and higher slices, one after the other. The next ones
 * may begin beside the end of the line, in slices that it already holds, as far along as it may be shifted: an organ that a network
 * breaks is seldom broken along a slice. A piece beside the line that leads no farther than it, or lies too far aside, is left out.
 */
export function keepInLine(mask: Mask, rule: InLineRule): Mask {
  const candidates = keepLargestComponents(mask, rule.maxPieces);
  const pieces = findPieces(candidates, 1, 26);
  if (pieces.pieceCount === 0) return candidates;
  const volumes = pieceVolumesCc(pieces, mask.geometry);
  const spans = spansOf(pieces, candidates);
  const seed = spans[volumes.indexOf(Math.max(...volumes))];
  const line = new Set([...reached(seed, 'low'), ...reached(seed, 'high')].map(({ piece }) => piece));
  const voxels = new Uint8Array(candidates.voxels.length);
  paintPieces(pieces, (piece) => line.has(piece), voxels, 1);
  return new Mask(mask.geometry, candidates.box, voxels).cropped();

  function reached(from: Span, side: 'low' | 'high'): Set<Span> {
    const found = new Set([from]);
    // A set gives what is added while it is gone through.
    for (const end of found) for (const next of continuations(end, side)) found.add(next);
    return found;
  }

  function continuations(from: Span, side: 'low' | 'high'): Span[] {
    const opposite = side === 'low' ? 'high' : 'low';
    const beyondMm = (slice: number): number => {
      const distanceMm = mask.geometry.sliceOffsetsMm[slice] - mask.geometry.sliceOffsetsMm[from[side]];
      return side === 'high' ? distanceMm : -distanceMm;
    };
    return spans.filter((span) => {
      const gapMm = beyondMm(span[opposite]);
      if (beyondMm(span[side]) <= 0 || gapMm > rule.maxGapMm || -gapMm > rule.maxShiftMm) return false;
      return shiftMm(facing(span, from, opposite, side)) <= rule.maxShiftMm + rule.shiftPerGapMm * Math.max(gapMm, 0);
    });
  }
}

/** The centres that two pieces turn to each other: of their ends, or in the slice where the one ends beside the other. */
function facing(next: Span, from: Span, opposite: 'low' | 'high', side: 'low' | 'high'): [readonly [number, number], readonly [number, number]] {
  const last = from[side];
  const across = last >= next.low && last <= next.high ? last : next[opposite];
  return [next.centresMm[across - next.low], from.centresMm[last - from.low]];
}

function shiftMm([a, b]: readonly [readonly [number, number], readonly [number, number]]): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** The spans of all pieces, by their numbers. */
function spansOf(pieces: Pieces, { geometry }: Mask): Span[] {
  const rows = pieces.box.size[1];
  const sums = Array.from({ length: pieces.pieceCount }, () => new Map<number, [count: number, x: number, y: number]>());
  for (let n = 0; n < pieces.count; n++) {
    const slice = pieces.box.min[2] + Math.floor(pieces.row[n] / rows);
    const own = sums[pieces.piece[n]];
    const sum = own.get(slice) ?? [0, 0, 0];
    const length = pieces.end[n] - pieces.start[n];
    own.set(slice, [sum[0] + length, sum[1] + (length * (pieces.start[n] + pieces.end[n] - 1)) / 2, sum[2] + length * (pieces.row[n] % rows)]);
  }
  return sums.map((own, piece) => {
    // Stretches are in the order of memory, so the first and the last lie in the lowest and the highest slice, and a piece has no gap.
    const slices = [...own.keys()];
    return {
      piece,
      low: slices[0],
      high: slices[slices.length - 1],
      centresMm: [...own.values()].map(([count, x, y]) => [(x / count) * geometry.columnSpacingMm, (y / count) * geometry.rowSpacingMm] as const),
    };
  });
}
