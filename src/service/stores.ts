import path from 'node:path';
import type { Config } from '../config/index.ts';
import { DeliveryStore, JobLeases, JobQueue, JobStore, openDatabase, OrderStore, StructureSetStore, TakenFiles, TrendStore, WatchedSeries, type Database } from '../jobs/index.ts';

/** All that is kept in the database. */
export interface Stores {
  database: Database;
  jobs: JobStore;
  leases: JobLeases;
  structureSets: StructureSetStore;
  deliveries: DeliveryStore;
  orders: OrderStore;
  watchedSeries: WatchedSeries;
  takenFiles: TakenFiles;
  trend: TrendStore;
  queue: JobQueue;
}

/** Opens the database of the configuration. Whoever opens it closes it. @throws RondoError as `openDatabase` says */
export async function openStores({ database: { url }, folder }: Pick<Config, 'database' | 'folder'>, onError: (error: unknown) => void): Promise<Stores> {
  const database = await openDatabase(url === undefined ? { folder: path.join(folder, 'database') } : { url: url.reveal() });
  return {
    database,
    jobs: new JobStore(database),
    leases: new JobLeases(database),
    structureSets: new StructureSetStore(database),
    deliveries: new DeliveryStore(database),
    orders: new OrderStore(database),
    watchedSeries: new WatchedSeries(database),
    takenFiles: new TakenFiles(database),
    trend: new TrendStore(database),
    queue: new JobQueue(database, { onError }),
  };
}
