import { z } from 'zod';
import { RondoError } from '../../errors.ts';
import { JUDGED_FIGURES, type JudgedFigure } from '../../goals/index.ts';

/** Version of what a study's JSON holds; another one is refused. */
export const STUDY_SCHEMA = 'rondo-study-report/1';

const interval = z.strictObject({ low: z.number(), high: z.number() });

const description = z.strictObject({
  count: z.number().int(),
  mean: z.number().optional(),
  sd: z.number().optional(),
  min: z.number().optional(),
  p5: z.number().optional(),
  q1: z.number().optional(),
  median: z.number().optional(),
  q3: z.number().optional(),
  max: z.number().optional(),
});

/** The figures of `PairMetrics` that a study keeps of each case. */
export const STUDY_FIGURES = ['dsc', 'hd95Mm', 'pooledHd95Mm', 'msdMm', 'surfaceDsc', 'addedPathMm', 'addedPathShare', 'centroidShiftMm', 'volumeRatio'] as const;

const resultSchema = z.strictObject({
  name: z.string(),
  /**
   * `found`: both hold it. `missed`: the reference alone. `invented`: the test alone. `too small`: the reference holds a sliver, of which overlap says
   * nothing. `absent`: neither holds it.
   */
  outcome: z.enum(['found', 'missed', 'invented', 'too small', 'absent']),
  /** Why it was withheld, where whatever contoured said so. */
  reason: z.string().optional(),
  referenceCc: z.number(),
  testCc: z.number(),
  /** τ of the surface DSC. */
  toleranceMm: z.number(),
  ...Object.fromEntries(STUDY_FIGURES.map((figure) => [figure, z.number().optional()])) as Record<(typeof STUDY_FIGURES)[number], z.ZodOptional<z.ZodNumber>>,
});

const makerSchema = z.strictObject({ name: z.string(), version: z.string(), parameters: z.string().optional() });

export const caseSchema = z.strictObject({
  /** Name of its folder. */
  id: z.string(),
  /** SHA-256 of what was compared: only cases of the same CT and reference are paired. */
  inputs: z.strictObject({ ct: z.string(), reference: z.string(), test: z.string() }),
  seriesInstanceUid: z.string(),
  /** Of the scan and of case.yaml, to group by. */
  facts: z.record(z.string(), z.string()),
  /** The protocol that contoured it; absent where the test set was given. */
  protocol: z.string().optional(),
  /** What drew the test's structures, as its file says. */
  makers: z.array(makerSchema),
  trainedOnSynthetic: z.boolean(),
  /** The page of the case, relative to the report. */
  page: z.string().optional(),
  problems: z.array(z.string()),
  structures: z.array(resultSchema),
});

const thresholdSchema = z.strictObject({ pass: z.number(), fail: z.number().optional() });

const summarySchema = z.strictObject({
  name: z.string(),
  verdict: z.enum(['pass', 'look', 'fail', 'not scored']),
  /** What a case, and the mean over cases, is judged by. */
  thresholds: z.partialRecord(z.enum(Object.keys(JUDGED_FIGURES) as [JudgedFigure, ...JudgedFigure[]]), thresholdSchema),
  /** Cases that count: found, missed and invented. */
  counted: z.number().int(),
  found: z.number().int(),
  missed: z.number().int(),
  /** Of the missed, those whose reason was said. */
  withheld: z.number().int(),
  invented: z.number().int(),
  absent: z.number().int(),
  tooSmall: z.number().int(),
  /** Cases that pass by themselves, of those that count; absent without thresholds. */
  passed: z.number().int().optional(),
  /** Where it was found. */
  dsc: description,
  hd95Mm: description,
  msdMm: description,
  surfaceDsc: description,
  addedPathShare: description,
  /** Missed and invented as 0. */
  dscCounted: description,
  dscCountedMean95: interval.optional(),
  /** Test − reference in cm³, where found: Bland and Altman 1986. */
  volumeBias: z.strictObject({ bias: z.number(), limits: interval }).optional(),
  /** Of test − reference over the mean of both, cm³ per cm³: Theil–Sen. */
  volumeSlope: z.strictObject({ slope: z.number(), interval }).optional(),
  /** Of the counted DSC, in the order of the cases. */
  limits: z.strictObject({ centre: z.number(), low: z.number(), high: z.number() }).optional(),
});

