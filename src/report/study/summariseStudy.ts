import type { Thresholds } from '../../goals/index.ts';
import { definitions } from '../../metrics/index.ts';
import { blandAltman, BOOTSTRAP, bootstrapInterval, controlLimits, describeSample, mean, median, theilSen } from '../../statistics/index.ts';
import { compareStudies } from './compareStudies.ts';
import { countedDsc, counts, meanPasses, passes, resultsOf, type CaseResult } from './counted.ts';
import { findOutliers } from './outliers.ts';
import { STUDY_FIGURES, STUDY_SCHEMA, type StructureSummary, type StudyCase, type StudyGroup, type StudyReport } from './studyReport.ts';

export interface Study {
  title: string;
  /** ISO 8601. */
  madeAt: string;
  /** Version of Rondo. */
  rondo: string;
  cases: readonly StudyCase[];
  failed: StudyReport['failed'];
  /** Structures that were asked for by name: judged even where no test ever holds them. */
  named: readonly string[];
  thresholds: { source: string; of: (structure: string) => Thresholds | undefined };
  /** The report to compare with. */
  earlier?: StudyReport | undefined;
}

/** A fact by which more groups than these would be made says too little of each. */
const MOST_GROUPS = 8;

/** All that is said of many cases, from each case's results. */
export function summariseStudy({ title, madeAt, rondo, cases, failed, named, thresholds, earlier }: Study): StudyReport {
  const { judged, notJudged } = judgedNames(cases, named);
  const structures = judged.map((name) => summaryOf(name, resultsOf(cases, name), thresholds.of(name) ?? {}));
  return {
    schema: STUDY_SCHEMA,
    title,
    madeAt,
    rondo,
    cases: [...cases],
    thresholds: thresholds.source,
    failed,
    structures,
    notJudged,
    outliers: judged.flatMap((name) => findOutliers(resultsOf(cases, name), thresholds.of(name) ?? {})),
    groups: groupsOf(cases, judged),
    ...(earlier !== undefined && { against: compareStudies(cases, judged, earlier) }),
    definitions: {
      ...Object.fromEntries(STUDY_FIGURES.map((figure) => [definitions[figure].title, definitions[figure].definition])),
      'DSC, counted': 'DSC with each missed and each invented structure as 0',
      'Its 95 % CI': `of the mean: bootstrap, BCa, ${BOOTSTRAP.replicates} replicates, seed ${BOOTSTRAP.seed}`,
      'Percentiles, SD': 'linear between ranks (type 7 of Hyndman and Fan 1996); standard deviation with divisor n − 1',
      'Control limits': 'individuals chart of the counted DSC in the order of the cases: mean ± 2.66 · mean moving range',
      'Bias of volume': 'mean of test − reference in cm³, and 1.96 standard deviations beside it (Bland and Altman 1986)',
      'Slope of the bias': 'test − reference over the mean of both, in cm³ per cm³: Theil–Sen, 95 % interval by Sen 1968',
    },
  };
}

/**
 * A name that one side never holds says nothing of agreement: references hold more than was asked for, and tests have helpers. What a protocol or
 * the user asks for is judged all the same.
 */
function judgedNames(cases: readonly StudyCase[], named: readonly string[]): { judged: string[]; notJudged: StudyReport['notJudged'] } {
  const names = namesInOrder(cases);
  const holds = (name: string, volume: 'referenceCc' | 'testCc'): boolean => cases.some(({ structures }) => structures.some((result) => result.name === name && result[volume] > 0));
  // Of a case that a protocol contoured, only what it asks for is compared.
  const isAsked = (name: string): boolean => named.includes(name) || cases.some(({ protocol, structures }) => protocol !== undefined && structures.some((result) => result.name === name));
  const notJudged = names.flatMap((name) => {
    if (!holds(name, 'referenceCc')) return [{ name, reason: 'no reference holds it' }];
    return holds(name, 'testCc') || isAsked(name) ? [] : [{ name, reason: 'no test holds it: name it by --structure to have it counted as missed' }];
  });
  return { judged: names.filter((name) => !notJudged.some((one) => one.name === name)), notJudged };
}

