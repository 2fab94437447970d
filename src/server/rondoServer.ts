import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Logger } from 'pino';
import { Archive } from '../archive/index.ts';
import type { Config } from '../config/index.ts';
import { listenAt } from '../listenAt.ts';
import { Actions, applyRetention, dimseReceiver, Intake, listSeriesAt, JobRunner, openStores, ownArchiveAt, RESERVE_BYTES, waysIn, workFolder, WorklistPoll, type Stores } from '../service/index.ts';
import { createApp } from './createApp.ts';
import { hardenServer } from './hardenServer.ts';
import { Metrics } from './metrics.ts';

/** How often what has been kept for long enough is looked for. */
const RETENTION_MS = 60 * 60_000;

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
    return addressOf(this.#http);
  }

  /** @throws RondoError of what it opens: the data folder, the database, the ports; then nothing stays open */
  static async start(config: Config, log: Logger, version: string): Promise<RondoServer> {
    // In the order in which they are to be stopped, the last one first.
    const stops: (() => Promise<unknown>)[] = [];
    const onError = (error: unknown, job?: string): void => { log.error({ err: error, job }, 'something went wrong'); };
    try {
      const archive = await Archive.open(path.join(config.folder, 'archive'), RESERVE_BYTES);
      const stores = await openStores(config, onError);
      stops.push(async () => { await stores.database.close(); });
      await stores.queue.start();
      stops.push(async () => { await stores.queue.stop(); });

      let app: RequestListener = (_, response) => { response.writeHead(503).end(); };
      const http = httpServer(config, (request, response) => { app(request, response); });
      await listenAt(http, { section: 'http', host: config.http.host, port: config.http.port });
      stops.push(async () => { http.closeAllConnections(); await new Promise((resolve) => http.close(resolve)); });
      const internalToken = randomBytes(32).toString('hex');
      const ownArchive = ownArchiveAt(addressOf(http), internalToken, config.http.tls);

      const intake = new Intake({ archive, ...stores, config, listSeries: listSeriesAt(config, ownArchive), onError });
      const worklist = config.worklist && new WorklistPoll({
        ...stores, config, ownArchive, onError, settings: config.worklist, stationName: config.dimse.aeTitles[0], publicUrl: config.http.publicUrl ?? addressOf(http),
        tell: (level, about, message) => { log[level](about, message); },
      });
      const actions = new Actions({ ...stores, intake, config, ownArchive, worklist, onError });
      const watches = waysIn({ config, archive, stores, intake, actions, ownArchive, onNew: () => { metrics.received('folder'); }, log });
      const metrics = new Metrics({ ...stores, watches });
      if (worklist) metrics.watchWorklist(stores.orders, () => worklist.status());
      app = createApp({ config, ...stores, watches, archive, onAdded: async (added, arrival) => { await intake.received(added, arrival); }, actions, log, version, internalToken, metrics });
      await intake.start();
      await actions.start();
      stops.push(async () => { await actions.stop(); });
      stops.push(async () => { await intake.stop(); });
      worklist?.start();
      stops.push(async () => { await worklist?.stop(); });

      // The port makes it the only one of its name on this machine.
      const name = `server ${hostname()}:${(http.address() as AddressInfo).port}`;
      await stores.leases.expire(name);
      const retain = async (): Promise<void> => {
        const { series } = await applyRetention({ archive, ...stores, intake, config });
        if (series.length > 0) log.info({ series }, 'images or structure sets were deleted, as the configuration says');
      };
      await retain();
      const retaining = setInterval(() => { retain().catch(onError); }, RETENTION_MS);
      stops.push(() => { clearInterval(retaining); return Promise.resolve(); });

      const runner = new JobRunner({ name, ...stores, config, onlyDelivers: config.contouring.workersOnly, folder: await workFolder(config.folder), ownArchive, onError });
      await runner.start();
      stops.push(async () => { await runner.stop(); });

      const dimse = dimseReceiver({
        config, archive, intake,
        onEvent: ({ error, ...event }) => {
          if (event.event === 'instance-stored') metrics.received('dimse');
          if (error !== undefined) log.error({ ...event, err: error }, event.event);
          else if (event.event !== 'instance-stored') log.info(event, event.event);
        },
      });
      await dimse.start();
      stops.push(async () => { await dimse.stop(); });
      for (const watch of watches) watch.start();
      stops.push(async () => { await Promise.all(watches.map(async (watch) => { await watch.stop(); })); });
      return new RondoServer(stores, actions, http, dimse.port, stops);
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

function httpServer({ http: { tls } }: Config, listener: RequestListener): Server {
  const server = tls === undefined ? createServer(listener) : createSecureServer({ key: tls.key.reveal(), cert: tls.cert }, listener);
  hardenServer(server);
  return server;
}

function addressOf(http: Server): string {
  const { address, port } = http.address() as AddressInfo;
  const host = address === '::' || address === '0.0.0.0' ? '127.0.0.1' : address;
  return `${http instanceof SecureServer ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
