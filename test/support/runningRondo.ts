import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { pino } from 'pino';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import type { Delivery, Job, JobState } from '../../src/jobs/index.ts';
import { RondoServer } from '../../src/server/index.ts';
import { configOf } from './configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from './ctSeries.ts';
import { runTool, type ToolEnded } from './dimsePeers.ts';
import { freePort } from './freePort.ts';
import { makeHome } from './home.ts';

/** The embedded database answers in this very thread: asked without a pause, it would do nothing else. */
const POLL_MS = 20;

const ENDS: readonly JobState[] = ['delivered', 'failed', 'cancelled'];

/** A body in air, of its own series. */
export function body(name: string, slices = 8): TestCtOptions {
  return { name, geometry: { size: [40, 30, slices], sliceOffsetsMm: Array.from({ length: slices }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
}

export function seriesUid(name: string): string {
  return testCt({ name }).seriesInstanceUid;
}

/** The service in this process, with peers of its own. */
export interface RunningRondo {
  /** Of the test; a folder `data` in it is the service's, and a folder `out` is there. */
  folder: string;
  server: RondoServer;
  /** Writes a CT of that name. @returns its files in slice order */
  write: (name: string, slices?: number) => Promise<string[]>;
  /** Sends files by C-STORE, as a scanner of that AE title. */
  send: (files: readonly string[], callingAeTitle?: string) => Promise<ToolEnded>;
  /** Brings files into an archive by STOW-RS. */
  store: (url: string, files: readonly string[]) => Promise<void>;
  /** The newest job of a CT once `holds` is true of it. @throws Error where it ends otherwise */
  jobWhere: (name: string, holds: (job: Job) => boolean) => Promise<Job>;
  /** The only delivery of a CT's newest job once `holds` is true of it. */
  deliveryWhere: (name: string, holds: (delivery: Delivery) => boolean) => Promise<Delivery>;
  /** What was put off is due now. */
  passTime: () => Promise<void>;
  stop: () => Promise<void>;
}

/** @param lines of the configuration, beside those of folders and ports @param dataFolder in place of one in the test's own */
export async function startRondo(lines: (folder: string) => readonly string[], dataFolder?: string): Promise<RunningRondo> {
  const home = await makeHome();
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-faults-'));
  await mkdir(path.join(folder, 'out'));
  const { config } = await configOf(folder, [
    `folder: ${dataFolder ?? path.join(folder, 'data')}`,
    `http: { port: ${await freePort()} }`,
    `dimse: { port: ${await freePort()} }`,
    ...lines(folder),
  ]);
  const server = await RondoServer.start(config, pino({ level: 'silent' }), '0');
  const { jobs, deliveries, database } = server.stores;

  const jobWhere = async (name: string, holds: (job: Job) => boolean): Promise<Job> => {
    for (;;) {
      const [job] = (await jobs.ofSeries(seriesUid(name))) as (Job | undefined)[];
      if (job !== undefined && holds(job)) return job;
      if (job !== undefined && ENDS.includes(job.state)) throw new Error(`the job of ${name} is ${job.state}: ${JSON.stringify([job.problem, await jobs.events(job.id)])}`);
      await pass(POLL_MS);
    }
  };
  return {
    folder,
    server,
    jobWhere,
    write: async (name, slices) => await writeTestCt(path.join(folder, name), body(name, slices)),
    send: async (files, callingAeTitle = 'SCANNER') => await runTool('storescu', ['-v', '-aet', callingAeTitle, '-aec', 'RONDO', '127.0.0.1', String(server.dimsePort), ...files]),
    async store(url, files) {
      const stored = await new DicomWeb({ url, timeoutMs: 20_000 }).store(await Promise.all(files.map(async (file) => await readFile(file))));
      if (stored.some(({ outcome }) => outcome !== 'stored')) throw new Error(JSON.stringify(stored));
    },
    async deliveryWhere(name, holds) {
      const { id } = await jobWhere(name, ({ resultSopInstanceUid }) => resultSopInstanceUid !== undefined);
      for (;;) {
        const [delivery] = (await deliveries.list(id)) as (Delivery | undefined)[];
        if (delivery !== undefined && holds(delivery)) return delivery;
        await pass(POLL_MS);
      }
    },
    async passTime() {
      await database.query('UPDATE rondo.job SET not_before = clock_timestamp() WHERE not_before IS NOT NULL', []);
      await database.query("UPDATE rondo.delivery SET next_attempt_at = clock_timestamp() WHERE state = 'waiting' AND lease_owner IS NULL", []);
    },
    async stop() {
      await server.stop();
      await home.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
