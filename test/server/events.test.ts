import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { Authenticator } from '../../src/server/authenticator.ts';
import { errorAnswer } from '../../src/server/errorAnswer.ts';
import { eventRoutes, type StreamTimes } from '../../src/server/eventRoutes.ts';
import { mount } from '../../src/server/route.ts';
import { startService, type TestService } from '../support/service.ts';

interface Heard { id?: string; event: string; data: { id?: string; event?: { what: string; who: string; to?: string }; job?: { id: string; state: string; deliveries: object[] }; progress?: object } }

const KEY = 'key-of-the-trigger-0123456789-0123456789';

describe('the stream of what happens', () => {
  let service: TestService;
  let server: Server;
  let url: string;
  let restarted: Server[] = [];
  const open: AbortController[] = [];

  /** The route by itself, with times of its own. */
  const serve = async (times: StreamTimes, authentication: ConstructorParameters<typeof Authenticator>[0] = { keys: [] }, database = service.database): Promise<string> => {
    const app = express();
    mount(app, eventRoutes({ ...service, database, log: pino({ level: 'silent' }) }, times), new Authenticator(authentication, undefined));
    app.use(errorAnswer(pino({ level: 'silent' })));
    server = createServer(app);
    restarted.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/events`;
  };

  beforeAll(async () => {
    service = await startService();
    url = await serve({ poll: 20, heartbeat: 60_000, life: 60_000 });
  });
  afterEach(() => { for (const each of open.splice(0)) each.abort(); });
  afterAll(async () => {
    for (const each of restarted) { each.close(); each.closeAllConnections(); }
    restarted = [];
    await service.stop();
  });

  /** What a listener hears, one at a time; comments by themselves. */
  const listen = async (address: string, headers: Record<string, string> = {}): Promise<{ next: () => Promise<Heard>; text: () => string; ended: () => Promise<void> }> => {
    const controller = new AbortController();
    open.push(controller);
    const response = await fetch(address, { headers, signal: controller.signal });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    let [all, rest] = ['', ''];
    const more = async (): Promise<boolean> => {
      const { done, value } = await reader.read();
      if (done) return false;
      const text = decoder.decode(value, { stream: true });
      all += text;
      rest += text;
      return true;
    };
    return {
      text: () => all,
      ended: async () => { while (await more()); },
      next: async () => {
        for (;;) {
          const end = rest.indexOf('\n\n');
          if (end < 0) {
            if (!(await more())) throw new Error('the stream ended');
            continue;
          }
          const lines = rest.slice(0, end).split('\n');
          rest = rest.slice(end + 2);
          const field = (name: string): string | undefined => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
          const [event, data, id] = [field('event'), field('data'), field('id')];
          if (event !== undefined && data !== undefined) return { event, data: JSON.parse(data) as Heard['data'], ...(id !== undefined && { id }) };
        }
      },
    };
  };

  it('tells every change of a job with the job as it is, and how far it has come', async () => {
    const { next } = await listen(url);
    expect(await next()).toMatchObject({ event: 'hello', id: expect.stringMatching(/^\d+$/) });
    const { id } = await service.inState('received');
    expect(await next()).toMatchObject({ event: 'job', id: expect.stringMatching(/^\d+$/), data: { event: { what: 'created', who: 'ae:CT1', to: 'received' }, job: { id, state: 'received' } } });
    await service.leases.claim('w1', 60_000);
    expect(await next()).toMatchObject({ event: 'job', data: { event: { what: 'claimed' }, job: { id, state: 'fetching' } } });
    await service.leases.setProgress(id, 'w1', { stage: 'fetching', done: 3, total: 9 });
    expect(await next()).toEqual({ event: 'progress', data: { id, progress: { stage: 'fetching', done: 3, total: 9 } } });
    await service.leases.setProgress(id, 'w1', { stage: 'fetching', done: 4, total: 9 });
    expect(await next()).toMatchObject({ event: 'progress', data: { progress: { done: 4 } } });
    await service.jobs.cancel(id, 'anna');
    expect(await next()).toMatchObject({ event: 'job', data: { event: { who: 'anna' }, job: { state: 'cancelled' } } });
  });

  it('goes on where a listener was, and gives no event twice', async () => {
    const first = await listen(url);
    const { id: before } = await first.next();
    const { id: job } = await service.inState('received');
    const { id: last } = await first.next();
    await service.jobs.cancel(job, 'anna');
    const { id: other } = await service.inState('waiting');
    const again = await listen(url, { 'last-event-id': last ?? '' });
    expect(await again.next()).toMatchObject({ event: 'hello', id: last });
    expect(await again.next()).toMatchObject({ event: 'job', data: { event: { what: 'cancelled' }, job: { id: job } } });
    expect(await again.next()).toMatchObject({ event: 'job', data: { event: { what: 'created' }, job: { id: other } } });
    await service.jobs.cancel(other, 'berta');
    expect(await again.next()).toMatchObject({ event: 'job', data: { event: { who: 'berta' } } });
    const whole = await listen(url, { 'last-event-id': before ?? '' });
    const heard = [];
    for (let count = 0; count < 5; count += 1) heard.push((await whole.next()).data.event?.what);
    expect(heard).toEqual([undefined, 'created', 'cancelled', 'created', 'cancelled']);
  });

  it('says that the list is to be read again where too much was missed, or the number was never given', async () => {
    const { id } = await service.inState('waiting');
    const [{ last }] = await service.database.query<{ last: number }>('SELECT max(id)::float8 AS last FROM rondo.event', []);
    await service.database.query("INSERT INTO rondo.event (job, who, what) SELECT $1, 'x', 'much' FROM generate_series(1, 600)", [id]);
    const { next } = await listen(url, { 'last-event-id': String(last) });
    expect(await next()).toMatchObject({ event: 'hello' });
    expect(await next()).toMatchObject({ event: 'reset', id: String(last + 600) });
    const beyond = await listen(url, { 'last-event-id': '999999999' });
    expect(await beyond.next()).toMatchObject({ event: 'hello', id: String(last + 600) });
    expect(await beyond.next()).toMatchObject({ event: 'reset' });
    for (const wrong of ['-1', 'x', '1; DROP', '1'.repeat(16)]) expect((await fetch(url, { headers: { 'last-event-id': wrong } })).status).toBe(400);
  });

  it('tells a trigger of its own jobs only', async () => {
    const own = await serve({ poll: 20, heartbeat: 60_000, life: 60_000 }, { keys: [{ name: 'ci', role: 'trigger', sha256: createHash('sha256').update(KEY).digest('hex') }] });
    const { next } = await listen(own, { authorization: `Bearer ${KEY}` });
    await next();
    await service.inState('waiting', { who: 'somebody' });
    const { id } = await service.inState('waiting', { who: 'ci' });
    expect((await next()).data.job?.id).toBe(id);
    expect((await fetch(own)).status).toBe(401);
  });

  it('beats, and ends after its time', async () => {
    const { next, text, ended } = await listen(await serve({ poll: 20, heartbeat: 30, life: 200 }));
    await next();
    await ended();
    expect(text().match(/^: alive$/gm)?.length).toBeGreaterThanOrEqual(2);
  });

  it('stands where the database does not answer for a while, and loses nothing', async () => {
    const { next } = await listen(await serve({ poll: 10, heartbeat: 60_000, life: 60_000 }));
    await next();
    const query = service.database.query.bind(service.database);
    let failures = 0;
    await new Promise<void>((resolve) => {
      service.database.query = () => {
        failures += 1;
        if (failures === 3) resolve();
        return Promise.reject(new Error('down'));
      };
    });
    service.database.query = query;
    const { id } = await service.inState('waiting');
    expect((await next()).data.job?.id).toBe(id);
  });

  it('asks the database nothing while nobody listens', async () => {
    let asked = 0;
    const counting = { ...service.database, query: async <Row extends object>(text: string, values?: readonly unknown[]) => { asked += 1; return await service.database.query<Row>(text, values); } };
    const address = await serve({ poll: 1, heartbeat: 60_000, life: 60_000 }, { keys: [] }, counting);
    const { next } = await listen(address);
    await next();
    const left = new Promise<void>((resolve) => { server.once('request', (_, response) => { response.once('close', () => { resolve(); }); }); });
    await listen(address);
    for (const each of open.splice(0)) each.abort();
    await left;
    // The clock is another stream, much slower.
    const clock = await listen(await serve({ poll: 30, heartbeat: 60_000, life: 60_000 }));
    await clock.next();
    const counts: number[] = [];
    for (let tick = 0; tick < 6; tick += 1) {
      await service.inState('waiting');
      await clock.next();
      counts.push(asked);
    }
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[5]).toBe(counts[1]);
  });
});