const groupSchema = z.strictObject({
  fact: z.string(),
  values: z.array(z.strictObject({
    value: z.string(),
    cases: z.number().int(),
    structures: z.array(z.strictObject({ name: z.string(), counted: z.number().int(), failed: z.number().int(), dscCountedMean: z.number().optional(), dscCountedMedian: z.number().optional() })),
  })),
});

const changeSchema = z.strictObject({
  name: z.string(),
  pairs: z.number().int(),
  better: z.number().int(),
  worse: z.number().int(),
  equal: z.number().int(),
  failuresBefore: z.number().int(),
  failuresNow: z.number().int(),
  medianDifference: z.number(),
  interval: interval.optional(),
  p: z.number().optional(),
  pHolm: z.number().optional(),
  method: z.enum(['exact', 'normal approximation']).optional(),
  /** What that says, in words. */
  words: z.string(),
});

const againstSchema = z.strictObject({
  rondo: z.string(),
  madeAt: z.string(),
  makers: z.array(makerSchema),
  pairedCases: z.number().int(),
  notPaired: z.array(z.strictObject({ id: z.string(), reason: z.string() })),
  /** Differences are of the counted DSC, now − before. */
  dsc: z.array(changeSchema),
  /** Of HD95 in mm, where both found the structure. */
  hd95Mm: z.array(changeSchema),
  /** Cases of now, not of then, outside the control limits of then. */
  outside: z.array(z.strictObject({ id: z.string(), name: z.string(), dscCounted: z.number(), low: z.number(), high: z.number() })),
});

const studySchema = z.strictObject({
  schema: z.literal(STUDY_SCHEMA),
  title: z.string(),
  madeAt: z.string(),
  rondo: z.string(),
  cases: z.array(caseSchema),
  /** Where the thresholds come from. */
  thresholds: z.string(),
  /** Cases without a result. */
  failed: z.array(z.strictObject({ id: z.string(), code: z.string(), message: z.string() })),
  structures: z.array(summarySchema),
  /** Names that were not judged, and why. */
  notJudged: z.array(z.strictObject({ name: z.string(), reason: z.string() })),
  outliers: z.array(z.strictObject({ id: z.string(), name: z.string(), reasons: z.array(z.string()), dscCounted: z.number(), hd95Mm: z.number().optional() })),
  groups: z.array(groupSchema),
  against: againstSchema.optional(),
  definitions: z.record(z.string(), z.string()),
});

export type StudyCase = z.infer<typeof caseSchema>;
export type StructureResult = z.infer<typeof resultSchema>;
export type StructureSummary = z.infer<typeof summarySchema>;
export type StudyGroup = z.infer<typeof groupSchema>;
export type Outlier = StudyReport['outliers'][number];
export type Change = z.infer<typeof changeSchema>;
export type StudyAgainst = z.infer<typeof againstSchema>;
export type Maker = z.infer<typeof makerSchema>;
export type StudyReport = z.infer<typeof studySchema>;

/**
 * A study as `rondo evaluate` writes it.
 * @throws RondoError `study-report-invalid`
 */
export function readStudyReport(text: string, file: string): StudyReport {
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch (cause) {
    throw new RondoError('study-report-invalid', 'The earlier report is not JSON. Give the report.json that "rondo evaluate" wrote.', { file }, { cause });
  }
  const parsed = studySchema.safeParse(plain);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new RondoError('study-report-invalid', `The earlier report is not one of schema ${STUDY_SCHEMA}: ${path.join('.') || 'the whole'}: ${message}. Give a report.json that this version of "rondo evaluate" wrote.`, { file });
}
