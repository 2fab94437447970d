import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RondoError } from '../../src/errors.ts';
import { JOB_STATES, type Job } from '../../src/jobs/index.ts';
import { askJson, PROTOCOLS, startService, type Answer, type TestService } from '../support/service.ts';

interface Document {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, { content: Record<string, { schema?: Json }> }>; requestBody?: { content: Record<string, { schema: Json }> } }>>;
  components: { schemas: Record<string, Json> };
}
type Json = Record<string, unknown>;
interface JobJson { id: string; state: string; deliveries: { destination: string; state: string }[]; events?: { who: string; what: string }[]; [key: string]: unknown }
interface ListJson { jobs: JobJson[]; counts: Record<string, number>; next?: string }

const MISSING = '00000000-0000-4000-8000-000000000000';

describe('the API', () => {
  let service: TestService;
  let document: Document;
  let readyChecks: () => Promise<{ name: string; ok: boolean; detail?: string }[]> = () => Promise.resolve([]);

  beforeAll(async () => {
    service = await startService({ actions: { ready: () => readyChecks() } });
    document = (await askJson<Document>(`${service.url}/api/openapi.json`)).body;
  });
  afterAll(() => service.stop());

  /** Asks, and holds the answer against the document. */
  const ask = async <Body = JobJson>(method: string, address: string, json?: unknown): Promise<Answer<Body>> => {
    const answer = await askJson<Body>(`${service.url}${address}`, { method, ...(json !== undefined && { json }) });
    const [path] = address.split('?');
    const template = Object.keys(document.paths).find((one) => new RegExp(`^${one.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path)) ?? '';
    const { responses } = document.paths[template][method.toLowerCase()];
    const described = answer.status in responses ? responses[answer.status] : responses.default;
    checkAgainst(described.content['application/json'].schema, answer.body);
    return answer;
  };

  const checkAgainst = (schema: Json | undefined, body: unknown): void => {
    const standalone = JSON.parse(JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/')) as Parameters<typeof z.fromJSONSchema>[0];
    expect(z.fromJSONSchema(standalone).safeParse(body).error?.issues).toBeUndefined();
  };

  it('is described whole, and every reference leads somewhere', () => {
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
    expect(operations.sort()).toEqual([
      'get /api/destinations', 'get /api/events', 'get /api/jobs', 'get /api/jobs/{id}', 'get /api/jobs/{id}/structure-set', 'get /api/jobs/{id}/summary', 'get /api/me', 'get /api/models',
      'get /api/openapi.json', 'get /api/protocols', 'get /health', 'get /api/trend', 'get /metrics', 'get /ready',
      'post /api/comparisons', 'post /api/jobs', 'post /api/jobs/{id}/cancel', 'post /api/jobs/{id}/deliveries/{destination}/retry', 'post /api/jobs/{id}/protocol', 'post /api/jobs/{id}/rerun',
    ].sort());
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference]) => reference);
    expect(references.length).toBeGreaterThan(30);
    for (const reference of references) expect(reference.split('/').slice(1).reduce<unknown>((place, part) => (place as Json)[part], document)).toEqual(expect.objectContaining({}));
    const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(new Set(ids).size).toBe(ids.length);
    // An answer that the document does not allow is seen as such.
    expect(() => { checkAgainst({ $ref: '#/components/schemas/Job' }, { id: 'x' }); }).toThrow();
    for (const [path, methods] of Object.entries(document.paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(methods) as { parameters?: { name: string; in: string; required: boolean }[] }[]) {
        expect((operation.parameters ?? []).filter((parameter) => parameter.in === 'path' && parameter.required).map(({ name }) => name)).toEqual(named);
      }
    }
  });

  it('takes a series, and the same one as the same job', async () => {
    const wanted = { studyInstanceUid: '1.2.3', seriesInstanceUid: '1.2.3.4', archive: 'orthanc', protocol: 'breast-left-whole', priority: 5 };
    const { status, headers, body } = await ask('POST', '/api/jobs', wanted);
    expect({ status, location: headers.get('location') }).toEqual({ status: 202, location: `/api/jobs/${body.id}` });
    expect(body).toMatchObject({ state: 'received', priority: 5, protocol: 'breast-left-whole', origin: 'api', studyInstanceUid: '1.2.3', seriesInstanceUid: '1.2.3.4', deliveries: [] });
    // Where the archive of the hospital lies is nobody's business.
    expect(JSON.stringify(body)).not.toContain('http');
    expect((await ask('POST', '/api/jobs', wanted)).body.id).toBe(body.id);
    expect((await ask('GET', `/api/jobs/${body.id}`)).body.events).toMatchObject([{ who: 'local', what: 'created' }, { who: 'local', what: 'came again' }]);
    expect(await ask('POST', '/api/jobs', { ...wanted, protocol: 'nobody-knows-it' })).toMatchObject({ status: 400, body: { error: { code: 'protocol-unknown' } } });
    for (const destinations of [[], ['tps', 'tps'], ['../out'], 'tps']) expect(await ask('POST', '/api/jobs', { ...wanted, destinations })).toMatchObject({ status: 400, body: { error: { code: 'request-invalid', message: expect.stringContaining('destinations') as unknown } } });
    await service.jobs.cancel(body.id, 'anna');
  });

  it('lists jobs of all states, page by page', async () => {
    const made: Job[] = [];
    for (const state of JOB_STATES) made.push(await service.inState(state));
    const { body: all } = await ask<ListJson>('GET', '/api/jobs');
    expect(all.jobs.slice(0, made.length).map(({ id }) => id)).toEqual(made.map(({ id }) => id).reverse());
    expect(all.counts).toMatchObject(Object.fromEntries(JOB_STATES.map((state) => [state, state === 'cancelled' ? 2 : 1])));
    expect(all.next).toBeUndefined();
    expect(all.jobs.find(({ state }) => state === 'delivered')?.deliveries).toMatchObject([{ destination: 'pacs', state: 'verified' }, { destination: 'tps', state: 'verified' }]);
    expect((await ask<ListJson>('GET', '/api/jobs?state=waiting&state=failed')).body.jobs.map(({ state }) => state)).toEqual(['failed', 'waiting']);
    expect((await ask<ListJson>('GET', '/api/jobs?state=approved')).body.jobs).toHaveLength(1);
    const seen: string[] = [];
    for (let before = ''; ;) {
      const { body } = await ask<ListJson>('GET', `/api/jobs?limit=4${before}`);
      seen.push(...body.jobs.map(({ id }) => id));
      if (body.next === undefined) break;
      before = `&before=${body.next}`;
    }
    expect(seen).toEqual(all.jobs.map(({ id }) => id));
    for (const query of ['state=asleep', 'limit=0', 'limit=x', 'before=1', 'stat=failed', 'limit=5&limit=6']) expect(await ask('GET', `/api/jobs?${query}`)).toMatchObject({ status: 400, body: { error: { code: 'request-invalid' } } });
  });

  it('cancels, begins anew and chooses a protocol, where the state allows it', async () => {
    const [waiting, failed, received] = [await service.inState('waiting'), await service.inState('failed'), await service.inState('received')];
    expect(await ask('POST', `/api/jobs/${waiting.id}/protocol`, { protocol: 'unknown' })).toMatchObject({ status: 400, body: { error: { code: 'protocol-unknown' } } });
    expect(await ask('POST', `/api/jobs/${waiting.id}/protocol`, { protocol: '../../etc/passwd.yaml' })).toMatchObject({ status: 400, body: { error: { code: 'request-invalid', message: expect.stringContaining('the body of the request: protocol') } } });
    expect(await ask('POST', `/api/jobs/${waiting.id}/protocol`, { protocol: 'thorax-oar' })).toMatchObject({ status: 200, body: { state: 'received', protocol: 'thorax-oar' } });
    expect(await ask('POST', `/api/jobs/${waiting.id}/protocol`, { protocol: 'thorax-oar' })).toMatchObject({ status: 409 });
    expect(await ask('POST', `/api/jobs/${failed.id}/rerun`)).toMatchObject({ status: 200, body: { state: 'received' } });
    expect(service.sent).toContain(`job ${failed.id}`);
    expect(await ask('POST', `/api/jobs/${failed.id}/rerun`)).toMatchObject({ status: 409, body: { error: { code: 'job-transition' } } });
    expect(await ask('POST', `/api/jobs/${received.id}/cancel`)).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    expect(await ask('POST', `/api/jobs/${received.id}/cancel`)).toMatchObject({ status: 409, body: { error: { code: 'job-transition' } } });
    expect(await ask('POST', `/api/jobs/${MISSING}/cancel`)).toMatchObject({ status: 404, body: { error: { code: 'job-missing' } } });
  });

  it('delivers again', async () => {
    const { id } = await service.inState('delivering');
    const retry = (destination: string): Promise<Answer<JobJson>> => ask('POST', `/api/jobs/${id}/deliveries/${destination}/retry`);
    await service.deliveries.claim(id, 'pacs', 'w', 60_000);
    await service.deliveries.record(id, 'pacs', 'w', { state: 'failed', problem: { code: 'stow', message: 'The archive refused it.', cure: 'Ask who runs it.' } });
    await service.deliveries.claim(id, 'tps', 'w', 60_000);
    await service.deliveries.record(id, 'tps', 'w', { state: 'delivered' });
    expect(await ask('GET', `/api/jobs/${id}`)).toMatchObject({ body: { state: 'failed', deliveries: [{ state: 'failed', problem: { code: 'stow' } }, { state: 'delivered' }] } });
    expect(await retry('pacs')).toMatchObject({ status: 200, body: { state: 'delivering', deliveries: [{ state: 'waiting' }, { state: 'delivered' }] } });
    expect(service.sent).toContain(`delivery ${id} pacs`);
    expect(await retry('tps')).toMatchObject({ status: 409, body: { error: { code: 'delivery-done' } } });
    expect(await retry('elsewhere')).toMatchObject({ status: 404, body: { error: { code: 'delivery-missing' } } });
    expect(await retry('%2e%2e%2f')).toMatchObject({ status: 400 });
  });

  it('gives the structure set as it was kept, and its summary', async () => {
    const [{ id, resultSopInstanceUid }, none] = [await service.inState('delivered'), await service.inState('received')];
    const file = await fetch(`${service.url}/api/jobs/${id}/structure-set`);
    expect([file.status, file.headers.get('content-type'), file.headers.get('content-disposition')]).toEqual([200, 'application/dicom', `attachment; filename="${resultSopInstanceUid ?? ''}.dcm"`]);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(Uint8Array.of(68, 73, 67, 77, 255));
    expect(await ask('GET', `/api/jobs/${id}/summary`)).toMatchObject({ body: { sopInstanceUid: resultSopInstanceUid, kept: true, summary: { structures: 12 }, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } });
    expect(await ask('GET', `/api/jobs/${none.id}/summary`)).toMatchObject({ status: 404, body: { error: { code: 'structure-set-missing' } } });
    await service.database.query('UPDATE rondo.structure_set SET bytes = NULL', []);
    expect((await askJson(`${service.url}/api/jobs/${id}/structure-set`))).toMatchObject({ status: 410, body: { error: { code: 'job-purged' } } });
    expect(await ask('GET', `/api/jobs/${id}/summary`)).toMatchObject({ body: { kept: false } });
  });

  it('tells what there is', async () => {
    expect((await ask('GET', '/api/protocols')).body).toEqual(PROTOCOLS);
    expect((await ask('GET', '/api/models')).body).toEqual([{ name: 'ctv-breast', version: '1.0.0', guideline: 'ESTRO', trainingData: 'synthetic' }]);
    expect((await ask('GET', '/api/destinations')).body).toEqual([{ name: 'pacs', kind: 'stow' }, { name: 'tps', kind: 'dimse' }]);
    expect((await ask('GET', '/api/me')).body).toMatchObject({ who: 'local', role: 'admin' });
    expect((await ask('GET', '/health')).body).toEqual({ status: 'alive', version: '1.2.3' });
  });

  it('is ready while all that it needs is there', async () => {
    readyChecks = () => Promise.resolve([{ name: 'models', ok: true }]);
    expect(await ask('GET', '/ready')).toMatchObject({ status: 200, body: { ready: true, checks: [{ name: 'database', ok: true }, { name: 'disk', ok: true }, { name: 'models', ok: true }] } });
    readyChecks = () => Promise.resolve([{ name: 'models', ok: false, detail: 'ctv-breast is missing' }]);
    expect(await ask('GET', '/ready')).toMatchObject({ status: 503, body: { ready: false, checks: expect.arrayContaining([{ name: 'models', ok: false, detail: 'ctv-breast is missing' }]) } });
    readyChecks = () => Promise.reject(new Error('no answer'));
    expect(await ask('GET', '/ready')).toMatchObject({ status: 503, body: { checks: expect.arrayContaining([{ name: 'service', ok: false, detail: 'no answer' }]) } });
  });

  it('measures jobs, deliveries, durations and the process', async () => {
    const text = async (): Promise<string> => await (await fetch(`${service.url}/metrics`)).text();
    await text();
    const waiting = (await service.jobs.countStates()).waiting ?? 0;
    await service.inState('delivered');
    await service.inState('waiting');
    const lines = await text();
    expect(lines).toContain(`rondo_jobs{state="waiting"} ${waiting + 1}\n`);
    expect(lines).toContain('rondo_jobs{state="fetching"} 1\n');
    expect(lines).toMatch(/rondo_deliveries\{state="verified"\} [1-9]/);
    expect(lines).toContain('rondo_job_state_seconds_count{state="contouring"} 1\n');
    expect(lines).toContain('rondo_job_seconds_count 1\n');
    expect(lines).toContain('process_cpu_user_seconds_total');
    expect(lines).toContain('rondo_received_instances_total');
  });

  it('answers whatever it cannot do with a JSON error', async () => {
    expect(await askJson(`${service.url}/api/nothing`)).toMatchObject({ status: 404, body: { error: { code: 'not-found' } } });
    const wrong = await askJson(`${service.url}/api/jobs`, { method: 'DELETE' });
    expect({ status: wrong.status, allow: wrong.headers.get('allow'), code: wrong.body.error.code }).toEqual({ status: 405, allow: 'GET, HEAD, POST', code: 'method-not-allowed' });
    expect((await askJson(`${service.url}/api/jobs`, { method: 'OPTIONS', headers: { origin: 'http://evil.test', 'access-control-request-method': 'POST' } })).headers.get('access-control-allow-origin')).toBeNull();
    // What nobody expected hides its words and is found in the log.
    readyChecks = () => Promise.resolve([]);
    const query = service.database.query.bind(service.database);
    service.database.query = () => Promise.reject(new Error('the password is 1234'));
    const failed = await ask<{ error: { code: string; message: string; id: string } }>('GET', '/api/jobs');
    service.database.query = query;
    expect(failed).toMatchObject({ status: 500, body: { error: { code: 'internal', id: expect.stringMatching(/^[0-9a-f-]{36}$/) } } });
    expect(JSON.stringify(failed.body)).not.toContain('1234');
    expect(service.logged.find(({ id }) => id === failed.body.error.id)).toMatchObject({ err: { message: 'the password is 1234' } });
    expect((await ask('GET', '/api/jobs')).status).toBe(200);
    // Where the server keeps its files is not said; what is wrong with the series is.
    service.database.query = () => Promise.reject(new RondoError('ct-missing-slice', 'A slice is missing.', { file: '/srv/rondo/archive', uid: '1.2.3' }));
    const incomplete = await ask<{ error: { message: string } }>('GET', '/api/jobs');
    service.database.query = query;
    expect(incomplete).toMatchObject({ status: 409, body: { error: { message: 'A slice is missing. [1.2.3]' } } });
  });
});
