import type { JobState } from './jobStates.ts';

/** Where the images of a job are fetched, by DICOMweb (PS3.18): Rondo's own archive or the hospital's. */
export interface CtSource {
  kind: 'dicomweb';
  /** Base URL of the service; for Rondo's own archive a word that stands for it. */
  url: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
}

/** How the job came. */
export type JobOrigin = 'dimse' | 'stow' | 'folder' | 'archive' | 'api' | 'worklist';

/** What else is known of how it came, for rules that choose a protocol: AE titles, a folder. */
export type JobArrival = Readonly<Record<string, string | undefined>>;

/** Why a job waits, was put off or failed: as in RondoError, with what a person can do. */
export interface Problem {
  code: string;
  message: string;
  cure: string;
}

/** Of a job whose series has not been looked at yet. */
export const LOOKED_AT: Problem = { code: 'series-looked-at', message: 'The series is being looked at.', cure: 'Wait: nothing needs to be done.' };

export interface Progress {
  stage: string;
  done: number;
  total: number;
}

export interface Job {
  id: string;
  state: JobState;
  /** Greater is sooner. */
  priority: number;
  /** Name of the protocol; undefined while none is chosen. */
  protocol: string | undefined;
  /** Undefined once it was purged. */
  source: CtSource | undefined;
  origin: JobOrigin;
  arrival: JobArrival;
  seriesInstanceUid: string;
  /** What makes two requests the same job: the CT instances, the protocol and the versions of its models. One job that is neither failed nor cancelled has it. */
  identity: string | undefined;
  /** How often a worker has begun it. */
  attempts: number;
  /** How often it was put off for what lies outside: an archive that does not answer. */
  postponed: number;
  problem: Problem | undefined;
  progress: Progress | undefined;
  notes: readonly string[];
  /** SOP Instance UID of its structure set. */
  resultSopInstanceUid: string | undefined;
  /** Where its structure set goes; undefined: where all go. */
  destinations: readonly string[] | undefined;
  /** Put off until then. */
  notBefore: Date | undefined;
  /** The worker that has it, and until when it need not show signs of life. */
  lease: { owner: string; until: Date } | undefined;
  createdAt: Date;
  changedAt: Date;
}

/** What happened, by whom: rows that cannot be changed or deleted. */
export interface JobEvent {
  at: Date;
  who: string;
  what: string;
  from: JobState | undefined;
  to: JobState | undefined;
  details: Readonly<Record<string, unknown>> | undefined;
}

/** A row of `rondo.job`. */
export interface JobRow {
  id: string;
  state: JobState;
  priority: number;
  protocol: string | null;
  source: CtSource | null;
  origin: JobOrigin;
  arrival: JobArrival;
  series_uid: string;
  destinations: string[] | null;
  identity: string | null;
  attempts: number;
  postponed: number;
  problem: Problem | null;
  progress: Progress | null;
  notes: string[];
  result_uid: string | null;
  not_before: Date | null;
  lease_owner: string | null;
  lease_until: Date | null;
  created_at: Date;
  changed_at: Date;
}

export function jobOf(row: JobRow): Job {
  return {
    id: row.id,
    state: row.state,
    priority: row.priority,
    protocol: row.protocol ?? undefined,
    source: row.source ?? undefined,
    origin: row.origin,
    arrival: row.arrival,
    seriesInstanceUid: row.series_uid,
    identity: row.identity ?? undefined,
    attempts: row.attempts,
    postponed: row.postponed,
    problem: row.problem ?? undefined,
    progress: row.progress ?? undefined,
    notes: row.notes,
    resultSopInstanceUid: row.result_uid ?? undefined,
    destinations: row.destinations ?? undefined,
    notBefore: row.not_before ?? undefined,
    lease: row.lease_owner !== null && row.lease_until !== null ? { owner: row.lease_owner, until: row.lease_until } : undefined,
    createdAt: row.created_at,
    changedAt: row.changed_at,
  };
}
