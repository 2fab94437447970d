import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RondoError } from '../../src/errors.ts';
import { JobQueue, type Job } from '../../src/jobs/index.ts';
import { ctIdentity } from '../../src/service/ctIdentity.ts';
import { JobRunner } from '../../src/service/index.ts';
import { smallBody } from '../support/clinic.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';
import { makeHome, QUICK_MODEL, QUICK_PROTOCOL, replaceQuickModel, type TestHome } from '../support/home.ts';
import { startService, type TestService } from '../support/service.ts';

const CT = smallBody('of a runner');

describe('a job that does not come to its end', () => {
  let home: TestHome;
  let folder: string;
  let service: TestService;
  let queue: JobQueue;
  let runner: JobRunner;

  let [code, told] = ['', (): void => undefined];
  /** How often keeping a structure set fails, of all tests; and how often it has. */
  let [most, failures] = [Infinity, 0];
  let save: TestService['structureSets']['save'];

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-runner-'));
    service = await startService();
    for (const file of await writeTestCt(path.join(folder, 'ct'), CT)) await service.archive.addBytes(await readFile(file));
    queue = new JobQueue(service.database, { onError: () => undefined });
    await queue.start();
    save = service.structureSets.save.bind(service.structureSets);
    service.structureSets.save = (...made) => {
      failures += 1;
      return failures > most ? save(...made) : Promise.reject(new RondoError(code, 'It is away.'));
    };
    const { config } = await configOf(folder, []);
    runner = new JobRunner({ ...service, name: 'w1', queue, config, folder: path.join(folder, 'work'), ownArchive: { url: service.url, timeoutMs: 1000 }, onError: () => { told(); } });
    await runner.start();
  });
  afterAll(async () => {
    await runner.stop();
    await queue.stop();
    await service.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const sent = async (postponed = 0, identity?: string): Promise<Job> => {
    const { seriesInstanceUid, attributes: { StudyInstanceUID: studyInstanceUid } } = testCt(CT);
    const { job } = await service.jobs.create({ origin: 'api', source: { kind: 'dicomweb', url: `${service.url}/dicom-web`, studyInstanceUid, seriesInstanceUid }, protocol: QUICK_PROTOCOL, identity }, 'anna');
    await service.database.query('UPDATE rondo.job SET postponed = $2 WHERE id = $1', [job.id, postponed]);
    await queue.sendJob(job);
    return job;
  };
  /** The job once a runner has had it, whose structure set could not be kept. */
  const afterFailure = async (failure: string, postponed = 0): Promise<Job> => {
    code = failure;
    const failed = new Promise<void>((resolve) => { told = resolve; });
    const job = await sent(postponed);
    await failed;
    for (;;) {
      const now = await service.jobs.get(job.id);
      if (now.lease === undefined) return now;
      await new Promise(setImmediate);
    }
  };

  const ended = async (id: string): Promise<Job> => {
    for (;;) {
      const job = await service.jobs.get(id);
      if (['delivered', 'failed', 'cancelled'].includes(job.state)) return job;
      await new Promise(setImmediate);
    }
  };

  it('is put off where that may pass, without an attempt', async () => {
    expect(await afterFailure('dicomweb-unreachable')).toMatchObject({ state: 'received', attempts: 0, postponed: 1, problem: { code: 'dicomweb-unreachable' } });
  });

  it('fails when it was put off ten times', async () => {
    expect(await afterFailure('dicomweb-unreachable', 9)).toMatchObject({ state: 'failed', problem: { code: 'dicomweb-unreachable' } });
  });

  it('is tried again where its contouring ended, which is one of its attempts', async () => {
    expect(await afterFailure('contouring-ended')).toMatchObject({ state: 'received', attempts: 1, postponed: 0, problem: { code: 'contouring-ended' } });
  });

  it('fails at once for what will not pass', async () => {
    expect(await afterFailure('ct-missing-slice')).toMatchObject({ state: 'failed', problem: { code: 'ct-missing-slice' } });
  });

  it('is not contoured again where the database was away: what was made is kept until it is back', async () => {
    [code, most, failures] = ['database-unreachable', 1, 0];
    const { id } = await sent();
    expect((await ended(id)).notes).toEqual([
      expect.stringMatching(/^Dense: Rondo has no rules for this structure/),
      'Dense: cut by the image edge: inferior, superior',
    ]);
    expect([await ended(id), failures]).toMatchObject([{ state: 'delivered', attempts: 1, postponed: 0 }, 2]);
  });

  it('becomes the job of the model that contours it, where that was replaced while it waited, and ends where another is that already', async () => {
    most = 0;
    const { seriesInstanceUid, slices } = testCt(CT);
    const identity = async (): Promise<string> => await ctIdentity(seriesInstanceUid, { patientId: '', instanceUids: slices.map(({ sopInstanceUid }) => sopInstanceUid) }, QUICK_PROTOCOL, undefined);
    const before = await identity();
    await replaceQuickModel(home.folder, (manifest) => ({ ...manifest, version: '2.0.0' }));
    const after = await identity();
    const job = await ended((await sent(0, before)).id);
    expect(job).toMatchObject({ state: 'delivered', identity: after });
    expect(await service.structureSets.get(job.id)).toMatchObject({ summary: { models: [{ name: QUICK_MODEL, version: '2.0.0' }] } });
    const events = await service.jobs.events(job.id);
    expect(events.find(({ to }) => to === 'contouring')?.details).toMatchObject({ reason: expect.stringContaining('replaced since the job came') as unknown });
    expect(events.find(({ to }) => to === 'delivering')?.details).toMatchObject({ models: [{ version: '2.0.0' }] });

    const double = await ended((await sent(0, before)).id);
    expect(double.state).toBe('cancelled');
    expect((await service.jobs.events(double.id)).at(-1)?.details).toMatchObject({ job: job.id });
    expect((await service.jobs.events(job.id)).at(-1)).toMatchObject({ what: 'came again', who: 'anna' });
  });
});
