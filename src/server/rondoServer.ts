import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import express from 'express';
import { Archive } from '../archive/index.ts';
import type { Config } from '../config/index.ts';
import { Actions, dimseReceiver, Intake, instanceUidsAt, JobRunner, openStores, workFolder, type Stores } from '../service/index.ts';
import { archiveRoutes } from './archiveRoutes.ts';

const MEGABYTE = 2 ** 20;
/** How long Rondo's own archive may be silent. */
const OWN_TIMEOUT_MS = 60_000;

/** Told of what happens; without patient data. */
export interface ServerLog {
  info: (what: object, message: string) => void;
  error: (what: object, message: string) => void;
}

/** The service in one process: what receives, works and delivers. */
export class RondoServer {
  readonly stores: Stores;
  readonly actions: Actions;
  readonly #http: Server;
  readonly #stops: readonly (() => Promise<unknown>)[];
  readonly dimsePort: number;

  private constructor(stores: Stores, actions: Actions, http: Server, dimsePort: number, stops: readonly (() => Promise<unknown>)[]) {
    this.stores = stores;
    this.actions = actions;
    this.#http = http;
    this.dimsePort = dimsePort;
    this.#stops = stops;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** @throws RondoError of what it opens: the data folder, the database, the ports; then nothing stays open */
  static async start(config: Config, log: ServerLog): Promise<RondoServer> {
    // In the order in which they are to be stopped, the last one first.
    const stops: (() => Promise<unknown>)[] = [];
    const onError = (error: unknown, job?: string): void => { log.error({ error, job }, 'something went wrong'); };
    try {
      const archive = await Archive.open(path.join(config.folder, 'archive'));
      const stores = await openStores(config, onError);
      stops.push(async () => { await stores.database.close(); });
      await stores.queue.start();
      stops.push(async () => { await stores.queue.stop(); });

      const app = express();
      const http = createServer(app).listen(config.http.port, config.http.host);
      await once(http, 'listening');
      stops.push(async () => { http.closeAllConnections(); await new Promise((resolve) => http.close(resolve)); });
      const ownArchive = { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/dicom-web`, timeoutMs: OWN_TIMEOUT_MS };

      const intake = new Intake({ archive, ...stores, config, instanceUids: instanceUidsAt(config, ownArchive), onError });
      app.use('/dicom-web', archiveRoutes({
        archive,
        limits: { bytesPerRequest: config.limits.requestMb * MEGABYTE, bytesPerPart: config.limits.instanceMb * MEGABYTE, parts: config.limits.seriesInstances },
        onAdded: async (added) => { await intake.received(added, { origin: 'stow' }); },
      }));
      await intake.start();
      stops.push(async () => { await intake.stop(); });

      // The port makes it the only one of its name on this machine.
      const name = `server ${hostname()}:${(http.address() as AddressInfo).port}`;
      await stores.leases.expire(name);
      const runner = new JobRunner({ name, ...stores, config, folder: await workFolder(config.folder), ownArchive, onError });
      await runner.start();
      stops.push(async () => { await runner.stop(); });

      const dimse = dimseReceiver({ config, archive, intake, onEvent: ({ error, ...event }) => { if (error === undefined) log.info(event, event.event); else log.error({ ...event, error }, event.event); } });
      await dimse.start();
      stops.push(async () => { await dimse.stop(); });
      return new RondoServer(stores, new Actions({ ...stores, intake, config, ownArchive }), http, dimse.port, stops);
    } catch (error) {
      await stopAll(stops);
      throw error;
    }
  }

  /** Takes nothing more, hands back what is being done, and ends. */
  async stop(): Promise<void> {
    await stopAll(this.#stops);
  }
}

async function stopAll(stops: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const stop of stops.toReversed()) await stop();
}
