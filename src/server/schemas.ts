import { z } from 'zod';
import { isUid } from '../dicom/index.ts';
import { DELIVERY_STATES, JOB_STATES, newComparison, trendRecords } from '../jobs/index.ts';

/** Schemas by the names that the OpenAPI document gives them. */
export const schemaNames = z.registry<{ id: string }>();

function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  schemaNames.add(schema, { id });
  return schema;
}

const uid = z.string().max(64).refine(isUid, 'expected a UID: numbers joined by dots, at most 64 characters (PS3.5, section 9)').describe('UID (PS3.5, section 9)');
/** Never a path: only the service's own folders are looked in. */
const name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected a name: small letters and digits in words joined by hyphens').max(64);
const state = z.enum(JOB_STATES as [(typeof JOB_STATES)[number], ...typeof JOB_STATES]);
const instant = z.iso.datetime();
const count = z.int().min(0);

// What comes in.

export const jobParams = z.strictObject({ id: z.uuid().describe('Job') });
export const deliveryParams = jobParams.extend({ destination: name.describe('Destination') });

export const jobListQuery = z.strictObject({
  state: z.union([state, z.array(state).min(1).max(JOB_STATES.length)]).describe('Only jobs of this state; given several times, of any of these').optional(),
  limit: z.coerce.number().int().min(1).max(200).describe('Jobs at most').default(50),
  before: z.uuid().describe('Only jobs older than this one: "next" of the page before').optional(),
});

export const submissionBody = named('Submission', z.strictObject({
  studyInstanceUid: uid,
  seriesInstanceUid: uid,
  archive: name.describe('Name of the archive that has the series; Rondo\'s own without it').optional(),
  protocol: name.describe('Name of the protocol; the rules choose one without it').optional(),
  priority: z.int().min(-100).max(100).describe('Greater is sooner').optional(),
  destinations: z.array(name).min(1).max(100).refine((names) => new Set(names).size === names.length, 'expected each name once').describe('Names of the destinations of the result; those of the rule, else of the protocol, else all without it').optional(),
}));

export const protocolBody = named('ProtocolChoice', z.strictObject({ protocol: name.describe('Name of the protocol') }));

export const trendQuery = z.strictObject({
  since: z.iso.datetime().describe('Only sets made then or later').optional(),
  protocol: name.describe('Only sets of this protocol').optional(),
});
export const comparisonBody = named('Comparison', newComparison);

// What goes out. Keys that are not named here never do.

export const errorAnswerSchema = named('Error', z.object({
  error: z.object({ code: z.string().describe('Stable, for programs'), message: z.string().describe('What was wrong, what was expected, what to do'), id: z.uuid().describe('Of a fault of the server: under it the log has the reason').optional() }),
}));

const problem = named('Problem', z.object({ code: z.string(), message: z.string(), cure: z.string().describe('What a person can do') }));
const progress = named('Progress', z.object({ stage: z.string(), done: z.number(), total: z.number() }));

const delivery = named('Delivery', z.object({
  destination: z.string(),
  state: z.enum(DELIVERY_STATES).describe('"delivered": the destination said that it has it; "verified": it was read back there'),
  attempts: count,
  nextAttemptAt: instant.describe('Of one that is waiting').optional(),
  problem: problem.describe('Why the last attempt failed').optional(),
}));

const jobShape = {
  id: z.uuid(),
  state,
  priority: z.int(),
  protocol: z.string().describe('Missing while none is chosen').optional(),
  origin: z.string().describe('How it came'),
  studyInstanceUid: z.string().describe('Missing once the retention rules have deleted it').optional(),
  seriesInstanceUid: z.string(),
  attempts: count,
  problem: problem.describe('Why it waits, was put off or failed').optional(),
  progress: progress.optional(),
  notes: z.array(z.string()).describe('What the user should know of the structure set: of the scan, of structures that were not found, of single structures by their names'),
  structureSetUid: z.string().describe('SOP Instance UID of the structure set').optional(),
  notBefore: instant.describe('Put off until then').optional(),
  createdAt: instant,
  changedAt: instant,
  deliveries: z.array(delivery),
};

export const jobSchema = named('Job', z.object(jobShape));
export type JobAnswer = z.infer<typeof jobSchema>;

const eventShape = { at: instant, who: z.string(), what: z.string(), from: state.optional(), to: state.optional() };
export const jobDetailSchema = named('JobDetail', z.object({ ...jobShape, events: z.array(z.object({ ...eventShape, details: z.record(z.string(), z.unknown()).optional() })).describe('Oldest first') }));

export const jobListSchema = named('JobList', z.object({
  jobs: z.array(jobSchema).describe('Newest first'),
  counts: z.record(state, count).describe('Jobs of each state, whatever was asked for'),
  next: z.uuid().describe('Where there are more: "before" of the next page').optional(),
}));

/** Data of the event "job" of the stream. */
export const jobChangeSchema = named('JobChange', z.object({ event: z.object(eventShape).describe('What happened'), job: jobSchema.describe('The job as it is now') }));
/** Data of the event "progress" of the stream. */
export const jobProgressSchema = named('JobProgress', z.object({ id: z.uuid().describe('Job'), progress }));

export const summarySchema = named('StructureSetSummary', z.object({
  sopInstanceUid: z.string(), sha256: z.string().describe('Of the file, in hexadecimal digits'), createdAt: instant, kept: z.boolean().describe('Whether the file has not been deleted by the retention rules'),
  notes: z.array(z.string()), summary: z.record(z.string(), z.unknown()),
}));

export const trendSchema = named('Trend', trendRecords);
export const recordedSchema = named('Recorded', z.object({ recorded: count }));

export const protocolsSchema = named('Protocols', z.array(z.object({ name: z.string(), title: z.string() })));
export const modelsSchema = named('Models', z.array(z.looseObject({ name: z.string(), version: z.string() })));
export const destinationsSchema = named('Destinations', z.array(z.object({ name: z.string(), kind: z.string() })));
export const callerSchema = named('Caller', z.object({ who: z.string(), role: z.string(), permissions: z.array(z.string()), keyNeeded: z.boolean().describe('Whether authentication is configured') }));
export const aliveSchema = named('Alive', z.object({ status: z.literal('alive'), version: z.string() }));
export const readySchema = named('Ready', z.object({ ready: z.boolean(), checks: z.array(z.object({ name: z.string(), ok: z.boolean(), needed: z.boolean().describe('False for what the service can work without').optional(), detail: z.string().describe('Only where no authentication is configured; the log has it always').optional() })) }));
export const documentSchema = named('OpenApiDocument', z.looseObject({ openapi: z.string() }));
