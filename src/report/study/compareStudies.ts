import { bootstrapInterval, holm, median, wilcoxonSignedRank } from '../../statistics/index.ts';
import { countedDsc, counts, resultsOf, type CaseResult } from './counted.ts';
import { makersOf } from './makers.ts';
import type { Change, StudyAgainst, StudyCase, StudyReport } from './studyReport.ts';

const ALPHA = 0.05;

interface Pair {
  before: CaseResult;
  now: CaseResult;
}

/** One figure of a pair, and which way is better. */
interface Compared {
  of: (result: CaseResult) => number | undefined;
  isHigherBetter: boolean;
  digits: number;
  unit: string;
}

const DSC: Compared = { of: countedDsc, isHigherBetter: true, digits: 3, unit: '' };
const HD95: Compared = { of: ({ outcome, hd95Mm }) => (outcome === 'found' ? hd95Mm : undefined), isHigherBetter: false, digits: 2, unit: ' mm' };

/** Two versions on the same cases, joined by folder name where CT and reference are byte for byte the same. */
export function compareStudies(cases: readonly StudyCase[], names: readonly string[], earlier: StudyReport): StudyAgainst {
  const notPaired: StudyAgainst['notPaired'] = [];
  const paired = cases.filter(({ id, inputs }) => {
    const before = earlier.cases.find((one) => one.id === id);
    if (before?.inputs.ct === inputs.ct && before.inputs.reference === inputs.reference) return true;
    notPaired.push({ id, reason: before === undefined ? 'not in the earlier report' : 'its CT or reference has changed' });
    return false;
  });
  const ids = new Set(paired.map(({ id }) => id));
  for (const { id } of earlier.cases) if (!cases.some((one) => one.id === id)) notPaired.push({ id, reason: 'in the earlier report only' });
  const pairsOf = (name: string): Pair[] => {
    const before = new Map(resultsOf(earlier.cases, name).filter(counts).map((result) => [result.id, result]));
    return resultsOf(paired, name).filter(counts).flatMap((now) => {
      const own = before.get(now.id);
      return own === undefined ? [] : [{ before: own, now }];
    });
  };
  return {
    rondo: earlier.rondo,
    madeAt: earlier.madeAt,
    makers: makersOf(earlier.cases),
    pairedCases: paired.length,
    notPaired,
    dsc: changesOf(names, pairsOf, DSC),
    hd95Mm: changesOf(names, pairsOf, HD95),
    outside: earlier.structures.flatMap(({ name, limits }) =>
      limits === undefined ? [] : resultsOf(cases, name).filter(counts).filter(({ id }) => !ids.has(id)).map((result) => ({ id: result.id, name, dscCounted: countedDsc(result), low: limits.low, high: limits.high })).filter(({ dscCounted, low, high }) => dscCounted < low || dscCounted > high)),
  };
}

/** The changes of all structures, their p-values corrected for their number. */
function changesOf(names: readonly string[], pairsOf: (name: string) => Pair[], compared: Compared): Change[] {
  const changes = names.flatMap((name) => changeOf(name, pairsOf(name), compared));
  const tested = changes.flatMap(({ p }) => p ?? []);
  const corrected = holm(tested);
  return changes.map((change) => {
    const pHolm = change.p === undefined ? undefined : corrected.shift();
    return { ...change, ...(pHolm !== undefined && { pHolm }), words: wordsOf(change, pHolm, compared) };
  });
}

function changeOf(name: string, pairs: readonly Pair[], { of, isHigherBetter }: Compared): Omit<Change, 'words' | 'pHolm'>[] {
  const valued = pairs.filter(({ before, now }) => of(before) !== undefined && of(now) !== undefined);
  if (valued.length === 0) return [];
  const differences = valued.map(({ before, now }) => (of(now) ?? 0) - (of(before) ?? 0));
  const [rising, falling] = [differences.filter((difference) => difference > 0).length, differences.filter((difference) => difference < 0).length];
  const interval = bootstrapInterval(differences, median, 'percentile');
  const test = wilcoxonSignedRank(differences);
  const failures = (side: keyof Pair): number => valued.filter((pair) => pair[side].outcome !== 'found').length;
  return [{
    name,
    pairs: valued.length,
    better: isHigherBetter ? rising : falling,
    worse: isHigherBetter ? falling : rising,
    equal: valued.length - rising - falling,
    failuresBefore: failures('before'),
    failuresNow: failures('now'),
    medianDifference: median(differences),
    ...(interval && { interval }),
    ...(test && { p: test.p, method: test.method }),
  }];
}

/** The direction is that of the ranks, which the p-value is of; the median may be 0 where most pairs are equal. */
function wordsOf({ better, worse, equal, medianDifference }: Omit<Change, 'words' | 'pHolm'>, pHolm: number | undefined, { digits, unit }: Compared): string {
  const cases = `better in ${better}, worse in ${worse}, equal in ${equal}`;
  if (pHolm === undefined) return 'no case differs';
  if (pHolm >= ALPHA) return `no difference shown (${cases})`;
  const size = `${Math.abs(medianDifference).toFixed(digits)}${unit}`;
  return `${better > worse ? 'better' : 'worse'} now, by ${size} in the median (${cases})`;
}
