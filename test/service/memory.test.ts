import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JobQueue } from '../../src/jobs/index.ts';
import { JobRunner } from '../../src/service/index.ts';
import { smallBody } from '../support/clinic.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startService, type TestService } from '../support/service.ts';

describe('a runner that may contour two CTs at a time', () => {
  let home: TestHome;
  let folder: string;
  let service: TestService;
  let queue: JobQueue;
  let runner: JobRunner;
  let freeMemory = 0;
  let isEnough: (working: number) => boolean = () => true;
  /** How many CTs were worked on when each structure set was made. */
  let counts: number[] = [];

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-memory-'));
    service = await startService();
    queue = new JobQueue(service.database, { onError: () => undefined });
    await queue.start();
    const working = async (): Promise<number> => (await service.jobs.list({ state: ['fetching', 'contouring'], limit: 10 })).length;
    const save = service.structureSets.save.bind(service.structureSets);
    service.structureSets.save = async (...made) => {
      while (counts.length === 0 && !isEnough(await working())) await new Promise(setImmediate);
      counts.push(await working());
      return await save(...made);
    };
    const { config } = await configOf(folder, ['contouring: { parallel: 2 }']);
    runner = new JobRunner({ ...service, name: 'w1', queue, config, freeMemory: () => freeMemory, folder: path.join(folder, 'work'), ownArchive: { url: `${service.url}/dicom-web`, timeoutMs: 60_000 }, onError: () => undefined });
    await runner.start();
  });
  afterAll(async () => {
    await runner.stop();
    await queue.stop();
    await service.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const contour = async (names: readonly string[]): Promise<number[]> => {
    counts = [];
    for (const name of names) for (const file of await writeTestCt(path.join(folder, name), smallBody(name))) await service.archive.addBytes(await readFile(file));
    const ids = await Promise.all(names.map(async (name) => {
      const { seriesInstanceUid, attributes: { StudyInstanceUID: studyInstanceUid } } = testCt(smallBody(name));
      const { job } = await service.jobs.create({ origin: 'api', source: { kind: 'dicomweb', url: 'rondo:archive', studyInstanceUid, seriesInstanceUid }, protocol: QUICK_PROTOCOL }, 'anna');
      await queue.sendJob(job);
      return job.id;
    }));
    for (;;) {
      const states = await Promise.all(ids.map(async (id) => (await service.jobs.get(id)).state));
      if (states.every((state) => state === 'delivered')) break;
      await new Promise(setImmediate);
    }
    return counts;
  };

  it('does so where memory suffices', async () => {
    [freeMemory, isEnough] = [2 ** 31, (working) => working === 2];
    expect((await contour(['a', 'b']))[0]).toBe(2);
  });

  it('begins one after another where it does not', async () => {
    [freeMemory, isEnough] = [2 ** 31 - 1, () => true];
    expect(await contour(['c', 'd'])).toEqual([1, 1]);
  });
});
