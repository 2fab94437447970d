import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '../../src/jobs/index.ts';
import { OTHER_PROTOCOL, startIntakes, type Intakes } from '../support/intakes.ts';
import { QUICK_PROTOCOL } from '../support/home.ts';

describe('a protocol that is chosen while images of the series still come', () => {
  let its: Intakes;

  beforeAll(async () => { its = await startIntakes(); });
  afterAll(async () => { await its.stop(); });

  const received = ([job]: readonly Job[]): boolean => job.state === 'received';

  it('contours all images, once, when nothing has come for a while', async () => {
    const intake = its.intakeWith();
    const files = await its.write('asked');
    for (const file of files.slice(0, 5)) await its.receive(intake, file, 'RONDO');
    const [{ id }] = await its.jobsOf('asked');
    expect(await intake.chooseProtocol(id, OTHER_PROTOCOL, 'anna')).toMatchObject({ id, state: 'waiting', protocol: OTHER_PROTOCOL, problem: { code: 'series-arriving' } });
    expect((await its.jobs.events(id)).at(-1)).toMatchObject({ who: 'anna', details: { chosen: OTHER_PROTOCOL } });
    for (const file of files.slice(5)) await its.receive(intake, file, 'RONDO');
    const jobs = await its.jobsWhere('asked', received);
    expect(jobs).toMatchObject([{ id, protocol: OTHER_PROTOCOL }]);
    expect(await its.instancesOf(jobs[0])).toBe(8);
  });

  it('is refused at once where there is no such protocol', async () => {
    const intake = its.intakeWith();
    await its.receive(intake, (await its.write('asked in vain'))[0], 'NONE');
    const [{ id }] = await its.jobsOf('asked in vain');
    await expect(intake.chooseProtocol(id, 'no-such', 'anna')).rejects.toMatchObject({ code: 'protocol-unknown' });
    expect(await its.jobs.get(id)).toMatchObject({ state: 'waiting', protocol: undefined });
  });

  it('is not forgotten when the process ends', async () => {
    const before = its.intakeWith({ quietSeconds: 60 });
    for (const file of await its.write('asked and ended')) await its.receive(before, file, 'NONE');
    const [{ id }] = await its.jobsOf('asked and ended');
    await before.chooseProtocol(id, QUICK_PROTOCOL, 'anna');
    await before.stop();
    await its.intakeWith().start();
    expect(await its.jobsWhere('asked and ended', received)).toMatchObject([{ id, protocol: QUICK_PROTOCOL }]);
  });

  it('does not begin a job of others while images come: one that the API asked for is to be looked at later', async () => {
    const intake = its.intakeWith();
    await its.receive(intake, (await its.write('asked apart'))[0], 'NONE');
    const [{ source, seriesInstanceUid }] = await its.jobsOf('asked apart');
    expect(intake.isArriving(seriesInstanceUid)).toBe(true);
    if (source === undefined) throw new Error('there is no source');
    const { job } = await its.jobs.create({ origin: 'api', source, problem: { code: 'protocol-none', message: 'No rule.', cure: 'Choose.' } }, 'a program');
    await expect(intake.chooseProtocol(job.id, QUICK_PROTOCOL, 'anna')).rejects.toMatchObject({ code: 'series-arriving' });
    expect((await its.jobs.get(job.id)).state).toBe('waiting');
  });
});
