import { csvOf } from '../csv.ts';
import type { ObserversReport } from './observersReport.ts';

const HEADER = ['structure', 'kind', 'a', 'b', 'presence', 'dsc', 'hd95Mm', 'msdMm', 'surfaceDsc', 'toleranceMm', 'aCc', 'bCc', 'sensitivity', 'specificity', 'biasCc', 'biasShare'];

/** A row for each pair of observers and, as kind `consensus`, for each observer (b) against the consensus (a); all digits, RFC 4180. */
export function observersCsv({ observers, structures }: ObserversReport): string {
  const nameOf = (observer: number): string => observers[observer].name;
  const rows = structures.flatMap(({ name, pairs, against, volumesCc, toleranceMm, consensus }) => [
    ...pairs.map(({ observers: [a, b], presence, dsc, hd95Mm, msdMm, surfaceDsc }) => [name, 'pair', nameOf(a), nameOf(b), presence, dsc, hd95Mm, msdMm, surfaceDsc, toleranceMm, volumesCc[a], volumesCc[b], undefined, undefined, undefined, undefined]),
    ...against.map(({ observer, presence, dsc, hd95Mm, msdMm, surfaceDsc, sensitivity, specificity, biasCc, biasShare }) => [name, 'consensus', undefined, nameOf(observer), presence, dsc, hd95Mm, msdMm, surfaceDsc, toleranceMm, consensus?.volumeCc, volumesCc[observer], sensitivity, specificity, biasCc, biasShare]),
  ]);
  return csvOf([HEADER, ...rows]);
}
