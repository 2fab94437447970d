import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { openDatabase, type Database } from '../../src/jobs/index.ts';
import { smallBody } from '../support/clinic.ts';
import { writeConfig } from '../support/configFile.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';
import { runTool } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { startService, type ServiceProcess } from '../support/serveProcess.ts';

const JOBS = 40;
/** The database shall work for the workers. */
const POLL_MS = 100;
const names = Array.from({ length: JOBS }, (_, n) => `series ${n}`);

describe('rondo worker, several at a time', () => {
  let home: TestHome;
  let folder: string;
  let postgres: PostgresServer;
  let database: Database;
  let configFile: string;
  let server: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-workers-'));
    await mkdir(path.join(folder, 'out'));
    postgres = await startPostgres();
    database = await openDatabase({ url: postgres.url });
    const [httpPort, dimsePort] = [await freePort(), await freePort()];
    url = `http://127.0.0.1:${httpPort}`;
    configFile = await writeConfig(folder,
      `folder: ${path.join(folder, 'data')}`,
      `database: { url: '${postgres.url}' }`,
      `http: { port: ${httpPort} }`,
      `dimse: { port: ${dimsePort} }`,
      'series: { quietSeconds: 1 }',
      'contouring: { workersOnly: true }',
      'destinations:',
      `  - { name: share, kind: folder, folder: ${path.join(folder, 'out')} }`);
    server = await startService('serve', configFile);
    const files = (await Promise.all(names.map(async (name) => await writeTestCt(path.join(folder, 'ct', name), smallBody(name))))).flat();
    expect(await runTool('storescu', ['-aec', 'RONDO', '127.0.0.1', String(dimsePort), ...files])).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(async () => {
    await server.kill();
    await database.close();
    await postgres.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([1, 2, 4])('%i share forty jobs: each is done once, and everybody does some', async (count) => {
    // A protocol of its own: else these would be the jobs of the round before.
    const protocol = `${QUICK_PROTOCOL}-${count}`;
    const quick = path.join(home.folder, 'protocols', `${QUICK_PROTOCOL}.yaml`);
    await writeFile(path.join(home.folder, 'protocols', `${protocol}.yaml`), (await readFile(quick, 'utf8')).replace(`name: ${QUICK_PROTOCOL}\n`, `name: ${protocol}\n`));
    const before = (await readdir(path.join(folder, 'out'))).length;
    const ids = new Set(await Promise.all(names.map(async (name) => {
      const { seriesInstanceUid, attributes: { StudyInstanceUID: studyInstanceUid } } = testCt(smallBody(name));
      const answer = await fetch(`${url}/api/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ studyInstanceUid, seriesInstanceUid, protocol }) });
      return (await answer.json() as { id: string }).id;
    })));
    const inState = async (state: string): Promise<number> => (await database.query('SELECT FROM rondo.job WHERE protocol = $1 AND state = $2', [protocol, state])).length;
    while ((await inState('received')) < JOBS) await pass(POLL_MS);
    const workers = await Promise.all(Array.from({ length: count }, async () => await startService('worker', configFile)));
    while ((await inState('delivered')) < JOBS) await pass(POLL_MS);
    expect(await Promise.all(workers.map((worker) => worker.end()))).toEqual(workers.map(() => 0));

    const events = await database.query<{ job: string; who: string; what: string }>('SELECT e.job, e.who, e.what FROM rondo.event e JOIN rondo.job j ON j.id = e.job WHERE j.protocol = $1 ORDER BY e.id', [protocol]);
    // In the first round the jobs of the series that were sent are taken up.
    for (const id of ids) expect(events.filter(({ job, what }) => job === id && what !== 'waits' && what !== 'came again').map(({ what }) => what)).toEqual(['created', 'state changed', 'claimed', 'state changed', 'structure set made', 'verified', 'state changed']);
    expect(new Set(events.filter(({ what }) => what === 'structure set made').map(({ who }) => who)).size).toBe(count);
    expect((await readdir(path.join(folder, 'out'))).length - before).toBe(JOBS);
  }, 300_000);
});
