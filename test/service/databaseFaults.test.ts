import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { writeConfig } from '../support/configFile.ts';
import { writeTestCt } from '../support/ctSeries.ts';
import { runTool } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { body, seriesUid } from '../support/runningRondo.ts';
import { startService, type ServiceProcess } from '../support/serveProcess.ts';

const RESTARTS = 8;

/** After which a service whose database is back takes again what is sent. */
const LONGEST_REFUSAL_MS = 60_000;

interface JobsAnswer {
  jobs: { id: string; state: string; seriesInstanceUid: string; problem?: { code: string; message: string } }[];
}

describe('rondo serve and rondo worker, whose PostgreSQL is restarted again and again', () => {
  let home: TestHome;
  let folder: string;
  let postgres: PostgresServer;
  let [service, worker]: ServiceProcess[] = [];
  let dimsePort: number;
  let url: string;

  beforeAll(async () => {
    [home, folder, postgres, dimsePort] = [await makeHome(), await mkdtemp(path.join(tmpdir(), 'rondo-database-')), await startPostgres(), await freePort()];
    const httpPort = await freePort();
    url = `http://127.0.0.1:${httpPort}`;
    await mkdir(path.join(folder, 'out'));
    const configFile = await writeConfig(folder,
      `folder: ${path.join(folder, 'data')}`,
      `database: { url: "${postgres.url}" }`,
      `http: { port: ${httpPort} }`,
      `dimse: { port: ${dimsePort}, aeTitles: [ { aeTitle: RONDO, protocol: ${QUICK_PROTOCOL} } ] }`,
      'series: { quietSeconds: 1 }',
      'destinations:',
      `  - { name: share, kind: folder, folder: ${path.join(folder, 'out')} }`);
    service = await startService('serve', configFile);
    worker = await startService('worker', configFile);
  });
  afterAll(async () => {
    for (const each of [worker, service]) await each.kill();
    await postgres.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('loses nothing that it took, and delivers everything once', async () => {
    const waiting = new Map<string, string[]>();
    const taken: string[] = [];
    /** As a scanner does: what was not acknowledged is sent again. */
    const sendAll = async (): Promise<void> => {
      for (const [name, files] of waiting) {
        const { code } = await runTool('storescu', ['-aec', 'RONDO', '127.0.0.1', String(dimsePort), ...files]);
        if (code !== 0) continue;
        waiting.delete(name);
        taken.push(name);
      }
    };
    const add = async (name: string): Promise<string[]> => {
      const files = await writeTestCt(path.join(folder, name), body(name));
      waiting.set(name, files);
      return files;
    };
    for (let n = 0; n < RESTARTS; n++) {
      await add(`series ${n}`);
      const sending = sendAll();
      await postgres.restart(n % 2 === 0 ? 'fast' : 'immediate', async () => {
        const [first] = await add(`refused ${n}`);
        expect((await runTool('storescu', ['-aec', 'RONDO', '127.0.0.1', String(dimsePort), first])).code).not.toBe(0);
      });
      await sending;
    }
    // PostgreSQL is back before all connections of the service to it are.
    const backMs = performance.now();
    do await sendAll(); while (waiting.size > 0 && performance.now() - backMs < LONGEST_REFUSAL_MS);
    if (waiting.size > 0) throw new Error(`${waiting.size} series were not taken; rondo serve ${service.child.exitCode === null ? 'runs' : 'has ended'}: ${service.errors()}${JSON.stringify(service.log.slice(-20))}`);

    for (const delivered = new Set<string>(); delivered.size < taken.length; ) {
      const { jobs } = (await (await fetch(`${url}/api/jobs?limit=100`)).json()) as JobsAnswer;
      for (const { state, seriesInstanceUid, problem } of jobs) {
        // The restarts are nobody's fault: no job is given up over them.
        if (state === 'failed') throw new Error(JSON.stringify(problem));
        if (state === 'delivered') delivered.add(seriesInstanceUid);
      }
    }
    const files = await readdir(path.join(folder, 'out'));
    const referenced = await Promise.all(files.map(async (file) => readStructureSet(await readFile(path.join(folder, 'out', file))).reference.series[0].seriesInstanceUid));
    expect(referenced.sort()).toEqual(taken.map(seriesUid).sort());
    for (const each of [worker, service]) if ((await each.end()) !== 0) throw new Error(`it did not end in order: ${each.errors()}${JSON.stringify(each.log.slice(-10))}`);
  }, 300_000);
});
