import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { JobLeases, JobStore, openDatabase, type Database, type Job } from '../../src/jobs/index.ts';
import { openProtocol } from '../../src/pipeline/index.ts';
import { beginContouring } from '../../src/service/beginContouring.ts';
import { identityBy, type CurrentProtocol } from '../../src/service/ctIdentity.ts';
import { newFolder, newJob } from '../jobs/databases.ts';

const IMAGES = { patientId: 'T-1', instanceUids: ['1.2.3.4.1', '1.2.3.4.2'] };

let folder: string;
let database: Database;
let jobs: JobStore;
let current: CurrentProtocol;
let other: Job;
let fetching: Job;

beforeEach(async () => {
  folder = await newFolder();
  database = await openDatabase({ folder: path.join(folder, 'db') });
  jobs = new JobStore(database);
  current = { protocol: await openProtocol('thorax-oar'), sha256: 'as it is now' };
  const identity = identityBy(current, '1.2.3.4', IMAGES, undefined);
  fetching = (await jobs.create(newJob({ identity: 'as it was', origin: 'api' }), 'anna')).job;
  const claimed = await new JobLeases(database).claim('w1', 60_000);
  if (claimed?.id !== fetching.id) throw new Error('another job was claimed');
  fetching = claimed;
  other = (await jobs.create(newJob({ identity }), 'berta')).job;
});
afterEach(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

it('ends a job whose work another does by now, which says who asked', async () => {
  expect(await beginContouring(jobs, fetching, current, IMAGES, 'w1')).toBe(false);
  expect(await jobs.get(fetching.id)).toMatchObject({ state: 'cancelled' });
  expect((await jobs.events(fetching.id)).at(-1)).toMatchObject({ who: 'w1', what: 'cancelled', details: { job: other.id } });
  expect((await jobs.events(other.id)).at(-1)).toMatchObject({ who: 'anna', what: 'came again', details: { origin: 'api' } });
});

it('contours where the other has ended this moment: nobody would', async () => {
  const transition = jobs.transition.bind(jobs);
  jobs.transition = async (...given) => {
    try {
      return await transition(...given);
    } catch (error) {
      await jobs.cancel(other.id, 'berta');
      throw error;
    }
  };
  expect(await beginContouring(jobs, fetching, current, IMAGES, 'w1')).toBe(true);
  expect(await jobs.get(fetching.id)).toMatchObject({ state: 'contouring', identity: other.identity });
});
