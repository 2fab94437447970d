import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import type { Job, JobState } from '../../src/jobs/index.ts';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { RondoServer } from '../../src/server/index.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { runTool, startTool, untilConnected, type RunningTool } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';

/** A body in air, of its own study and series. */
function body(name: string, slices = 12): TestCtOptions {
  return { name, geometry: { size: [40, 30, slices], sliceOffsetsMm: Array.from({ length: slices }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
}

const ENDS: readonly JobState[] = ['delivered', 'failed', 'cancelled'];

describe('the service', () => {
  let home: TestHome;
  let folder: string;
  let server: RondoServer;
  let tps: RunningTool;

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-server-'));
    await mkdir(path.join(folder, 'out'));
    const tpsPort = await freePort();
    await mkdir(path.join(folder, 'tps'));
    tps = startTool('storescp', ['-od', path.join(folder, 'tps'), String(tpsPort)]);
    await untilConnected(tpsPort, tps.child);
    const { config } = await configOf(folder, [
      `folder: ${path.join(folder, 'data')}`,
      `http: { port: ${await freePort()} }`,
      `dimse: { port: ${await freePort()}, aeTitles: [ { aeTitle: RONDO } ] }`,
      'series: { quietSeconds: 2, giveUpMinutes: 0.2 }',
      'destinations:',
      `  - { name: tps, kind: dimse, host: 127.0.0.1, port: ${tpsPort}, aeTitle: TPS }`,
      `  - { name: share, kind: folder, folder: ${path.join(folder, 'out')} }`,
      'rules:',
      `  - { name: all that this scanner sends, when: { CallingAETitle: SCANNER }, protocol: ${QUICK_PROTOCOL} }`,
    ]);
    server = await RondoServer.start(config, pino({ level: 'silent' }), '0');
  });
  afterAll(async () => {
    await server.stop();
    tps.child.kill();
    await tps.ended;
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const send = async (files: readonly string[], caller = 'SCANNER'): Promise<void> => {
    expect(await runTool('storescu', ['-aet', caller, '-aec', 'RONDO', '127.0.0.1', String(server.dimsePort), ...files])).toMatchObject({ code: 0 });
  };
  /** The newest job of a series once `holds` is true of it. */
  const jobWhere = async (seriesInstanceUid: string, holds: (job: Job) => boolean): Promise<Job> => {
    for (;;) {
      const [job] = (await server.stores.jobs.ofSeries(seriesInstanceUid)) as (Job | undefined)[];
      if (job !== undefined && holds(job)) return job;
      // The embedded database answers without ever letting timers and sockets have their turn.
      await new Promise(setImmediate);
    }
  };
  const ended = async (seriesInstanceUid: string): Promise<Job> => await jobWhere(seriesInstanceUid, ({ state }) => ENDS.includes(state));

  const uidOf = (options: TestCtOptions): string => testCt(options).seriesInstanceUid;
  const written = async (): Promise<string[]> => await readdir(path.join(folder, 'out'));
  const stow = async (files: readonly string[]): Promise<void> => {
    const stored = await new DicomWeb({ url: `${server.url}/dicom-web`, timeoutMs: 10_000 }).store(await Promise.all(files.map(async (file) => await readFile(file))));
    expect(stored.every(({ outcome }) => outcome === 'stored')).toBe(true);
  };

  it('takes a CT by C-STORE and brings the structure set to a planning system and a folder', async () => {
    const files = await writeTestCt(path.join(folder, 'first'), body('first'));
    await send(files);
    const job = await ended(uidOf(body('first')));
    expect(job).toMatchObject({ state: 'delivered', origin: 'dimse', arrival: { callingAeTitle: 'SCANNER', calledAeTitle: 'RONDO' }, protocol: QUICK_PROTOCOL, problem: undefined });
    expect((await server.stores.deliveries.list(job.id)).map(({ destination, state }) => [destination, state])).toEqual([['share', 'verified'], ['tps', 'delivered']]);
    expect(await readdir(path.join(folder, 'tps'))).toHaveLength(1);
    const [file] = await written();
    const set = readStructureSet(await readFile(path.join(folder, 'out', file)));
    expect(set.structures.map(({ name }) => name)).toEqual(['Dense']);
    expect(set.reference.series[0].images.map(({ sopInstanceUid }) => sopInstanceUid).sort()).toEqual(testCt(body('first')).slices.map(({ sopInstanceUid }) => sopInstanceUid).sort());
    const events = (await server.stores.jobs.events(job.id)).map(({ what, to }) => to ?? what);
    expect([...events.slice(0, 5), events.at(-1)]).toEqual(['waiting', 'received', 'fetching', 'contouring', 'delivering', 'delivered']);
    // One of the two destinations was first.
    expect(events.slice(5, -1).sort()).toEqual(['delivered', 'verified']);
  });

  it('does not contour again what comes again, nor lose what comes twice at once', async () => {
    const files = await writeTestCt(path.join(folder, 'first'), body('first'));
    const before = await written();
    await Promise.all([send(files), send(files)]);
    await stow(files);
    expect(await server.stores.jobs.ofSeries(uidOf(body('first')))).toHaveLength(1);
    expect(await written()).toEqual(before);
  });

  it('waits for a slice that comes late, and says what is missing', async () => {
    const files = await writeTestCt(path.join(folder, 'late'), body('late'));
    await send(files.filter((_, k) => k !== 5));
    const waiting = await jobWhere(uidOf(body('late')), ({ problem }) => problem !== undefined && problem.code !== 'series-arriving');
    expect(waiting).toMatchObject({ state: 'waiting', problem: { code: 'ct-missing-slice' } });
    await send([files[5]]);
    expect(await ended(uidOf(body('late')))).toMatchObject({ id: waiting.id, state: 'delivered' });
  });

  it('contours a series anew when more of it comes after its job', async () => {
    const files = await writeTestCt(path.join(folder, 'more'), body('more'));
    await send(files.slice(0, 11));
    const first = await ended(uidOf(body('more')));
    await send(files.slice(11));
    const second = await jobWhere(uidOf(body('more')), ({ id, state }) => id !== first.id && ENDS.includes(state));
    expect([first.state, second.state]).toEqual(['delivered', 'delivered']);
    expect(second.resultSopInstanceUid).not.toBe(first.resultSopInstanceUid);
  });

  it('keeps apart series that come interleaved, by STOW-RS', async () => {
    const [one, other] = [body('one'), body('other', 9)];
    const [files, others] = [await writeTestCt(path.join(folder, 'one'), one), await writeTestCt(path.join(folder, 'other'), other)];
    await send(files.slice(0, 4).flatMap((file, k) => [file, others[k]]));
    await stow([...files.slice(4), ...others.slice(4)]);
    for (const series of [one, other]) expect(await ended(uidOf(series))).toMatchObject({ state: 'delivered' });
  });

  it('guesses no protocol: a series that no rule knows waits for a person', async () => {
    await send(await writeTestCt(path.join(folder, 'unknown'), body('unknown')), 'NOBODY');
    const waiting = await jobWhere(uidOf(body('unknown')), ({ problem }) => problem?.code === 'protocol-none');
    const [event] = (await server.stores.jobs.events(waiting.id)).filter(({ what }) => what === 'waits');
    expect(event.details?.rules).toEqual([{ rule: 'all that this scanner sends', holds: false, failed: ['CallingAETitle'] }]);
    await expect(server.actions.chooseProtocol(waiting.id, 'no-such', 'a physicist')).rejects.toMatchObject({ code: 'protocol-unknown' });
    await server.actions.chooseProtocol(waiting.id, QUICK_PROTOCOL, 'a physicist');
    expect(await ended(uidOf(body('unknown')))).toMatchObject({ id: waiting.id, state: 'delivered' });
    expect((await server.stores.jobs.events(waiting.id)).find(({ to }) => to === 'received')).toMatchObject({ who: 'a physicist', details: { chosen: QUICK_PROTOCOL } });
  });

  it('gives up a series that never becomes whole, and takes it up when its slice comes after all', async () => {
    const files = await writeTestCt(path.join(folder, 'never'), body('never'));
    await send(files.filter((_, k) => k !== 5));
    expect(await ended(uidOf(body('never')))).toMatchObject({ state: 'failed', problem: { code: 'ct-missing-slice' } });
    await send([files[5]]);
    expect(await jobWhere(uidOf(body('never')), ({ state }) => state === 'delivered')).toMatchObject({ state: 'delivered' });
  });

  it('contours what an archive holds when somebody names it', async () => {
    const { seriesInstanceUid, attributes: { StudyInstanceUID: studyInstanceUid } } = testCt(body('first'));
    const known = (await server.stores.jobs.ofSeries(seriesInstanceUid))[0];
    const { id } = await server.actions.submit({ studyInstanceUid, seriesInstanceUid, protocol: QUICK_PROTOCOL }, 'a program');
    // What was delivered is not contoured again.
    expect(await ended(seriesInstanceUid)).toMatchObject({ id, state: 'cancelled' });
    expect(await server.stores.jobs.get(known.id)).toMatchObject({ state: 'delivered' });
    // The double says which job has taken its place, and who asked for it may look at that one.
    expect((await server.stores.jobs.events(id)).at(-1)).toMatchObject({ what: 'cancelled', details: { job: known.id } });
    expect(await server.stores.jobs.isAskedBy(known.id, 'a program')).toBe(true);
    await server.actions.submit({ studyInstanceUid, seriesInstanceUid: '1.2.3' }, 'a program');
    expect(await ended('1.2.3')).toMatchObject({ state: 'failed', problem: { code: 'dicomweb-series-empty' } });
    await expect(server.actions.submit({ studyInstanceUid, seriesInstanceUid, protocol: 'no-such' }, 'a program')).rejects.toMatchObject({ code: 'protocol-unknown' });
    await expect(server.actions.submit({ studyInstanceUid, seriesInstanceUid, archive: 'pacs' }, 'a program')).rejects.toMatchObject({ code: 'archive-unknown' });
    await server.actions.submit({ studyInstanceUid, seriesInstanceUid }, 'a program');
    const waiting = await jobWhere(seriesInstanceUid, ({ problem }) => problem?.code === 'protocol-none');
    expect(waiting).toMatchObject({ state: 'waiting' });
    expect((await server.stores.jobs.events(waiting.id)).at(-1)?.details?.rules).toEqual([{ rule: 'all that this scanner sends', holds: false, failed: ['CallingAETitle'] }]);
  });

  it('takes up what has arrived when somebody asks for it, once nothing comes any more', async () => {
    const named = (name: string): { studyInstanceUid: string; seriesInstanceUid: string } => ({ studyInstanceUid: testCt(body(name)).attributes.StudyInstanceUID, seriesInstanceUid: uidOf(body(name)) });
    const files = await writeTestCt(path.join(folder, 'asked'), body('asked'));
    // The lower half has no gap: whoever asks may not be who sends.
    await send(files.slice(0, 6), 'NOBODY');
    const [arrived] = await server.stores.jobs.ofSeries(uidOf(body('asked')));
    expect(await server.actions.submit({ ...named('asked'), protocol: QUICK_PROTOCOL }, 'a program')).toMatchObject({ id: arrived.id, state: 'waiting', protocol: QUICK_PROTOCOL });
    const apart = await server.actions.submit({ ...named('asked'), protocol: QUICK_PROTOCOL, priority: 5 }, 'a program');
    await send(files.slice(6), 'NOBODY');
    await jobWhere(uidOf(body('asked')), ({ state }) => state !== 'waiting');
    for (const { id } of [arrived, apart]) {
      let job = await server.stores.jobs.get(id);
      while (!ENDS.includes(job.state)) {
        await new Promise(setImmediate);
        job = await server.stores.jobs.get(id);
      }
    }
    const jobs = await server.stores.jobs.ofSeries(uidOf(body('asked')));
    expect(jobs.map(({ state }) => state).sort()).toEqual(['cancelled', 'delivered']);
    const [delivered] = jobs.filter(({ state }) => state === 'delivered');
    expect((await server.stores.jobs.events(delivered.id)).find(({ to }) => to === 'received')?.details).toMatchObject({ instances: 12 });

    // Without a protocol the rules choose, by the AE titles that the images came with.
    await send(await writeTestCt(path.join(folder, 'ruled'), body('ruled')));
    const { id } = await server.actions.submit(named('ruled'), 'a program');
    expect(await ended(uidOf(body('ruled')))).toMatchObject({ id, state: 'delivered', origin: 'dimse', protocol: QUICK_PROTOCOL });
    expect(await server.stores.jobs.isAskedBy(id, 'a program')).toBe(true);
    expect(await server.stores.jobs.ofSeries(uidOf(body('ruled')))).toHaveLength(1);
  });
});
