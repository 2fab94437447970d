import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { startTool, untilConnected, type RunningTool } from '../support/dimsePeers.ts';
import { FaultyProxy, type Fault } from '../support/faultyProxy.ts';
import { freePort } from '../support/freePort.ts';
import { QUICK_PROTOCOL } from '../support/home.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { startRondo, type RunningRondo } from '../support/runningRondo.ts';

/** How a failed delivery is shown. */
interface Shown {
  code: string;
  /** Else it waits for a person. */
  isTriedAgain: boolean;
}

/** Ways into one archive, named after what goes wrong on them; each gets the structure set of a CT of its own. */
const ARCHIVES: Record<string, Shown> = {
  's-down': { code: 'dicomweb-unreachable', isTriedAgain: true },
  's-500': { code: 'dicomweb-server', isTriedAgain: true },
  's-lost': { code: 'dicomweb-unreachable', isTriedAgain: true },
  's-silent': { code: 'delivery-timeout', isTriedAgain: true },
  's-full': { code: 'delivery-busy', isTriedAgain: true },
  's-refuses': { code: 'delivery-refused', isTriedAgain: false },
};

/** Planning systems, with the words for storescp; where there are none, nobody listens. */
const PLANNING_SYSTEMS: Record<string, Shown & { words?: readonly string[] }> = {
  't-closed': { code: 'dimse-connection', isTriedAgain: true },
  't-aborts': { words: ['--abort-during'], code: 'dimse-connection', isTriedAgain: true },
  't-aborts-late': { words: ['--abort-after'], code: 'dimse-connection', isTriedAgain: true },
  't-full': { words: [], code: 'delivery-busy', isTriedAgain: true },
  't-refuses': { words: ['--refuse'], code: 'dimse-rejected', isTriedAgain: false },
};

