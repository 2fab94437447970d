import type { Logger } from 'pino';
import type { Added, Archive } from '../archive/index.ts';
import type { Arrival, Config } from '../config/index.ts';
import type { Database, DeliveryStore, JobQueue, JobStore, StructureSetStore, TrendStore } from '../jobs/index.ts';
import type { Actions, Watch } from '../service/index.ts';
import type { Metrics } from './metrics.ts';

/** A place in which CTs appear and that is looked at. */
export type WatchedPlace = Pick<Watch, 'kind' | 'name' | 'problem'>;

/** What the server has done by the service. */
export type ServiceActions = Pick<Actions, 'submit' | 'chooseProtocol' | 'rerun' | 'protocols' | 'models' | 'destinations' | 'ready'>;

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
