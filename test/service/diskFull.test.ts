import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import { RESERVE_BYTES } from '../../src/service/index.ts';
import { QUICK_PROTOCOL } from '../support/home.ts';
import { seriesUid, startRondo, type RunningRondo } from '../support/runningRondo.ts';
import { mountSmallDisk } from '../support/smallDisk.ts';

const disk = await mountSmallDisk(400);
const suite = disk === undefined ? describe.skip : describe;

suite(`a disk that is full${disk === undefined ? ' – skipped: only root may mount one' : ''}`, () => {
  let rondo: RunningRondo;
  const dataFolder = path.join(disk?.folder ?? '', 'data');
  const leave = async (freeBytes: number): Promise<void> => { await disk?.leave(freeBytes); };

  beforeAll(async () => {
    rondo = await startRondo((folder) => [
      'series: { quietSeconds: 2 }',
      `destinations: [ { name: share, kind: folder, folder: ${path.join(folder, 'out')} } ]`,
      `rules: [ { when: { CallingAETitle: SCANNER }, protocol: ${QUICK_PROTOCOL} } ]`,
    ], dataFolder);
  });
  afterAll(async () => {
    await rondo.stop();
    await disk?.remove();
  });

  interface Check { name: string; ok: boolean; detail?: string }
  const check = async (wanted: 'disk' | 'database'): Promise<Check> => {
    const { checks } = (await (await fetch(`${rondo.server.url}/ready`)).json()) as { checks: Check[] };
    return checks.find(({ name }) => name === wanted) as Check;
  };
  const archived = async (): Promise<string[]> => await readdir(path.join(dataFolder, 'archive', 'instances'), { recursive: true });
  const delivered = async (name: string): Promise<void> => { await rondo.jobWhere(name, ({ state }) => state === 'delivered'); };

  it('takes nothing, says so, keeps nothing half, and goes on when there is space', async () => {
    const [sent, stored] = [await rondo.write('sent'), await rondo.write('stored')];
    const before = await archived();
    await leave(RESERVE_BYTES - 2 ** 20);
    expect(await rondo.send(sent)).toMatchObject({ output: expect.stringContaining('Refused: OutOfResources') });
    const outcomes = await new DicomWeb({ url: `${rondo.server.url}/dicom-web`, timeoutMs: 20_000 }).store(await Promise.all(stored.map(async (file) => await readFile(file))));
    expect(outcomes.map(({ outcome, reason }) => [outcome, reason])).toEqual(stored.map(() => ['failed', 'the archive is out of resources (A700H)']));
    expect(await check('disk')).toMatchObject({ ok: false, detail: expect.stringContaining('0.1 GiB free') });
    expect(await archived()).toEqual(before);
    expect(await readdir(path.join(dataFolder, 'archive', 'incoming'))).toEqual([]);
    for (const name of ['sent', 'stored']) expect(await rondo.server.stores.jobs.ofSeries(seriesUid(name))).toEqual([]);

    await leave(Infinity);
    expect(await rondo.send([...sent, ...stored])).toMatchObject({ code: 0 });
    for (const name of ['sent', 'stored']) await delivered(name);
  }, 120_000);

  it('puts off a job whose images find no room, and keeps none of them', async () => {
    expect(await rondo.send(await rondo.write('fetched'), 'NOBODY')).toMatchObject({ code: 0 });
    const { id } = await rondo.jobWhere('fetched', ({ problem }) => problem?.code === 'protocol-none');
    await leave(RESERVE_BYTES - 2 ** 20);
    await rondo.server.actions.chooseProtocol(id, QUICK_PROTOCOL, 'a physicist');
    expect(await rondo.jobWhere('fetched', ({ postponed }) => postponed === 1)).toMatchObject({ state: 'received', attempts: 0, problem: { code: 'disk-full', message: expect.stringContaining('is full'), cure: 'It is tried again by itself.' } });
    expect(await readdir(path.join(dataFolder, 'work', `${hostname()}-${process.pid}`))).toEqual([]);
    await leave(Infinity);
    await rondo.passTime();
    await delivered('fetched');
  }, 120_000);

  it('that somebody else has filled to its last byte stops nothing for good', async () => {
    const files = await rondo.write('last byte');
    await leave(0);
    expect(await rondo.send(files)).toMatchObject({ output: expect.stringContaining('Refused: OutOfResources') });
    // PostgreSQL stops where its log finds no room.
    const { database } = rondo.server.stores;
    const written = async (): Promise<void> => { for (;;) await database.query("SELECT pg_logical_emit_message(true, 'test', repeat('x', 1000000))", []); };
    await expect(written()).rejects.toMatchObject({ code: 'database-unreachable' });
    await expect(database.transaction(async (sql) => await sql.query('SELECT 1'))).rejects.toMatchObject({ code: 'database-unreachable' });
    expect(await check('database')).toMatchObject({ ok: false, detail: expect.stringContaining('starts again by itself') });
    expect((await fetch(`${rondo.server.url}/dicom-web/studies`, { method: 'POST', headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=x' }, body: 'x'.repeat(1000) })).status).toBe(507);
    await leave(Infinity);
    while (!(await check('database')).ok) await new Promise(setImmediate);
    expect(await rondo.send(files)).toMatchObject({ code: 0 });
    await delivered('last byte');
    expect(await readdir(path.join(rondo.folder, 'out'))).toHaveLength(4);
  }, 120_000);
});