describe('structure sets on their way', () => {
  let rondo: RunningRondo;
  let orthanc: Orthanc;
  const proxies = new Map<string, FaultyProxy>();
  const ports = new Map<string, number>();
  const peers = new Map<string, RunningTool>();
  const proxyOf = (name: string): FaultyProxy => proxies.get(name) as FaultyProxy;
  const folderOf = (name: string): string => path.join(rondo.folder, 'tps', name);

  const listen = async (name: string, words: readonly string[]): Promise<void> => {
    const port = ports.get(name) as number;
    const peer = startTool('storescp', ['-od', folderOf(name), ...words, String(port)]);
    peers.set(name, peer);
    await untilConnected(port, peer.child);
  };
  const hangUp = async (name: string): Promise<void> => {
    peers.get(name)?.child.kill();
    await peers.get(name)?.ended;
  };

  beforeAll(async () => {
    orthanc = await startOrthanc();
    for (const name of Object.keys(ARCHIVES)) proxies.set(name, await FaultyProxy.start(orthanc.dicomWebUrl));
    for (const name of Object.keys(PLANNING_SYSTEMS)) ports.set(name, await freePort());
    rondo = await startRondo(() => [
      'series: { quietSeconds: 2 }',
      'destinations:',
      ...Array.from(proxies, ([name, { url }]) => `  - { name: ${name}, kind: stow, url: "${url.replace(/\/$/, '')}", timeoutMs: ${name === 's-silent' ? 2_000 : 60_000} }`),
      ...Array.from(ports, ([name, port]) => `  - { name: ${name}, kind: dimse, host: 127.0.0.1, port: ${port}, aeTitle: TPS }`),
      'rules:',
      ...[...proxies.keys(), ...ports.keys()].map((name) => `  - { when: { CallingAETitle: ${name.toUpperCase()} }, protocol: ${QUICK_PROTOCOL}, destinations: [ ${name} ] }`),
    ]);
  });
  afterAll(async () => {
    await rondo.stop();
    for (const name of peers.keys()) await hangUp(name);
    for (const proxy of proxies.values()) await proxy.down();
    await orthanc.stop();
  });

  /** Sends a CT for each, and sees its delivery fail as it should. */
  const seeFail = async (expected: Record<string, Shown>): Promise<void> => {
    for (const name of Object.keys(expected)) expect(await rondo.send(await rondo.write(name), name.toUpperCase())).toMatchObject({ code: 0 });
    await Promise.all(Object.entries(expected).map(async ([name, { code, isTriedAgain }]) => {
      expect({ name, ...(await rondo.deliveryWhere(name, ({ problem }) => problem !== undefined)) }).toMatchObject({
        name, state: isTriedAgain ? 'waiting' : 'failed', attempts: 1,
        problem: { code, cure: isTriedAgain ? 'It is tried again by itself.' : 'When it is mended, try the delivery again.' },
      });
    }));
  };
  /** A person tries again, by the API, what was refused; the rest has waited for long enough. */
  const goOn = async (expected: Record<string, Shown>): Promise<void> => {
    await rondo.passTime();
    for (const [name, { isTriedAgain }] of Object.entries(expected)) {
      if (isTriedAgain) continue;
      const { id, problem } = await rondo.jobWhere(name, ({ state }) => state === 'failed');
      expect(problem).toMatchObject({ code: 'delivery', message: expect.stringContaining(name), cure: 'When it is mended, try the delivery again.' });
      expect((await fetch(`${rondo.server.url}/api/jobs/${id}/deliveries/${name}/retry`, { method: 'POST' })).status).toBe(200);
    }
    for (const name of Object.keys(expected)) await rondo.jobWhere(name, ({ state }) => state === 'delivered');
  };

  it('to archives that fail: each is there once in the end', async () => {
    const failPosts = (name: string, fault: () => Fault): void => { proxyOf(name).fault = ({ method }) => (method === 'POST' ? fault() : 'none'); };
    /** Failed SOP Sequence with a Failure Reason, of the instance that was looked for before. */
    const refusal = (name: string, reason: number): Fault => {
      const uid = /00080018=([\d.]+)/.exec(proxyOf(name).requests.map(({ url }) => url).join(' '))?.[1];
      return { status: 409, dicomJson: { '00081198': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: [uid] }, '00081197': { vr: 'US', Value: [reason] } }] } } };
    };
    await proxyOf('s-down').down();
    failPosts('s-500', () => 500);
    failPosts('s-lost', () => 'lost');
    failPosts('s-silent', () => 'silent');
    failPosts('s-full', () => refusal('s-full', 0xa700));
    failPosts('s-refuses', () => refusal('s-refuses', 0xa900));
    await seeFail(ARCHIVES);

    await proxyOf('s-down').up();
    for (const name of proxies.keys()) if (name !== 's-lost') proxyOf(name).fault = () => 'none';
    await goOn(ARCHIVES);
    // What was stored without a word is found, and not sent again.
    expect(proxyOf('s-lost').requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    const pacs = new DicomWeb({ url: orthanc.dicomWebUrl, timeoutMs: 20_000 });
    const { attributes: { StudyInstanceUID } } = testCt();
    const found = await pacs.searchSeries({ match: { StudyInstanceUID, Modality: 'RTSTRUCT' } });
    expect(found.map(({ instances }) => instances)).toEqual(Object.keys(ARCHIVES).map(() => 1));
    expect((await rondo.deliveryWhere('s-refuses', () => true)).state).toBe('verified');
  }, 180_000);

  it('to planning systems that fail: each is there once in the end', async () => {
    for (const [name, { words }] of Object.entries(PLANNING_SYSTEMS)) {
      await mkdir(folderOf(name), { recursive: true });
      if (words !== undefined) await listen(name, words);
    }
    await rmdir(folderOf('t-full'));
    await seeFail(PLANNING_SYSTEMS);

    for (const name of ports.keys()) {
      await hangUp(name);
      await mkdir(folderOf(name), { recursive: true });
      await listen(name, []);
    }
    await goOn(PLANNING_SYSTEMS);
    for (const name of ports.keys()) expect([name, (await readdir(folderOf(name))).length]).toEqual([name, 1]);
  }, 180_000);
});
