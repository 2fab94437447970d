import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Added } from '../../src/archive/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { applyRetention, type Intake } from '../../src/service/index.ts';
import { byDimse, startIntakes, type Intakes } from '../support/intakes.ts';

const DAY_MS = 86_400_000;

describe('images that are deleted while others of their series come', () => {
  let its: Intakes;

  beforeAll(async () => { its = await startIntakes(); });
  afterAll(async () => { await its.stop(); });

  const apply = async (intake: Intake, days = 8): Promise<readonly string[]> =>
    (await applyRetention({ ...its, intake, config: { retention: { ctDays: 7, structureSetDays: 90 } } }, new Date(Date.now() + days * DAY_MS))).series;
  const isReleased = ({ state }: Job): boolean => state === 'received';
  const areSettled = (jobs: readonly Job[]): boolean => jobs.length > 0 && jobs.every(({ state }) => state !== 'waiting');
  /** A series that came, and its job that is left. */
  const released = async (intake: Intake, name: string): Promise<{ files: string[]; job: Job }> => {
    const files = await its.write(name);
    for (const file of files) await its.receive(intake, file, 'RONDO');
    return { files, job: (await its.jobsWhere(name, areSettled)).filter(isReleased)[0] };
  };
  /** A series whose job has ended, which was a week ago for retention. */
  const old = async (intake: Intake, name: string): Promise<{ files: string[]; job: Job }> => {
    const { files, job } = await released(intake, name);
    await its.jobs.transition(job.id, 'received', 'failed', { problem: { code: 'test', message: 'because', cure: 'none' } }, 'test');
    return { files, job };
  };
  const held = async ({ studyInstanceUid, seriesInstanceUid }: Added): Promise<number> => (await its.archive.instances(studyInstanceUid, seriesInstanceUid)).length;

  it('are refused when they are gone by the time it is their turn, and make a job when they are sent again', async () => {
    const intake = its.intakeWith({ quietSeconds: 0 });
    const { files } = await old(intake, 'gone');
    // It came before the deletion began, and its turn comes after.
    const added = await its.add(files[0]);
    expect(added.isNew).toBe(false);
    expect(await apply(intake)).toContain(added.seriesInstanceUid);
    await expect(intake.received(added, byDimse('RONDO'))).rejects.toMatchObject({ code: 'archive-removed' });
    for (const file of files) await its.receive(intake, file, 'RONDO');
    const [again] = (await its.jobsWhere('gone', areSettled)).filter(isReleased);
    expect(await its.instancesOf(again)).toBe(files.length);
  });

  it('never pass for taken without a job, in whichever order both happen', async () => {
    const intake = its.intakeWith({ quietSeconds: 0 });
    const { files, job } = await old(intake, 'both');
    const added = await its.add(files[0]);
    const [removed, taken] = await Promise.allSettled([apply(intake), intake.received({ ...added, isNew: true }, byDimse('RONDO'))]);
    const isThere = (await its.archive.instance(added.studyInstanceUid, added.seriesInstanceUid, added.sopInstanceUid)) !== undefined;
    expect(removed.status).toBe('fulfilled');
    expect(taken.status === 'fulfilled').toBe(isThere);
    if (taken.status === 'fulfilled') expect((await its.jobsOf('both')).length).toBeGreaterThan(1);
    expect((await its.jobs.events(job.id)).some(({ what }) => what === 'images deleted')).toBe(!isThere);
  });

  it('keep their series: it is not deleted while they come', async () => {
    const { files } = await old(its.intakeWith({ quietSeconds: 0 }), 'coming');
    // As when the whole series is sent again, of which the first image has come.
    const intake = its.intakeWith({ quietSeconds: 3600 });
    const added = await its.add(files[0]);
    await intake.received(added, byDimse('RONDO'));
    for (const { id, state } of await its.jobsOf('coming')) if (state === 'waiting') await its.jobs.cancel(id, 'anna');
    expect(await apply(intake)).not.toContain(added.seriesInstanceUid);
    expect(await held(added)).toBe(files.length);
  });

  it('have a job when they are sent again though the database was away the first time', async () => {
    const intake = its.intakeWith({ quietSeconds: 0 });
    const { files, job: { id } } = await released(intake, 'away');
    const { length } = await its.jobsOf('away');
    await its.database.query("UPDATE rondo.job SET state = 'delivered' WHERE id = $1", [id]);
    await apply(intake);
    // They lie in the archive, and their sender was told that they were not taken.
    for (const file of files) await its.add(file);
    for (const file of files) await its.receive(intake, file, 'RONDO');
    const [again] = await its.jobsWhere('away', (jobs) => jobs.length > length && areSettled(jobs));
    expect((await its.jobs.events(again.id)).at(-1)).toMatchObject({ what: 'cancelled', details: { reason: 'another job contours the same images by the same protocol', job: id, instances: files.length } });
  });
});
