import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { Archive } from '../../src/archive/index.ts';
import type { Dataset } from '../../src/dicom/index.ts';
import { RondoError } from '../../src/errors.ts';
import { JobStore, openDatabase, type Database, type Job, type Release } from '../../src/jobs/index.ts';
import { Intake } from '../../src/service/index.ts';
import { alterFiles, writeTestCt } from '../support/ctSeries.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { listingOf } from '../support/intakes.ts';
import { body, seriesUid } from '../support/runningRondo.ts';

/** Longer than any test: a series is looked at before only where its images say that they are all. */
const NEVER_SECONDS = 3600;
const POLL_MS = 20;
const ARRIVAL = { origin: 'dimse', callingAeTitle: 'SCANNER', calledAeTitle: 'RONDO' } as const;

/** Of a database that is away now and then. */
class Jobs extends JobStore {
  isAway = false;
  /** Questions that nobody answered. */
  unanswered = 0;

  override async ofSeries(seriesInstanceUid: string): Promise<Job[]> {
    this.#check();
    return await super.ofSeries(seriesInstanceUid);
  }

  override async release(id: string, release: Release, who: string): Promise<Job> {
    this.#check();
    return await super.release(id, release, who);
  }

  #check(): void {
    if (!this.isAway) return;
    this.unanswered += 1;
    throw new RondoError('database-unreachable', 'The database does not answer.');
  }
}

describe('images that arrive', () => {
  let home: TestHome;
  let folder: string;
  let database: Database;
  let archive: Archive;
  let jobs: Jobs;
  const intakes: Intake[] = [];

  beforeAll(async () => {
    [home, folder] = [await makeHome(), await mkdtemp(path.join(tmpdir(), 'rondo-intake-'))];
    archive = await Archive.open(path.join(folder, 'archive'));
    database = await openDatabase({ folder: path.join(folder, 'db') });
    jobs = new Jobs(database);
  });
  afterAll(async () => {
    for (const intake of intakes) await intake.stop();
    await database.close();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const intakeWith = (quietSeconds: number): Intake => {
    const intake = new Intake({
      archive, jobs, queue: { sendJob: () => Promise.resolve() },
      config: { destinations: [], dimse: { host: '127.0.0.1', port: 0, aeTitles: ['RONDO'], callers: [], limits: { associations: 1, idleSeconds: 60 } }, rules: [{ name: 'all', path: ['rules', 0], when: {}, protocol: QUICK_PROTOCOL }], series: { quietSeconds, giveUpMinutes: 60 }, limits: { instanceMb: 1, seriesInstances: 100, requestMb: 8 } },
      listSeries: listingOf(archive),
      onError: () => undefined,
    });
    intakes.push(intake);
    return intake;
  };
  const receive = async (intake: Intake, files: readonly string[]): Promise<void> => {
    for (const file of files) await intake.received(await archive.addBytes(await readFile(file)), ARRIVAL);
  };
  const jobWhere = async (name: string, holds: (job: Job) => boolean): Promise<Job> => {
    for (;;) {
      const job = (await jobs.ofSeries(seriesUid(name))).find(holds);
      if (job !== undefined) return job;
      await pass(POLL_MS);
    }
  };
  const write = async (name: string, changes: Dataset): Promise<string[]> => {
    const files = await writeTestCt(path.join(folder, name), body(name));
    await alterFiles(files, changes);
    return files;
  };

  it('are looked at soon when they say of how many they are, and only then', async () => {
    const intake = intakeWith(NEVER_SECONDS);
    const acquisition = (images: string, number = '1'): Dataset => ({ ImagesInAcquisition: images, AcquisitionNumber: number });
    await receive(intake, await write('silent', {}));
    await receive(intake, await write('more to come', acquisition('9')));
    await receive(intake, await write('no number', acquisition('')));
    const two = await write('two acquisitions', acquisition('8'));
    await alterFiles(two.slice(4), acquisition('8', '2'));
    await receive(intake, two);
    // As many as it says, and one of them twice: a localizer of another acquisition, say, in place of what is missing.
    const gap = await write('gap', acquisition('7'));
    await receive(intake, gap.filter((_, k) => k !== 4));
    await receive(intake, await write('whole', acquisition('8')));

    expect(await jobWhere('whole', ({ state }) => state === 'received')).toMatchObject({ protocol: QUICK_PROTOCOL });
    expect(await jobWhere('gap', ({ problem }) => problem?.code !== 'series-arriving')).toMatchObject({ state: 'waiting', problem: { code: 'ct-missing-slice' } });
    for (const name of ['silent', 'more to come', 'no number', 'two acquisitions']) expect(await jobs.ofSeries(seriesUid(name))).toMatchObject([{ state: 'waiting', problem: { code: 'series-arriving' } }]);
    await receive(intake, [gap[4]]);
    await receive(intake, await write('last', acquisition('8')));
    await jobWhere('last', ({ state }) => state === 'received');
    expect(await jobs.ofSeries(seriesUid('gap'))).toMatchObject([{ state: 'waiting' }]);
  });

  it('are contoured when they come again after the database was away, though their series was before', async () => {
    const intake = intakeWith(1);
    const files = await write('away', {});
    await receive(intake, files.slice(0, 7));
    const first = await jobWhere('away', ({ state }) => state === 'received');
    jobs.isAway = true;
    await expect(receive(intake, files.slice(7))).rejects.toMatchObject({ code: 'database-unreachable' });
    jobs.isAway = false;
    // What has been contoured and comes again is not contoured again; the eighth is.
    await receive(intake, files);
    const second = await jobWhere('away', ({ id, state }) => id !== first.id && state === 'received');
    expect((await jobs.events(second.id)).find(({ to }) => to === 'received')).toMatchObject({ details: { instances: 8 } });
    await receive(intake, files);
    expect(await jobs.ofSeries(seriesUid('away'))).toHaveLength(2);
  });

  it('wait no longer than it lasts when the database is away while they are looked at', async () => {
    const intake = intakeWith(1);
    await receive(intake, await write('looked at', {}));
    jobs.isAway = true;
    const before = jobs.unanswered;
    while (jobs.unanswered === before) await pass(POLL_MS);
    jobs.isAway = false;
    expect(await jobWhere('looked at', ({ state }) => state === 'received')).toMatchObject({ protocol: QUICK_PROTOCOL, problem: undefined });
  });
});
