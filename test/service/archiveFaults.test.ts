import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { testCt } from '../support/ctSeries.ts';
import { FaultyProxy } from '../support/faultyProxy.ts';
import { QUICK_PROTOCOL } from '../support/home.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { body, startRondo, type RunningRondo } from '../support/runningRondo.ts';

/** An archive each, named after what goes wrong with it: the images of one CT. */
const FAULTS = ['down', 'failing', 'unlisted', 'cutting', 'silent', 'slow'] as const;
type FaultName = (typeof FAULTS)[number];

const TIMEOUT_MS = 2_000;

describe('images fetched from an archive that fails', () => {
  let orthanc: Orthanc;
  let rondo: RunningRondo;
  const proxies = new Map<FaultName, FaultyProxy>();
  const proxyOf = (name: FaultName): FaultyProxy => proxies.get(name) as FaultyProxy;
  const isInstance = (url: string): boolean => /instances\/[\d.]+$/.test(url);

  beforeAll(async () => {
    orthanc = await startOrthanc();
    for (const name of FAULTS) proxies.set(name, await FaultyProxy.start(orthanc.dicomWebUrl));
    rondo = await startRondo((folder) => [
      'archives:',
      ...FAULTS.map((name) => `  - { name: ${name}, url: "${proxyOf(name).url.replace(/\/$/, '')}", timeoutMs: ${TIMEOUT_MS} }`),
      `destinations: [ { name: share, kind: folder, folder: ${path.join(folder, 'out')} } ]`,
      'contouring: { parallel: 3 }',
    ]);
    for (const name of FAULTS) await rondo.store(orthanc.dicomWebUrl, await rondo.write(name));
  });
  afterAll(async () => {
    await rondo.stop();
    for (const proxy of proxies.values()) await proxy.down();
    await orthanc.stop();
  });

  const submit = async (name: FaultName): Promise<void> => {
    const { seriesInstanceUid, attributes: { StudyInstanceUID: studyInstanceUid } } = testCt(body(name));
    await rondo.server.actions.submit({ studyInstanceUid, seriesInstanceUid, archive: name, protocol: QUICK_PROTOCOL }, 'a program');
  };
  /** The first requests for each image. */
  const firstOfEach = (fault: 'cut' | 'silent'): FaultyProxy['fault'] => {
    const seen = new Set<string>();
    return ({ url }) => {
      if (!isInstance(url) || seen.has(url)) return 'none';
      seen.add(url);
      return fault;
    };
  };

  it('waits for it, visibly and without an attempt, and contours each CT once', async () => {
    proxyOf('cutting').fault = firstOfEach('cut');
    proxyOf('silent').fault = firstOfEach('silent');
    proxyOf('slow').fault = () => 'slow';
    let failing = true;
    proxyOf('failing').fault = ({ url }) => (failing && isInstance(url) ? 500 : 'none');
    proxyOf('down').fault = ({ url }) => {
      if (failing && isInstance(url)) void proxyOf('down').down();
      return 'none';
    };
    await proxyOf('unlisted').down();
    for (const name of FAULTS) await submit(name);

    const unlisted = rondo.jobWhere('unlisted', ({ problem }) => problem?.message.includes('ECONNREFUSED') === true);
    const [down, broken] = await Promise.all((['down', 'failing'] as const).map(async (name) => await rondo.jobWhere(name, ({ postponed }) => postponed === 1)));
    expect(down).toMatchObject({ state: 'received', attempts: 0, problem: { code: 'dicomweb-unreachable', cure: 'It is tried again by itself.' } });
    expect(broken).toMatchObject({ state: 'received', attempts: 0, problem: { code: 'dicomweb-server' } });
    expect(down.notBefore?.getTime()).toBeGreaterThan(Date.now());
    expect(await unlisted).toMatchObject({ state: 'waiting', problem: { code: 'series-looked-at', cure: 'It is tried again by itself.' } });

    failing = false;
    for (const name of ['down', 'unlisted'] as const) await proxyOf(name).up();
    await rondo.passTime();
    for (const name of FAULTS) expect(await rondo.jobWhere(name, ({ state }) => state === 'delivered')).toMatchObject({ attempts: 1 });
    expect(await readdir(path.join(rondo.folder, 'out'))).toHaveLength(FAULTS.length);
    expect(await readdir(path.join(rondo.folder, 'data', 'work', `${hostname()}-${process.pid}`))).toEqual([]);
  }, 180_000);

  it('says of what the archive does not have that it is missing, and does not wait for it', async () => {
    await rondo.server.actions.submit({ studyInstanceUid: '1.2.3', seriesInstanceUid: testCt({ name: 'absent' }).seriesInstanceUid, archive: 'slow', protocol: QUICK_PROTOCOL }, 'a program');
    expect(await rondo.jobWhere('absent', ({ state }) => state === 'failed')).toMatchObject({ problem: { code: 'dicomweb-series-empty', cure: 'When it is mended, begin the job anew.' } });
  });
});
