import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { writeConfig } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { runTool } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startService } from '../support/serveProcess.ts';

const KILLS = 60;
/** A kill comes within so long after the service is ready: long enough for a series to go all the way now and then. */
const LONGEST_LIFE_MS = 2500;

function body(name: string): TestCtOptions {
  return { name, geometry: { size: [40, 30, 8], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
}

describe('rondo serve, killed again and again', () => {
  let home: TestHome;
  let folder: string;
  let configFile: string;
  let dimsePort: number;
  let url: string;

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-kills-'));
    await mkdir(path.join(folder, 'out'));
    dimsePort = await freePort();
    const httpPort = await freePort();
    url = `http://127.0.0.1:${httpPort}`;
    configFile = await writeConfig(folder,
      `folder: ${path.join(folder, 'data')}`,
      `http: { port: ${httpPort} }`,
      `dimse: { port: ${dimsePort}, aeTitles: [ { aeTitle: RONDO, protocol: ${QUICK_PROTOCOL} } ] }`,
      'series: { quietSeconds: 0.3 }',
      'destinations:',
      `  - { name: share, kind: folder, folder: ${path.join(folder, 'out')} }`);
  });
  afterAll(async () => {
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('loses nothing and delivers everything once', async () => {
    const waiting = new Map<string, string[]>();
    const taken: string[] = [];
    /** As a scanner does: what was not acknowledged is sent again. */
    const sendAll = async (): Promise<void> => {
      for (const [name, files] of waiting) {
        const { code } = await runTool('storescu', ['-aec', 'RONDO', '127.0.0.1', String(dimsePort), ...files]);
        if (code !== 0) return;
        waiting.delete(name);
        taken.push(name);
      }
    };
    let seed = 7;
    const random = (): number => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };
    for (let n = 0; n < KILLS; n++) {
      const service = await startService('serve', configFile);
      if (n % 3 === 0) waiting.set(`series ${n}`, await writeTestCt(path.join(folder, `ct-${n}`), body(`series ${n}`)));
      const sending = sendAll();
      await pass(random() * LONGEST_LIFE_MS);
      await service.kill();
      await sending;
    }

    const service = await startService('serve', configFile);
    await sendAll();
    expect(waiting.size).toBe(0);
    const series = taken.map((name) => testCt(body(name)).seriesInstanceUid);
    for (const delivered = new Set<string>(); delivered.size < series.length; ) {
      const { jobs } = (await (await fetch(`${url}/api/jobs?limit=100`)).json()) as { jobs: { id: string; state: string; seriesInstanceUid: string; problem?: { code: string } }[] };
      for (const { id, state, seriesInstanceUid, problem } of jobs) {
        if (state === 'delivered') delivered.add(seriesInstanceUid);
        if (state !== 'failed') continue;
        // Whoever was killed three times over the same job says so, and a person begins it anew.
        expect(problem?.code).toBe('job-attempts');
        expect((await fetch(`${url}/api/jobs/${id}/rerun`, { method: 'POST' })).status).toBe(200);
      }
    }
    expect(await service.end()).toBe(0);

    const files = await readdir(path.join(folder, 'out'));
    const referenced = await Promise.all(files.filter((file) => file.endsWith('.dcm')).map(async (file) => readStructureSet(await readFile(path.join(folder, 'out', file))).reference.series[0].seriesInstanceUid));
    expect(referenced.sort()).toEqual([...series].sort());
    expect(await readdir(path.join(folder, 'data', 'archive', 'incoming'))).toEqual([]);
    expect(await readdir(path.join(folder, 'data', 'work'))).toEqual([]);
  }, 900_000);
});
