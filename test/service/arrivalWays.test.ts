import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job, JobOrigin } from '../../src/jobs/index.ts';
import { dimseReceiver, OWN_ARCHIVE } from '../../src/service/index.ts';
import { seriesUidOf, smallBody } from '../support/clinic.ts';
import { testCt } from '../support/ctSeries.ts';
import { runTool } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { QUICK_PROTOCOL } from '../support/home.ts';
import { OTHER_PROTOCOL, startIntakes, type Intakes } from '../support/intakes.ts';

const ASKED_FOR = { code: 'series-looked-at', message: 'The series is being looked at.', cure: 'Wait.' };

describe('the jobs of a series that comes', () => {
  let its: Intakes;

  beforeAll(async () => { its = await startIntakes(); });
  afterAll(async () => { await its.stop(); });

  const isReleased = ({ state }: Job): boolean => state === 'received';
  /** Nothing of the series that came waits any more, and so many of its jobs are left. */
  const areReleased = (count: number) => (jobs: readonly Job[]): boolean => jobs.filter(isReleased).length === count && jobs.every(({ state, origin }) => state !== 'waiting' || origin !== 'dimse');
  const inVain = (jobs: readonly Job[]): readonly Job[] => jobs.filter(({ state }) => state === 'cancelled');
    const waysOf = async (name: string): Promise<unknown[]> =>
    await Promise.all((await its.jobsOf(name)).filter(isReleased).map(async (job) => [job.arrival.calledAeTitle, job.protocol, await its.instancesOf(job)]));

  it.each<[JobOrigin, string]>([['api', OWN_ARCHIVE], ['archive', 'http://127.0.0.1:9/dicom-web'], ['worklist', OWN_ARCHIVE]])('are not those that wait for a look of their own: %s', async (origin, url) => {
    const name = `asked for by ${origin}`;
    const source = { kind: 'dicomweb', url, studyInstanceUid: testCt(smallBody(name)).attributes.StudyInstanceUID, seriesInstanceUid: seriesUidOf(name) } as const;
    const { job: { id } } = await its.jobs.create({ origin, source, protocol: OTHER_PROTOCOL, problem: ASKED_FOR }, 'a program');
    const intake = its.intakeWith();
    await intake.start();
    for (const file of await its.write(name)) await its.receive(intake, file, 'RONDO');
    const jobs = await its.jobsWhere(name, areReleased(1));
    expect(jobs.find(isReleased)).toMatchObject({ origin: 'dimse', protocol: QUICK_PROTOCOL, arrival: { calledAeTitle: 'RONDO' } });
    expect(jobs.at(-1)).toMatchObject({ id, state: 'waiting', protocol: OTHER_PROTOCOL, problem: ASKED_FOR });
  });

  it('are one for each AE title to which it is sent at once, and each has all images', async () => {
    const intake = its.intakeWith();
    for (const file of await its.write('to two')) for (const title of ['RONDO', 'OTHER']) await its.receive(intake, file, title);
    await its.jobsWhere('to two', areReleased(2));
    expect((await waysOf('to two')).sort()).toEqual([['OTHER', OTHER_PROTOCOL, 8], ['RONDO', QUICK_PROTOCOL, 8]]);
  });

  it('are one for each AE title where two senders bring it to the listener at the same time', async () => {
    const intake = its.intakeWith();
    const port = await freePort();
    const listener = dimseReceiver({ config: { ...its.config, dimse: { ...its.config.dimse, port } }, archive: its.archive, intake, onEvent: () => undefined });
    await listener.start();
    try {
      const files = await its.write('by two senders');
      const sent = await Promise.all(['RONDO', 'OTHER'].map(async (title) => await runTool('storescu', ['-aec', title, '127.0.0.1', String(port), ...files])));
      expect(sent).toMatchObject([{ code: 0 }, { code: 0 }]);
      await its.jobsWhere('by two senders', areReleased(2));
      expect((await waysOf('by two senders')).sort()).toEqual([['OTHER', OTHER_PROTOCOL, 8], ['RONDO', QUICK_PROTOCOL, 8]]);
    } finally {
      await listener.stop();
    }
  });

  it('wait together: an image that comes to one AE title is one that the job of the other waits for', async () => {
    const intake = its.intakeWith({ quietSeconds: 3 });
    const files = await its.write('together');
    await its.receive(intake, files[0], 'OTHER');
    const begunMs = performance.now();
    // Longer than the quiet time, and never as long without an image.
    for (const file of files) {
      await its.receive(intake, file, 'RONDO');
      const untilMs = performance.now() + 600;
      await its.jobsWhere('together', () => performance.now() > untilMs);
    }
    expect(performance.now() - begunMs).toBeGreaterThan(4000);
    expect((await its.jobsOf('together')).map(({ problem }) => problem?.code)).toEqual(['series-arriving', 'series-arriving']);
    await its.jobsWhere('together', areReleased(2));
    expect((await waysOf('together')).sort()).toEqual([['OTHER', OTHER_PROTOCOL, 8], ['RONDO', QUICK_PROTOCOL, 8]]);
  });

  it('all get a late image, also the one by whose AE title it was not new', async () => {
    const intake = its.intakeWith();
    const files = await its.write('late');
    for (const file of files.slice(0, 7)) for (const title of ['RONDO', 'OTHER']) await its.receive(intake, file, title);
    await its.jobsWhere('late', areReleased(2));
    await its.receive(intake, files[7], 'RONDO');
    await its.jobsWhere('late', (jobs) => inVain(jobs).length > 0 && areReleased(2)(jobs));
    const { length } = inVain(await its.jobsOf('late'));
    await its.receive(intake, files[7], 'OTHER');
    await its.jobsWhere('late', (jobs) => inVain(jobs).length > length && areReleased(2)(jobs));
    expect((await waysOf('late')).sort()).toEqual([['OTHER', OTHER_PROTOCOL, 8], ['RONDO', QUICK_PROTOCOL, 8]]);
  });

  it('are taken up again after a restart, each by its way', async () => {
    const before = its.intakeWith({ quietSeconds: 3600 });
    for (const file of await its.write('restarted')) for (const title of ['RONDO', 'OTHER']) await its.receive(before, file, title);
    await before.stop();
    const intake = its.intakeWith();
    await intake.start();
    await its.jobsWhere('restarted', areReleased(2));
    expect((await waysOf('restarted')).sort()).toEqual([['OTHER', OTHER_PROTOCOL, 8], ['RONDO', QUICK_PROTOCOL, 8]]);
  });

  it('are another one where a person has cancelled the first, and the series is sent again before it was quiet', async () => {
    const intake = its.intakeWith({ quietSeconds: 1 });
    const files = await its.write('cancelled');
    for (const file of files) await its.receive(intake, file, 'RONDO');
    const [{ id }] = await its.jobsOf('cancelled');
    await its.jobs.cancel(id, 'anna');
    for (const file of files) await its.receive(intake, file, 'RONDO');
    expect(await its.jobsWhere('cancelled', areReleased(1))).not.toContainEqual(expect.objectContaining({ id, state: 'received' }));
  });
});