/** In the order of the structure sets: by their mean place where cases hold different ones. */
function namesInOrder(cases: readonly StudyCase[]): string[] {
  const places = new Map<string, number[]>();
  for (const { structures } of cases) for (const [place, { name }] of structures.entries()) places.set(name, [...(places.get(name) ?? []), place]);
  return [...places].map(([name, own]) => ({ name, place: mean(own) })).sort((a, b) => a.place - b.place).map(({ name }) => name);
}

function summaryOf(name: string, results: readonly CaseResult[], thresholds: Thresholds): StructureSummary {
  const only = (outcome: CaseResult['outcome']): CaseResult[] => results.filter((result) => result.outcome === outcome);
  const [found, missed, invented] = [only('found'), only('missed'), only('invented')];
  const counted = results.filter(counts);
  const dscCounted = counted.map(countedDsc);
  const interval = bootstrapInterval(dscCounted, mean, 'bca');
  const figure = (wanted: 'dsc' | 'hd95Mm' | 'msdMm' | 'surfaceDsc' | 'addedPathShare') => describeSample(found.flatMap((result) => result[wanted] ?? []));
  const [reference, test] = [found.map(({ referenceCc }) => referenceCc), found.map(({ testCc }) => testCc)];
  const volumeBias = blandAltman(reference, test);
  const volumeSlope = theilSen(test.map((cc, index) => (cc + reference[index]) / 2), test.map((cc, index) => cc - reference[index]));
  const limits = controlLimits(dscCounted);
  const passed = counted.filter((result) => passes(thresholds, result)).length;
  const isJudged = Object.keys(thresholds).length > 0;
  return {
    name,
    verdict: isJudged && counted.length > 0 ? verdictOf(meanPasses(thresholds, counted), passed === counted.length) : 'not scored',
    thresholds,
    counted: counted.length,
    found: found.length,
    missed: missed.length,
    withheld: missed.filter(({ reason }) => reason !== undefined).length,
    invented: invented.length,
    absent: only('absent').length,
    tooSmall: only('too small').length,
    ...(isJudged && { passed }),
    dsc: figure('dsc'),
    hd95Mm: figure('hd95Mm'),
    msdMm: figure('msdMm'),
    surfaceDsc: figure('surfaceDsc'),
    addedPathShare: figure('addedPathShare'),
    dscCounted: describeSample(dscCounted),
    ...(interval && { dscCountedMean95: interval }),
    ...(volumeBias && { volumeBias }),
    ...(volumeSlope && { volumeSlope }),
    ...(limits && { limits }),
  };
}

/** `fail`: the mean over the cases falls short. `look`: it passes, but a case does not. */
function verdictOf(doesMeanPass: boolean, doAllPass: boolean): StructureSummary['verdict'] {
  return doesMeanPass ? (doAllPass ? 'pass' : 'look') : 'fail';
}

function groupsOf(cases: readonly StudyCase[], names: readonly string[]): StudyGroup[] {
  return [...new Set(cases.flatMap(({ facts }) => Object.keys(facts)))].flatMap((fact) => {
    const values = [...new Set(cases.flatMap(({ facts }) => facts[fact] ?? []))].sort();
    if (values.length < 2 || values.length > MOST_GROUPS) return [];
    return [{
      fact,
      values: values.map((value) => {
        const own = cases.filter(({ facts }) => facts[fact] === value);
        return { value, cases: own.length, structures: names.map((name) => ofGroup(name, resultsOf(own, name).filter(counts))) };
      }),
    }];
  });
}

function ofGroup(name: string, counted: readonly CaseResult[]): StudyGroup['values'][number]['structures'][number] {
  const dsc = counted.map(countedDsc);
  return {
    name,
    counted: counted.length,
    failed: counted.filter(({ outcome }) => outcome !== 'found').length,
    ...(dsc.length > 0 && { dscCountedMean: mean(dsc), dscCountedMedian: median(dsc) }),
  };
}
