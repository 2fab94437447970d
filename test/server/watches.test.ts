import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';
import type { Config } from '../../src/config/index.ts';
import { uidFrom } from '../../src/dicom/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { RondoServer } from '../../src/server/index.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';

/** A body in air, scanned today, of its own study and series. */
function body(name: string, slices = 8): TestCtOptions {
  const today = new Date();
  const StudyDate = `${today.getFullYear()}${String(today.getMonth() + 1).padStart(2, '0')}${String(today.getDate()).padStart(2, '0')}`;
  return {
    name, attributes: { StudyDate, StudyInstanceUID: uidFrom('test study', name) },
    geometry: { size: [40, 30, slices], sliceOffsetsMm: Array.from({ length: slices }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000),
  };
}

const uidOf = (name: string): string => testCt(body(name)).seriesInstanceUid;

describe('the service beside an archive and a folder that it watches', () => {
  let home: TestHome;
  let folder: string;
  let watched: string;
  let orthanc: Orthanc;
  let pacs: DicomWeb;
  let config: Config;
  let server: RondoServer;
  const logged: { level: number; msg: string; archive?: string; folder?: string }[] = [];
  const log: Logger = pino({ level: 'info' }, new Writable({ write: (line: Buffer, _, done) => { logged.push(JSON.parse(line.toString()) as (typeof logged)[number]); done(); } }));

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-watches-'));
    watched = path.join(folder, 'in');
    await mkdir(watched);
    await mkdir(path.join(folder, 'out'));
    orthanc = await startOrthanc();
    const url = orthanc.dicomWebUrl.replace(/\/$/, '');
    pacs = new DicomWeb({ url, timeoutMs: 20_000 });
    ({ config } = await configOf(folder, [
      `folder: ${path.join(folder, 'data')}`,
      'http: { port: 0 }',
      'dimse: { port: 0 }',
      // A busy machine must not look like a pause in the middle of a series.
      'series: { quietSeconds: 5 }',
      'limits: { seriesInstances: 8 }',
      `archives: [ { name: hospital, url: "${url}", watch: { query: { Modality: CT }, everySeconds: 1 } } ]`,
      `watchFolders: [ { folder: "${watched}", protocol: ${QUICK_PROTOCOL} } ]`,
      `destinations: [ { name: share, kind: folder, folder: ${path.join(folder, 'out')} } ]`,
      `rules: [ { when: { Origin: archive, StudyDescription: test }, protocol: ${QUICK_PROTOCOL} } ]`,
    ]));
    await store('long there');
    await start();
    await said(/the watch of an archive begins/);
  });
  afterAll(async () => {
    await server.stop();
    await orthanc.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (): Promise<void> => { server = await RondoServer.start(config, log, '0'); };
  const filesOf = async (name: string): Promise<string[]> => await writeTestCt(path.join(folder, 'ct', name), body(name));
  const store = async (name: string): Promise<void> => { await pacs.store(await Promise.all((await filesOf(name)).map(async (file) => await readFile(file)))); };
  const turn = async (): Promise<void> => { await new Promise(setImmediate); };
  const said = async (text: RegExp): Promise<void> => { while (!logged.some(({ msg }) => text.test(msg))) await turn(); };
  const delivered = async (name: string): Promise<Job> => {
    for (;;) {
      const [job] = (await server.stores.jobs.ofSeries(uidOf(name))) as (Job | undefined)[];
      if (job?.state === 'delivered') return job;
      if (job?.state === 'failed' || job?.problem?.code === 'protocol-none') throw new Error(job.problem?.message);
      await turn();
    }
  };
  const states = async (name: string): Promise<string[]> => (await server.stores.jobs.ofSeries(uidOf(name))).map(({ state }) => state);
  const ready = async (): Promise<{ status: number; checks: { name: string; ok: boolean; needed?: boolean; detail?: string }[] }> => {
    const answer = await fetch(`${server.url}/ready`);
    return { status: answer.status, ...((await answer.json()) as { checks: { name: string; ok: boolean }[] }) };
  };
  const checked = async (name: string, ok: boolean): ReturnType<typeof ready> => {
    for (;;) {
      const answer = await ready();
      if (answer.checks.some((check) => check.name === name && check.ok === ok)) return answer;
      await turn();
    }
  };

  it('contours what appears in the archive, and not what was there', async () => {
    await store('new');
    expect(await delivered('new')).toMatchObject({ origin: 'archive', protocol: QUICK_PROTOCOL, source: { url: config.archives[0].url } });
    expect(await states('long there')).toEqual([]);
    expect((await ready()).checks).toEqual(expect.arrayContaining([{ name: 'watched archives', ok: true, needed: false }, { name: 'watched folders', ok: true, needed: false }]));
  }, 120_000);

  it('contours what appears in the folder by the protocol of the folder', async () => {
    await writeFile(path.join(watched, 'readme.txt'), 'Put CTs here.');
    const [first, ...others] = await filesOf('slices');
    await mkdir(path.join(watched, 'patient'));
    await copyFile(first, path.join(watched, 'patient', '0'));
    for (const [n, file] of others.entries()) {
      await copyFile(file, path.join(watched, 'patient', `${n + 1}.part`));
      await rename(path.join(watched, 'patient', `${n + 1}.part`), path.join(watched, 'patient', `${n + 1}`));
    }
    expect(await delivered('slices')).toMatchObject({ origin: 'folder', arrival: { folder: watched }, protocol: QUICK_PROTOCOL });
    expect(await states('slices')).toEqual(['delivered']);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toContain('rondo_received_instances_total{origin="folder"} 8');
  }, 120_000);

  it('refuses a series of more images than the limit, before it fetches one', async () => {
    const larger = body('larger', 9);
    await pacs.store(await Promise.all((await writeTestCt(path.join(folder, 'ct', 'larger'), larger)).map(async (file) => await readFile(file))));
    for (;;) {
      const [job] = (await server.stores.jobs.ofSeries(uidOf('larger'))) as (Job | undefined)[];
      if (job !== undefined && job.state !== 'waiting') throw new Error(`it is ${job.state}`);
      if (job?.problem?.code === 'series-limit') {
        expect(job.problem.message).toContain('9 images');
        break;
      }
      await turn();
    }
  }, 120_000);

  it('misses and repeats nothing while it is not there', async () => {
    await server.stop();
    await store('meanwhile');
    await filesOf('moved in');
    await rename(path.join(folder, 'ct', 'moved in'), path.join(watched, 'moved in'));
    await start();
    await delivered('meanwhile');
    await delivered('moved in');
    for (const name of ['new', 'slices', 'meanwhile', 'moved in']) expect([name, ...(await states(name))]).toEqual([name, 'delivered']);
    expect(await states('long there')).toEqual([]);
    expect(logged.filter(({ msg }) => msg.includes('the watch of an archive begins'))).toHaveLength(1);
  }, 120_000);

  it('goes on without what is away, says so once, and goes on with it afterwards', async () => {
    await orthanc.halt();
    await rename(watched, `${watched}-away`);
    expect(await checked('watched archives', false)).toMatchObject({ status: 200, checks: expect.arrayContaining([{ name: 'watched archives', ok: false, needed: false, detail: expect.stringMatching(/^hospital: /) as unknown }]) as unknown });
    await checked('watched folders', false);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('rondo_watch_up{kind="archive",name="hospital"} 0');
    expect(metrics).toContain(`rondo_watch_up{kind="folder",name="${watched}"} 0`);
    await orthanc.resume();
    await rename(`${watched}-away`, watched);
    await store('after all');
    await copyAll('after that');
    await delivered('after all');
    await delivered('after that');
    await checked('watched archives', true);
    await checked('watched folders', true);
    const changes = logged.filter(({ msg }) => /that appear there/.test(msg));
    for (const place of [{ archive: 'hospital' }, { folder: watched }]) {
      expect(changes.filter((one) => one.archive === (place as { archive?: string }).archive && one.folder === (place as { folder?: string }).folder).map(({ level }) => level)).toEqual([40, 30]);
    }
  }, 120_000);

  async function copyAll(name: string): Promise<void> {
    await mkdir(path.join(watched, name));
    for (const file of await filesOf(name)) await copyFile(file, path.join(watched, name, path.basename(file)));
  }
});
