import type { Logger } from 'pino';
import type { Added, Archive } from '../archive/index.ts';
import type { Arrival, Config } from '../config/index.ts';
import type { Database, DeliveryStore, Job, JobQueue, JobStore, StructureSetStore, TrendStore } from '../jobs/index.ts';
import type { Submission, Watch } from '../service/index.ts';
import type { Metrics } from './metrics.ts';

/** A place in which CTs appear and that is looked at. */
export type WatchedPlace = Pick<Watch, 'kind' | 'name' | 'problem'>;

/** Whether one thing that the service needs is there. */
export interface ReadyCheck {
  name: string;
  ok: boolean;
  /** False where the service can work without it. */
  needed?: boolean | undefined;
  detail?: string | undefined;
}

/** What the server has done by the service. `who` stands in the events of the jobs. */
export interface ServiceActions {
  /** @throws RondoError `protocol-unknown`, `archive-unknown`, `destination-unknown`, `instance-absent`, and what fetching from an archive throws */
  submit: (submission: Submission, who: string) => Promise<Job>;
  /** @throws RondoError `protocol-unknown`, `job-missing`, `job-state`, `job-transition` */
  chooseProtocol: (jobId: string, protocol: string, who: string) => Promise<Job>;
  protocols: () => Promise<{ name: string; title: string }[]>;
  models: () => Promise<{ name: string; version: string }[]>;
  destinations: () => { name: string; kind: string }[];
  ready: () => Promise<ReadyCheck[]>;
}

export interface AppOptions {
  config: Pick<Config, 'authentication' | 'limits' | 'http'>;
  database: Database;
  jobs: JobStore;
  deliveries: DeliveryStore;
  structureSets: StructureSetStore;
  trend: TrendStore;
  queue: Pick<JobQueue, 'sendJob' | 'sendDelivery'>;
  archive: Archive;
  /** Called for each instance that came by STOW-RS, before its sender is told that it was taken. */
  onAdded: (added: Added, arrival: Arrival, who: string) => Promise<void>;
  actions: ServiceActions;
  /** None without it. */
  watches?: readonly WatchedPlace[] | undefined;
  log: Logger;
  /** Of Rondo. */
  version: string;
  /** By which workers fetch CTs from `/dicom-web`. */
  internalToken?: string | undefined;
  /** The service's own, where it counts instances that came in other ways. */
  metrics?: Metrics | undefined;
}
