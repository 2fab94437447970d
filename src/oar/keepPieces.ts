import type { Mask } from '../geometry/index.ts';
import { keepLargestComponents } from './cleaning.ts';
import { keepInLine, type InLineRule } from './inLine.ts';
import { keepNear, type NearRule } from './near.ts';

/** Which connected pieces of a structure are kept: the largest ones, those that follow one line along the slices, or those near each other. */
export type KeepRule = { largest: number; minFractionOfLargest: number } | { inLine: InLineRule } | { near: NearRule };

/** The pieces of a mask that a rule keeps. */
export function keepPieces(mask: Mask, keep: KeepRule): Mask {
  if ('near' in keep) return keepNear(mask, keep.near);
  return 'inLine' in keep ? keepInLine(mask, keep.inLine) : keepLargestComponents(mask, keep.largest, keep.minFractionOfLargest);
}
