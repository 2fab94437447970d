import type { Mask } from '../geometry/index.ts';
import { keepLargestComponents } from './cleaning.ts';
import { keepInLine, type InLineRule } from './inLine.ts';

/** Which connected pieces of a structure are kept: the largest ones, or those that follow one line along the slices. */
export type KeepRule = { largest: number; minFractionOfLargest: number } | { inLine: InLineRule };

/** The pieces of a mask that a rule keeps. */
export function keepPieces(mask: Mask, keep: KeepRule): Mask {
  return 'inLine' in keep ? keepInLine(mask, keep.inLine) : keepLargestComponents(mask, keep.largest, keep.minFractionOfLargest);
}
