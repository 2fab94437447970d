import { goalThresholds, judge, leastScoredCc, type JudgedFigure, type Thresholds } from '../goals/index.ts';
import { Mask, type VolumeGeometry } from '../geometry/index.ts';
import { definitions, pairMetrics, surfaceTolerance, undefinedReasons, type Figure, type PairMetrics } from '../metrics/index.ts';
import type { CaseReport, CaseStructure, ReportedMetrics } from './caseReport.ts';
import { meanDsc, type Comparison, type ComparisonOptions, type NamedMask } from './comparison.ts';
import type { Verdict } from './page/figures.ts';
import { RESEARCH_NOTICE } from './page/page.ts';

/** What a case report is made of. */
export interface CaseInput extends Pick<CaseReport, 'rondoVersion' | 'reference' | 'test' | 'protocol' | 'guideline' | 'refusedNames' | 'notes'> {
  ct: { studyInstanceUid: string; seriesInstanceUid: string; geometry: VolumeGeometry };
  at: Date;
  comparison: Comparison;
  /** By which it was made. */
  options: ComparisonOptions;
  /** The structures of both sets, by the names of the comparison. */
  masks: { reference: readonly NamedMask[]; test: readonly NamedMask[] };
  /** Names that the test spells otherwise, by the name in the comparison. */
  testNames: ReadonlyMap<string, string>;
  /** Thresholds of a structure and where they come from; goals (`goalThresholds`) without. */
  thresholds?: { source: string; of: (structure: string) => Thresholds | undefined } | undefined;
  /** The standard name of a structure, where it is known by another. */
  standardName: (structure: string) => string;
}

const GOALS = "Rondo's goals, which are for means over cases (docs/training.md): a case below one calls for a look";

/** The report of a comparison. Every structure of either set stands in it once. */
export function makeCaseReport({ ct, at, comparison, options, masks, testNames, thresholds = { source: GOALS, of: goalThresholds }, standardName, ...input }: CaseInput): CaseReport {
  const { geometry } = ct;
  const maskOf = (side: 'reference' | 'test', name: string): Mask => masks[side].find((one) => one.name === name)?.mask ?? Mask.empty(geometry);
  const base = (name: string): Pick<CaseStructure, 'name' | 'testName' | 'referenceCc' | 'testCc'> => {
    const testName = testNames.get(name);
    return { name, ...(testName !== undefined && { testName }), referenceCc: maskOf('reference', name).volumeCc, testCc: maskOf('test', name).volumeCc };
  };
  const structures = new Map<string, CaseStructure>();
  for (const compared of comparison.structures) {
    const standard = standardName(compared.name);
    const judged = judgedFigures(compared, thresholds.of(standard));
    structures.set(compared.name, { ...base(compared.name), presence: 'both', ...verdictOf(judged, compared, leastScoredCc(standard)), judged, metrics: metricsOf(compared, geometry) });
  }
  for (const { name, in: lacking } of comparison.missing) {
    structures.set(name, {
      ...base(name),
      presence: lacking === 'test' ? 'missed' : 'extra',
      verdict: 'fail',
      reason: lacking === 'test' ? 'missed: the reference holds it, the test does not' : 'invented: the test holds it, the reference does not',
      judged: [],
      metrics: metricsOf(pairMetrics(maskOf('reference', name), maskOf('test', name), { toleranceMm: surfaceTolerance(name).mm, ...options }), geometry),
    });
  }
  for (const name of comparison.empty) structures.set(name, { ...base(name), presence: 'neither', verdict: 'not scored', reason: 'empty on both sides', judged: [] });
  const mean = meanDsc(comparison);
  return {
    schema: 'rondo-case-report/1',
    notice: RESEARCH_NOTICE,
    createdAt: at.toISOString(),
    ct: reportedCt(ct),
    ...input,
    thresholds: thresholds.source,
    ...(mean !== undefined && { meanDsc: mean }),
    structures: [...new Set([...masks.reference, ...masks.test].map(({ name }) => name))].flatMap((name) => structures.get(name) ?? []),
    definitions,
  };
}

/** What a report says of the CT. */
export function reportedCt({ studyInstanceUid, seriesInstanceUid, geometry }: CaseInput['ct']): CaseReport['ct'] {
  const gaps = geometry.sliceGapsMm();
  return {
    studyInstanceUid,
    seriesInstanceUid,
    frameOfReferenceUid: geometry.frameOfReferenceUid,
    columns: geometry.size[0],
    rows: geometry.size[1],
    slices: geometry.size[2],
    columnSpacingMm: geometry.columnSpacingMm,
    rowSpacingMm: geometry.rowSpacingMm,
    leastSliceGapMm: Math.min(...gaps),
    mostSliceGapMm: Math.max(...gaps),
  };
}

function judgedFigures(metrics: PairMetrics, thresholds: Thresholds = {}): CaseStructure['judged'] {
  return Object.entries(thresholds).flatMap(([name, threshold]) => {
    const figure = name as JudgedFigure;
    const value = metrics[figure];
    return value === undefined ? [] : [{ figure, pass: threshold.pass, ...(threshold.fail !== undefined && { fail: threshold.fail }), value, verdict: judge(figure, value, threshold) }];
  });
}

/** The worst of what was judged. */
function verdictOf(judged: CaseStructure['judged'], { referenceCc, dsc }: PairMetrics, leastCc: number): { verdict: Verdict; reason?: string } {
  // Missed where it is and invented where it is not.
  if (dsc === 0 && referenceCc >= leastCc) return { verdict: 'fail', reason: 'elsewhere: test and reference have no voxel in common' };
  if (judged.length === 0) return { verdict: 'not scored', reason: 'no threshold is set for it' };
  if (referenceCc < leastCc) return { verdict: 'not scored', reason: `the reference holds less than ${leastCc} cm³ of it: a sliver at the edge of the scan, of which overlap says nothing` };
  return { verdict: (['fail', 'look'] as const).find((worst) => judged.some(({ verdict }) => verdict === worst)) ?? 'pass' };
}

function metricsOf(compared: PairMetrics, geometry: VolumeGeometry): ReportedMetrics {
  const { toleranceMm, addedPathToleranceMm, otherDistances, centroidShiftLpsMm, extents, slices, surfaceMap, undefinedBecause } = compared;
  const figures = Object.keys(definitions).flatMap((name) => {
    const value = compared[name as Figure];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    figures: Object.fromEntries(figures),
    undefinedBecause: Object.fromEntries(Object.entries(undefinedBecause).map(([figure, reason]) => [figure, undefinedReasons[reason]])),
    toleranceMm,
    addedPathToleranceMm,
    otherDistances,
    ...(centroidShiftLpsMm && { centroidShiftLpsMm: [centroidShiftLpsMm[0], centroidShiftLpsMm[1], centroidShiftLpsMm[2]] }),
    ...(extents && { extents }),
    slices: slices.map((slice) => ({ ...slice, positionMm: geometry.headwardMm(slice.slice) })).sort(headwards),
    ...(surfaceMap && { surfaceMap: { ...surfaceMap, rings: [...surfaceMap.rings].sort(headwards), directions: [...surfaceMap.directions], farthest: { ...surfaceMap.farthest, pointMm: [surfaceMap.farthest.pointMm[0], surfaceMap.farthest.pointMm[1], surfaceMap.farthest.pointMm[2]] } } }),
  };
}

/** From the feet to the head, however the slices run. */
function headwards(one: { positionMm: number }, other: { positionMm: number }): number {
  return one.positionMm - other.positionMm;
}
