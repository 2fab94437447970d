import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import type { Config } from '../../src/config/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import type { Job, JobState } from '../../src/jobs/index.ts';
import { RondoServer } from '../../src/server/index.ts';
import { makeAuthority } from '../support/certificates.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';

const ENDS: readonly JobState[] = ['delivered', 'failed', 'cancelled'];
const OPTIONS: TestCtOptions = { name: 'destinations', geometry: { size: [40, 30, 8], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
const { attributes: { StudyInstanceUID: studyInstanceUid }, seriesInstanceUid } = testCt(OPTIONS);

/** The service speaks HTTPS with a certificate of the hospital for another name than that under which it reaches itself. */
describe('where structure sets go, with HTTPS', () => {
  let home: TestHome;
  let folder: string;
  let config: Config;
  let server: RondoServer;
  let viewer: DicomWeb;

  const withDestinations = async (name: string, destinations: string): Promise<void> => {
    const text = await readFile(path.join(home.folder, 'protocols', `${QUICK_PROTOCOL}.yaml`), 'utf8');
    await writeFile(path.join(home.folder, 'protocols', `${name}.yaml`), `${text.replace(`name: ${QUICK_PROTOCOL}`, `name: ${name}`)}destinations: ${destinations}\n`);
  };
  const start = async (): Promise<void> => {
    server = await RondoServer.start(config, pino({ level: 'silent' }), '0');
    viewer = new DicomWeb({ url: `${server.url}/dicom-web`, tls: { own: await readFile(path.join(folder, 'ca', 'rondo.pem'), 'utf8') }, timeoutMs: 20_000 });
  };
  const ended = async (id: string): Promise<Job> => {
    for (;;) {
      const job = await server.stores.jobs.get(id);
      if (ENDS.includes(job.state)) return job;
      await new Promise(setImmediate);
    }
  };
  const deliveries = async ({ id }: Job): Promise<string[]> => (await server.stores.deliveries.list(id)).map(({ destination, state }) => `${destination} ${state}`);
  const ask = async (more: { protocol?: string; destinations?: readonly string[] }): Promise<Job> => await ended((await server.actions.submit({ studyInstanceUid, seriesInstanceUid, ...more }, 'a program')).id);

  beforeAll(async () => {
    home = await makeHome();
    await withDestinations('to-rondo', '[rondo]');
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-destinations-'));
    await mkdir(path.join(folder, 'out'));
    const { key, cert } = await (await makeAuthority(path.join(folder, 'ca'))).issue('rondo', { host: 'rondo.hospital.example' });
    ({ config } = await configOf(folder, [
      `folder: ${path.join(folder, 'data')}`,
      `http: { port: ${await freePort()}, tls: { key: "${key}", cert: "${cert}" } }`,
      `dimse: { port: ${await freePort()} }`,
      'series: { quietSeconds: 1 }',
      `destinations: [ { name: rondo, kind: archive }, { name: share, kind: folder, folder: ${path.join(folder, 'out')} } ]`,
      'rules: [ { when: { Origin: stow }, protocol: to-rondo } ]',
    ]));
    await start();
  });
  afterAll(async () => {
    await server.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('are those of the protocol, where nobody says otherwise', async () => {
    const files = await writeTestCt(path.join(folder, 'ct'), OPTIONS);
    await viewer.store(await Promise.all(files.map(async (file) => await readFile(file))));
    const [{ id }] = await server.stores.jobs.ofSeries(seriesInstanceUid);
    const job = await ended(id);
    expect([job.state, job.problem, await deliveries(job)]).toEqual(['delivered', undefined, ['rondo verified']]);
    expect(await readdir(path.join(folder, 'out'))).toEqual([]);
    const [found] = await viewer.searchSeries({ match: { StudyInstanceUID: studyInstanceUid, Modality: 'RTSTRUCT' } });
    expect((await viewer.listSeries(studyInstanceUid, found.seriesInstanceUid)).instanceUids).toEqual([job.resultSopInstanceUid]);
  });

  it('are those of the request before all others: the same structure set goes there too', async () => {
    const [first] = await server.stores.jobs.ofSeries(seriesInstanceUid);
    const job = await ask({ protocol: 'to-rondo', destinations: ['share'] });
    expect(await deliveries(job)).toEqual(['share verified']);
    expect(job.resultSopInstanceUid).toBe(first.resultSopInstanceUid);
    expect(await readdir(path.join(folder, 'out'))).toEqual([`RS.${job.resultSopInstanceUid ?? ''}.dcm`]);
    // The same once more is the same job.
    expect(await ask({ protocol: 'to-rondo', destinations: ['share'] })).toMatchObject({ state: 'cancelled' });
    expect(await ask({ protocol: 'to-rondo' })).toMatchObject({ state: 'cancelled' });
  });

  it('are all where nobody names any', async () => {
    expect(await deliveries(await ask({ protocol: QUICK_PROTOCOL }))).toEqual(['rondo verified', 'share verified']);
  });

  it('are refused where the configuration does not have them, and the job says so', async () => {
    await expect(server.actions.submit({ studyInstanceUid, seriesInstanceUid, destinations: ['shar'] }, 'a program')).rejects.toMatchObject({ code: 'destination-unknown', message: expect.stringContaining('The request names a destination: there is no destination "shar". Did you mean "share"?') as unknown });
    await withDestinations('to-nobody', '[planning]');
    const failed = await ask({ protocol: 'to-nobody' });
    expect(failed).toMatchObject({ state: 'failed', problem: { code: 'destination-unknown', message: expect.stringContaining('The protocol to-nobody names a destination: there is no destination "planning"') as unknown } });
    // Begun anew it is looked at anew.
    expect(await server.actions.rerun(failed.id, 'a physicist')).toMatchObject({ state: 'waiting' });
    expect(await ended(failed.id)).toMatchObject({ state: 'failed', problem: { code: 'destination-unknown' } });
    // Released all the same, as before the configuration lost it, nothing goes where it was not meant to go.
    await server.stores.jobs.rerun(failed.id, 'a physicist');
    await server.stores.jobs.release(failed.id, { protocol: 'to-nobody', identity: 'of another configuration', instances: 8 }, 'a physicist');
    const again = await ended(failed.id);
    expect(again.state).toBe('failed');
    expect(await server.stores.deliveries.list(again.id)).toMatchObject([{ destination: 'planning', state: 'failed', problem: { code: 'delivery-unknown' } }]);
  });

  it('and what lies in the archive is no CT when the service starts again', async () => {
    const before = await server.stores.jobs.list({ limit: 100 });
    await server.stop();
    await start();
    expect((await server.stores.jobs.list({ limit: 100 })).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });
});
