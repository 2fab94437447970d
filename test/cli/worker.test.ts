import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeConfig } from '../support/configFile.ts';
import { freePort } from '../support/freePort.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { rondo } from '../support/rondo.ts';
import { startService, type ServiceProcess } from '../support/serveProcess.ts';

const KEY = 'a-key-of-more-than-thirty-two-characters';
const TRIGGER_KEY = 'another-key-of-more-than-thirty-two-characters';

describe('rondo worker', () => {
  let folder: string;
  let postgres: PostgresServer;
  let file: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-cli-worker-'));
    await mkdir(path.join(folder, 'out'));
    postgres = await startPostgres();
    Object.assign(process.env, { REVIEW_KEY: KEY, TPS_KEY: TRIGGER_KEY });
    file = await writeConfig(folder,
      `folder: ${path.join(folder, 'data')}`, `database: { url: "${postgres.url}" }`, `http: { port: ${await freePort()} }`, `dimse: { port: ${await freePort()} }`,
      'authentication: { keys: [{ name: workers, role: reviewer, keyFromEnv: REVIEW_KEY }, { name: tps, role: trigger, keyFromEnv: TPS_KEY }] }',
      'destinations: [{ name: share, kind: folder, folder: out }]');
    service = await startService('serve', file);
  });
  afterAll(async () => {
    await service.kill();
    await postgres.stop();
    for (const name of ['REVIEW_KEY', 'TPS_KEY', 'RONDO_KEY']) Reflect.deleteProperty(process.env, name);
    await rm(folder, { recursive: true, force: true });
  });

  it.each([['no key', undefined], ['a key that may not fetch', TRIGGER_KEY], ['an unknown key', 'x'.repeat(32)]])('with %s takes no job that it could not do', async (_, key) => {
    if (key === undefined) delete process.env.RONDO_KEY;
    else process.env.RONDO_KEY = key;
    const { code, stderr } = await rondo('worker', '--config', file);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Expected in the environment variable RONDO_KEY a key of "authentication.keys" with the role reviewer.')]);
  });

  it.each(['http', 'dimse'])('rondo serve says why it cannot listen at its %s port', async (section) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const ports = { http: await freePort(), dimse: await freePort(), [section]: port };
    const other = await writeConfig(await mkdtemp(path.join(folder, 'other-')), `folder: ${path.join(folder, `other ${section}`)}`, ...Object.entries(ports).map(([name, each]) => `${name}: { port: ${each} }`));
    const { code, stderr } = await rondo('serve', '--config', other);
    taken.close();
    expect([code, stderr]).toEqual([1, `rondo: ${section} cannot listen at 127.0.0.1, port ${port} (EADDRINUSE); another program, or another Rondo, listens there: end it, or choose another port. (${section}-listen)\n`]);
  });

  it('starts with a key that may fetch, and before the service does', async () => {
    process.env.RONDO_KEY = KEY;
    const first = await startService('worker', file);
    expect(first.log).toMatchObject([{ msg: 'The worker is ready' }]);
    expect(await first.end()).toBe(0);
    await service.end();
    const second = await startService('worker', file);
    expect(second.log).toMatchObject([{ msg: 'the service cannot be reached yet' }, { msg: 'The worker is ready' }]);
    expect(await second.end()).toBe(0);
  });

  it('says what its configuration lacks on its own machine', async () => {
    process.env.RONDO_KEY = KEY;
    await rm(path.join(folder, 'out'), { recursive: true });
    const worker = await startService('worker', file);
    expect(await worker.end()).toBe(0);
    expect(worker.log.map(({ level, msg }) => [level, msg])).toContainEqual([40, expect.stringContaining('structure sets for share cannot be delivered')]);
  });
});
