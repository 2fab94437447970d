import { z } from 'zod';

const instant = z.iso.datetime();

/** What made the images: nothing of a patient. */
const scan = z.object({ manufacturer: z.string().optional(), model: z.string().optional(), kernel: z.string().optional(), sliceGapMm: z.number() });

/** A structure that was asked for; `name` is the standard one where it has one. */
const asked = { name: z.string(), model: z.string().describe('Name of the model; missing in sets of an older Rondo').optional() };

const madeSet = z.object({
  sopInstanceUid: z.string(),
  madeAt: instant,
  protocol: z.string(),
  models: z.array(z.object({ name: z.string(), version: z.string(), sha256: z.array(z.string()) })),
  scan: scan.describe('Missing in sets of an older Rondo').optional(),
  found: z.array(z.object({ ...asked, volumeCc: z.number() })),
  notFound: z.array(z.object({ ...asked, reason: z.string() })),
});

/** Figures of one structure of a set that the service made (test), held against a corrected one (reference). A missed structure has a DSC of 0. */
export const comparisonFigures = z.strictObject({
  presence: z.enum(['both', 'missed', 'extra']).describe('"missed": the corrected set alone holds it; "extra": the corrected set holds it no more'),
  dsc: z.number().optional(),
  hd95Mm: z.number().optional(),
  msdMm: z.number().optional(),
  surfaceDsc: z.number().optional(),
  toleranceMm: z.number(),
  addedPathMm: z.number().optional(),
  referenceCc: z.number(),
  testCc: z.number(),
});

const recorded = z.object({ recordedAt: instant, sopInstanceUid: z.string(), referenceUid: z.string(), structure: z.string(), figures: comparisonFigures });

/** What the service's database knows of how its contours develop. Times are ISO 8601, UTC; oldest first. */
export const trendRecords = z.object({
  sets: z.array(madeSet),
  comparisons: z.array(recorded).describe('Of those sets; of several of one set and structure the one recorded last'),
  unread: z.int().min(0).describe('Sets whose summary is not as this Rondo writes it'),
});
export type TrendRecords = z.infer<typeof trendRecords>;

/** A comparison to be kept, structures by their ROI names in the set that the service made. */
export const newComparison = z.strictObject({
  sopInstanceUid: z.string().describe('The structure set that the service made'),
  referenceUid: z.string().describe('The corrected structure set'),
  seriesInstanceUid: z.string().describe('The CT of both'),
  structures: z.array(z.strictObject({ name: z.string().max(64), figures: comparisonFigures })).min(1).max(500),
});
export type NewComparison = z.infer<typeof newComparison>;

/** The part of a stored summary that a trend needs; it is written by the service's `CaseSummary`. */
const structureOf = z.object({ name: z.string(), standardName: z.string().optional(), model: z.string().optional() });
export const storedSummary = z.object({
  protocol: z.string(),
  models: madeSet.shape.models,
  scan: scan.optional(),
  structures: z.array(structureOf.extend({ volumeCc: z.number() })),
  notFound: z.array(structureOf.extend({ reason: z.string() })),
});
