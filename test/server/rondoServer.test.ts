import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
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
      'series: { quietSeconds: 0.4, giveUpMinutes: 0.2 }',
      'destinations:',
      `  - { name: tps, kind: dimse, host: 127.0.0.1, port: ${tpsPort}, aeTitle: TPS }`,
      `  - { name: share, kind: folder, folder: ${path.join(folder, 'out')} }`,
      'rules:',
      `  - { name: all that this scanner sends, when: { CallingAETitle: SCANNER }, protocol: ${QUICK_PROTOCOL} }`,
    ]);
    server = await RondoServer.start(config, { info: () => undefined, error: () => undefined });
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

  it('takes a CT by C-STORE and brings the structure set to a planning system and a folder', async () => {
    const files = await writeTestCt(path.join(folder, 'first'), body('first'));
    await send(files);
    const job = await ended(testCt(body('first')).seriesInstanceUid);
    expect(job.problem).toBeUndefined();
    expect(job.state).toBe('delivered');
    expect(await readdir(path.join(folder, 'tps'))).toHaveLength(1);
    const [file] = await readdir(path.join(folder, 'out'));
    expect(readStructureSet(await readFile(path.join(folder, 'out', file))).structures.map(({ name }) => name)).toEqual(['Dense']);
  });
});
