import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { Archive, type Added } from '../../src/archive/index.ts';
import type { Arrival, Config } from '../../src/config/index.ts';
import type { SeriesListing } from '../../src/dicomweb/index.ts';
import { JobStore, openDatabase, type CtSource, type Database, type Job } from '../../src/jobs/index.ts';
import { Intake } from '../../src/service/index.ts';
import { seriesUidOf, smallBody } from './clinic.ts';
import { configOf } from './configFile.ts';
import { writeTestCt } from './ctSeries.ts';
import { makeHome, QUICK_PROTOCOL } from './home.ts';

/** Does what `QUICK_PROTOCOL` does. */
export const OTHER_PROTOCOL = 'quick-too';

/** The embedded database answers in this very thread: asked without a pause, it would do nothing else. */
const POLL_MS = 10;

/** After which nothing comes any more. */
const LONGEST_MS = 20_000;

/** Intakes over an archive and a database of their own. AE title RONDO has one protocol, OTHER another, NONE none. */
export interface Intakes {
  folder: string;
  archive: Archive;
  database: Database;
  jobs: JobStore;
  config: Config;
  /** An intake that has not been started. */
  intakeWith: (series?: Partial<Config['series']>, limits?: Partial<Config['limits']>, store?: JobStore) => Intake;
  /** Writes a CT. @returns its files in slice order */
  write: (name: string) => Promise<string[]>;
  add: (file: string) => Promise<Added>;
  /** What the listener does with an instance. */
  receive: (intake: Intake, file: string, calledAeTitle: string) => Promise<void>;
  jobsOf: (name: string) => Promise<Job[]>;
  /** The jobs of a CT, newest first, once `holds` is true of them. */
  jobsWhere: (name: string, holds: (jobs: readonly Job[]) => boolean) => Promise<Job[]>;
  /** How many images a job was released with. */
  instancesOf: (job: Job) => Promise<unknown>;
  stop: () => Promise<void>;
}

/** Lists a series of Rondo's own archive, which names no patients. */
export function listingOf(archive: Archive): (source: CtSource) => Promise<SeriesListing> {
  return async ({ studyInstanceUid, seriesInstanceUid }) => ({ patientId: '', instanceUids: (await archive.instances(studyInstanceUid, seriesInstanceUid)).map(({ sopInstanceUid }) => sopInstanceUid) });
}

export function byDimse(calledAeTitle: string): Arrival {
  return { origin: 'dimse', callingAeTitle: 'SCANNER', calledAeTitle };
}

export async function startIntakes(): Promise<Intakes> {
  const [home, folder] = [await makeHome(), await mkdtemp(path.join(tmpdir(), 'rondo-intakes-'))];
  const quick = await readFile(path.join(home.folder, 'protocols', `${QUICK_PROTOCOL}.yaml`), 'utf8');
  await writeFile(path.join(home.folder, 'protocols', `${OTHER_PROTOCOL}.yaml`), quick.replace(`name: ${QUICK_PROTOCOL}`, `name: ${OTHER_PROTOCOL}`));
  const { config } = await configOf(folder, [`dimse: { aeTitles: [ { aeTitle: RONDO, protocol: ${QUICK_PROTOCOL} }, { aeTitle: OTHER, protocol: ${OTHER_PROTOCOL} }, { aeTitle: NONE } ] }`]);
  const archive = await Archive.open(path.join(folder, 'archive'));
  const database = await openDatabase({ folder: path.join(folder, 'db') });
  const jobs = new JobStore(database);
  const intakes: Intake[] = [];
  const add = async (file: string): Promise<Added> => await archive.addBytes(await readFile(file));
  const jobsOf = async (name: string): Promise<Job[]> => await jobs.ofSeries(seriesUidOf(name));
  return {
    folder, archive, database, jobs, config, add, jobsOf,
    intakeWith(series, limits, store = jobs) {
      const intake = new Intake({
        archive, jobs: store, queue: { sendJob: () => Promise.resolve() }, onError: () => undefined,
        // Quiet for longer than a busy machine takes between two images of a series.
        config: { ...config, series: { quietSeconds: 1.5, giveUpMinutes: 60, ...series }, limits: { ...config.limits, ...limits } },
        listSeries: listingOf(archive),
      });
      intakes.push(intake);
      return intake;
    },
    write: async (name) => await writeTestCt(path.join(folder, name), smallBody(name)),
    async receive(intake, file, calledAeTitle) { await intake.received(await add(file), byDimse(calledAeTitle)); },
    async jobsWhere(name, holds) {
      const begunMs = performance.now();
      for (;;) {
        const found = await jobsOf(name);
        if (holds(found)) return found;
        if (performance.now() - begunMs > LONGEST_MS) throw new Error(`the jobs of ${name}: ${JSON.stringify(found.map(({ state, origin, protocol, arrival, problem }) => ({ state, origin, protocol, arrival, problem })))}`);
        await pass(POLL_MS);
      }
    },
    instancesOf: async ({ id }) => (await jobs.events(id)).findLast(({ to }) => to === 'received')?.details?.instances,
    async stop() {
      for (const intake of intakes) await intake.stop();
      await database.close();
      await home.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
