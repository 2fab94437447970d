import type { Config } from '../config/index.ts';
import { RT_STRUCTURE_SET_STORAGE } from '../dicom/index.ts';
import type { OutputPlace, Performed } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import type { DeliveryStore, Job, JobStore, Order, OrderReport, StructureSetStore } from '../jobs/index.ts';
import { DICOM_WEB } from './peers.ts';

/** Percent at which the stages of a job begin, and where they end that count: contouring takes most of the time. */
const STAGES: Readonly<Record<string, readonly [begin: number, end: number] | undefined>> = {
  fetching: [1, 15], reading: [15, 17], resampling: [17, 20], loading: [20, 22], network: [22, 70], masks: [70, 74], rules: [74, 76], contours: [76, 90], writing: [90, 92], checking: [92, 95],
};

/** How far a job is, for the worklist. Several models go through their stages one after another: what was reported is never taken back. */
export function progressReport({ state, progress, problem }: Pick<Job, 'state' | 'progress' | 'problem'>, before: OrderReport | undefined): OrderReport {
  const [begin, end] = (progress && STAGES[progress.stage]) ?? [0, 0];
  const share = progress === undefined || progress.total <= 0 ? 0 : Math.min(1, Math.max(0, progress.done / progress.total));
  const percent = state === 'delivering' ? 95 : Math.round(begin + share * (end - begin));
  return { percent: Math.max(percent, before?.percent ?? 0), description: descriptionOf(state, progress?.stage, problem?.message) };
}

function descriptionOf(state: Job['state'], stage: string | undefined, problem: string | undefined): string {
  if (state === 'waiting') return `waits for a person: ${problem ?? ''}`;
  return state === 'received' ? 'waits to be worked on' : (stage ?? state);
}

export interface OutputOptions {
  jobs: JobStore;
  deliveries: DeliveryStore;
  structureSets: StructureSetStore;
  config: Pick<Config, 'destinations'>;
  /** Address of this service, for structure sets that lie in its archive or went to folders only. */
  publicUrl: string;
}

/** What a job has made, and where it can be had. @throws RondoError `structure-set-missing` */
export async function performedBy(job: Job, { studyInstanceUid }: Order, { jobs, deliveries, structureSets, config, publicUrl }: OutputOptions): Promise<Performed> {
  const made = await structureSets.get(job.id);
  if (made === undefined) throw new RondoError('structure-set-missing', `The job ${job.id} is ${job.state} and has no structure set. Look at its events.`);
  const { sopInstanceUid, summary: { seriesInstanceUid } } = made;
  const reached = (await deliveries.list(job.id)).flatMap(({ destination }) => config.destinations.filter(({ name }) => name === destination));
  const instance = `studies/${studyInstanceUid}/series/${String(seriesInstanceUid)}/instances/${sopInstanceUid}`;
  const places = reached.flatMap((destination): OutputPlace[] => {
    switch (destination.kind) {
      case 'dimse': return [{ aeTitle: destination.aeTitle }];
      case 'stow': return [{ retrieveUrl: `${destination.url}/${instance}` }];
      case 'archive': return [{ retrieveUrl: `${publicUrl}/${DICOM_WEB}/${instance}` }];
      case 'folder': return [];
    }
  });
  const from = places.length > 0 ? places : [{ retrieveUrl: `${publicUrl}/api/jobs/${job.id}/structure-set` }];
  const events = await jobs.events(job.id);
  const lastAt = (state: Job['state']): Date => events.findLast(({ to }) => to === state)?.at ?? job.createdAt;
  return {
    startedAt: lastAt('fetching'),
    endedAt: lastAt('delivered'),
    outputs: [{ studyInstanceUid, seriesInstanceUid: String(seriesInstanceUid), instances: [{ sopClassUid: RT_STRUCTURE_SET_STORAGE, sopInstanceUid }], from }],
  };
}

/** The subject of an error behind its message: a file of this machine, a UID. */
const SUBJECT = / \[[^\]]*\]$/;

/** Why a job that has ended made nothing, in words that name no patient. */
export async function reasonOf(job: Job, jobs: JobStore): Promise<string> {
  if (job.state === 'failed') return job.problem?.message.replace(SUBJECT, '') ?? 'The job failed.';
  const reason = (await jobs.events(job.id)).findLast(({ to }) => to === 'cancelled')?.details?.reason;
  return typeof reason === 'string' ? `The job was cancelled: ${reason}.` : 'The job was cancelled by a person.';
}
