import { consensusDefinitions, REGION_MM, type SliceVotes } from '../../consensus/index.ts';
import { definitions } from '../../metrics/index.ts';
import { describeSample } from '../../statistics/index.ts';
import type { CaseReport, ReportedSet } from '../caseReport.ts';
import { reportedCt, type CaseInput } from '../makeCaseReport.ts';
import { observerBand, type ObserverBand } from '../observerBands.ts';
import { RESEARCH_NOTICE } from '../page/page.ts';
import type { ObservedStructure, ObserversComparison } from './compareObservers.ts';

export const METHOD_NAMES: Readonly<Record<ObserversComparison['method'], string>> = { majority: 'majority', staple: 'STAPLE' };

/** One observer over all structures. */
export interface ReportedObserver {
  name: string;
  set: ReportedSet;
  /** How many structures of the comparison the observer drew, and which not. */
  drew: number;
  missing: string[];
  /** Mean DSC against the consensus, a structure that the observer missed counted as 0; absent where there is no consensus of anything. */
  meanDsc?: number;
  /** Mean and standard deviation of the volumes' bias, as shares of the consensus, of what the observer drew. */
  meanBiasShare?: number;
  sdBiasShare?: number;
}

export interface ReportedStructure extends Omit<ObservedStructure, 'consensus' | 'slices'> {
  /** Names of the observers who did not draw it. */
  missing: string[];
  consensus?: { volumeCc: number; observers: number; regionCc: number; tiedCc?: number; prior?: number; iterations?: number };
  /** The slice with the largest area that some of those who drew the structure drew and others not. */
  worstSlice: { slice: number; apartMm2: number };
  /** What observers reach among themselves, as published. */
  published?: ObserverBand;
}

/** A comparison of observers: all that its page shows but for pictures. Plain JSON, without patient name and id. */
export interface ObserversReport extends Pick<CaseReport, 'notice' | 'rondoVersion' | 'createdAt' | 'ct' | 'refusedNames' | 'notes'> {
  schema: 'rondo-observers-report/1';
  method: ObserversComparison['method'];
  observers: ReportedObserver[];
  structures: ReportedStructure[];
  /** Names that nobody drew a voxel of. */
  empty: string[];
  definitions: Record<string, string>;
}

export interface ObserversInput extends Pick<CaseReport, 'rondoVersion' | 'refusedNames' | 'notes'> {
  at: Date;
  ct: CaseInput['ct'];
  comparison: ObserversComparison;
  /** By name of the observer. */
  sets: ReadonlyMap<string, ReportedSet>;
  /** The standard name of a structure, where it is known by another. */
  standardName: (structure: string) => string;
}

/** The report of a comparison of observers. Every structure of any of them stands in it once. */
export function makeObserversReport({ at, ct, comparison, sets, standardName, ...input }: ObserversInput): ObserversReport {
  const { method, observers, structures } = comparison;
  return {
    schema: 'rondo-observers-report/1',
    notice: RESEARCH_NOTICE,
    createdAt: at.toISOString(),
    ct: reportedCt(ct),
    rondoVersion: input.rondoVersion,
    refusedNames: input.refusedNames,
    notes: [...input.notes, ...worseThanChance(comparison)],
    method,
    observers: observers.flatMap(({ name }, observer) => {
      const set = sets.get(name);
      return set === undefined ? [] : [reportedObserver(name, observer, set, structures)];
    }),
    structures: structures.map((structure) => reportedStructure(structure, observers.map(({ name }) => name), observerBand(standardName(structure.name)))),
    empty: [...comparison.empty],
    definitions: observerDefinitions(method),
  };
}

/** What each figure of a comparison of observers is. */
export function observerDefinitions(method: ObserversComparison['method']): Record<string, string> {
  return {
    consensus: consensusDefinitions[method],
    dsc: `${definitions.dsc.definition}; of a pair, and of an observer and the consensus; 0 where one of them did not draw the structure`,
    hd95Mm: definitions.hd95Mm.definition,
    msdMm: definitions.msdMm.definition,
    surfaceDsc: definitions.surfaceDsc.definition,
    conformityIndex: 'generalised conformity index: sum over all pairs of the volumes in common / sum over all pairs of the volumes encompassed; who did not draw the structure takes part with nothing (Kouwenhoven 2009)',
    volumeVariation: 'standard deviation (n − 1) / mean of the volumes of those who drew it',
    sensitivity: 'share of the consensus that the observer drew',
    specificity: `share of what lies within ${REGION_MM} mm of what anybody drew, outside the consensus, that the observer left out`,
    biasCc: 'volume of the observer − volume of the consensus',
  };
}

function reportedObserver(name: string, observer: number, set: ReportedSet, structures: readonly ObservedStructure[]): ReportedObserver {
  const drawn = structures.filter(({ volumesCc }) => volumesCc[observer] > 0);
  const against = structures.flatMap((structure) => structure.against[observer] ?? []);
  const { mean: meanDsc } = describeSample(against.map(({ dsc }) => dsc));
  const bias = describeSample(against.flatMap(({ biasShare }) => biasShare ?? []));
  return {
    name,
    set,
    drew: drawn.length,
    missing: structures.filter((structure) => !drawn.includes(structure)).map((structure) => structure.name),
    ...(meanDsc !== undefined && { meanDsc }),
    ...(bias.mean !== undefined && { meanBiasShare: bias.mean }),
    ...(bias.sd !== undefined && { sdBiasShare: bias.sd }),
  };
}

function reportedStructure({ consensus, slices, ...structure }: ObservedStructure, names: readonly string[], published: ObserverBand | undefined): ReportedStructure {
  const drawn = structure.volumesCc.filter((cc) => cc > 0).length;
  const [from, ...others] = slices;
  const most = others.reduce((worst, slice) => (apartMm2(slice) > apartMm2(worst) ? slice : worst), from);
  return {
    ...structure,
    worstSlice: { slice: most.slice, apartMm2: apartMm2(most) },
    missing: names.filter((_name, observer) => structure.volumesCc[observer] === 0),
    ...(consensus && { consensus: { volumeCc: consensus.mask.volumeCc, observers: drawn, regionCc: consensus.regionCc, ...(consensus.tiedCc !== undefined && { tiedCc: consensus.tiedCc }), ...consensus.staple } }),
    ...(published && { published }),
  };
}

function apartMm2({ anyMm2, allMm2 }: SliceVotes): number {
  return anyMm2 - allMm2;
}

/** Where STAPLE turns an observer's contour against itself: seen in nobody who drew what the others mean. */
function worseThanChance({ observers, structures }: ObserversComparison): string[] {
  return structures.flatMap(({ name, consensus, against }) => (consensus?.staple === undefined ? [] : against.flatMap(({ observer, sensitivity = 1, specificity = 1 }) => (sensitivity + specificity >= 1 ? [] : [`${name}: STAPLE takes what ${observers[observer].name} drew for a sign against it (sensitivity + specificity below 1). Look whether the same structure is meant.`]))));
}
