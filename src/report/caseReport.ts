import { z } from 'zod';
import { RondoError } from '../errors.ts';
import { JUDGED_FIGURES, type JudgedFigure } from '../goals/index.ts';
import { definitions, type Figure } from '../metrics/index.ts';

const mm = z.number();
const vector = z.tuple([mm, mm, mm]);
const uid = z.string();
const verdict = z.enum(['pass', 'look', 'fail', 'not scored']);

const structureSet = z.strictObject({
  label: z.string(),
  /** YYYYMMDD and HHMMSS, as the file has them. */
  date: z.string(),
  time: z.string(),
  sopInstanceUid: uid,
  seriesInstanceUid: uid,
  approval: z.enum(['UNAPPROVED', 'APPROVED', 'REJECTED']),
  /** Manufacturer, model and versions. */
  software: z.string(),
  /** Structure Set Description, where Rondo wrote it: models, training data, guideline. */
  description: z.string().optional(),
  /** Algorithms that structures name as theirs, each once. */
  models: z.array(z.strictObject({ name: z.string(), version: z.string(), parameters: z.string().optional(), source: z.string().optional() })),
  structureCount: z.number().int(),
});

const slice = z.strictObject({
  slice: z.number().int(),
  /** Along the patient, rising towards the head: z, where the images are axial. */
  positionMm: mm,
  referenceMm2: z.number(),
  testMm2: z.number(),
  commonMm2: z.number(),
  dsc: z.number(),
  referencePathMm: mm,
  addedPathMm: mm,
});

const surfaceMap = z.strictObject({
  directions: z.tuple([z.string(), z.string(), z.string(), z.string()]),
  angles: z.number().int(),
  rings: z.array(z.strictObject({ positionMm: mm, distancesMm: z.array(mm.nullable()) })),
  farthest: z.strictObject({ pointMm: vector, distanceMm: mm }),
});

const end = z.strictObject({ reference: z.number().int(), test: z.number().int(), slices: z.number().int(), mm });

const figureNames = Object.keys(definitions) as [Figure, ...Figure[]];
const judgedFigures = Object.keys(JUDGED_FIGURES) as [JudgedFigure, ...JudgedFigure[]];

const metrics = z.strictObject({
  figures: z.partialRecord(z.enum(figureNames), z.number()),
  undefinedBecause: z.partialRecord(z.enum(figureNames), z.string()),
  toleranceMm: mm,
  addedPathToleranceMm: mm,
  otherDistances: z.record(z.string(), z.strictObject({ hdMm: mm, hd95Mm: mm, msdMm: mm })),
  centroidShiftLpsMm: vector.optional(),
  extents: z.strictObject({ first: end, last: end }).optional(),
  slices: z.array(slice),
  surfaceMap: surfaceMap.optional(),
});

const structure = z.strictObject({
  /** As the reference calls it; as the test does, where only the test holds it. */
  name: z.string(),
  /** As the test calls it, where that differs. */
  testName: z.string().optional(),
  presence: z.enum(['both', 'missed', 'extra', 'neither']),
  referenceCc: z.number(),
  testCc: z.number(),
  verdict,
  /** Why the verdict is what it is, where no figure says so. */
  reason: z.string().optional(),
  judged: z.array(z.strictObject({ figure: z.enum(judgedFigures), pass: z.number(), fail: z.number().optional(), value: z.number(), verdict })),
  /** Unless it is empty on both sides. */
  metrics: metrics.optional(),
});

const caseReportSchema = z.strictObject({
  schema: z.literal('rondo-case-report/1'),
  notice: z.string(),
  rondoVersion: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.string(),
  ct: z.strictObject({ studyInstanceUid: uid, seriesInstanceUid: uid, frameOfReferenceUid: uid, columns: z.number().int(), rows: z.number().int(), slices: z.number().int(), columnSpacingMm: mm, rowSpacingMm: mm, leastSliceGapMm: mm, mostSliceGapMm: mm }),
  reference: structureSet,
  test: structureSet,
  protocol: z.string().optional(),
  guideline: z.string().optional(),
  thresholds: z.string(),
  meanDsc: z.number().optional(),
  structures: z.array(structure),
  /** Names that were not joined, and why. */
  refusedNames: z.array(z.strictObject({ names: z.array(z.string()), reason: z.string() })),
  notes: z.array(z.string()),
  definitions: z.record(z.string(), z.strictObject({ title: z.string(), unit: z.string().optional(), definition: z.string() })),
});

/** One comparison of two structure sets on one CT: all that a report of it shows but for pictures. Plain JSON, without patient name and id. */
export type CaseReport = z.infer<typeof caseReportSchema>;
export type CaseStructure = CaseReport['structures'][number];
export type ReportedSet = CaseReport['reference'];
export type ReportedMetrics = NonNullable<CaseStructure['metrics']>;

/** Reads what `rondo compare --report` wrote as report.json. @throws RondoError `case-report` */
export function readCaseReport(json: string, file?: string): CaseReport {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw new RondoError('case-report', 'The report of a case is no JSON. Give a report.json that "rondo compare --report" wrote.', { file }, { cause });
  }
  const read = caseReportSchema.safeParse(data);
  if (!read.success) {
    const { path, message } = read.error.issues[0];
    throw new RondoError('case-report', `The report of a case is not as expected at ${path.join('.') || 'its top'}: ${message}. Give a report.json that "rondo compare --report" of this version wrote.`, { file });
  }
  return read.data;
}
