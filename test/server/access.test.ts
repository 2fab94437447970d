import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROLES, type Role } from '../../src/config/index.ts';
import { PERMISSIONS, type Permission } from '../../src/server/index.ts';
import { writeTestCt } from '../support/ctSeries.ts';
import { askJson, startService, type TestService } from '../support/service.ts';

const INTERNAL = 'the-token-of-the-workers-0123456789';
const keyOf = (role: string): string => `key-of-the-${role}-0123456789-0123456789`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const MISSING = '00000000-0000-4000-8000-000000000000';

/** Every permission by one of its requests; and what it answers to whoever may: there is nothing there, but it was looked for. */
const REQUESTS: Record<Permission, [method: string, path: string, json: unknown, status: number][]> = {
  submit: [['POST', '/api/jobs', { studyInstanceUid: '1.2', seriesInstanceUid: '1.2.3', protocol: 'thorax-oar' }, 202]],
  store: [['POST', '/dicom-web/studies', {}, 415]],
  'see own jobs': [['GET', '/api/jobs', undefined, 200], ['GET', `/api/jobs/${MISSING}`, undefined, 404]],
  'see names': [['GET', '/api/protocols', undefined, 200], ['GET', '/api/models', undefined, 200], ['GET', '/api/destinations', undefined, 200], ['GET', '/api/me', undefined, 200]],
  measure: [['GET', '/metrics', undefined, 200]],
  'see all jobs': [],
  'read structure sets': [['GET', `/api/jobs/${MISSING}/structure-set`, undefined, 404], ['GET', `/api/jobs/${MISSING}/summary`, undefined, 404]],
  fetch: [['GET', '/dicom-web/series', undefined, 200], ['GET', '/dicom-web/studies/1.2/series/1.2.3', undefined, 404], ['GET', '/dicom-web/studies/1.2/series/1.2.3/instances/1.2.3.4', undefined, 404]],
  decide: [
    ['POST', `/api/jobs/${MISSING}/cancel`, undefined, 404], ['POST', `/api/jobs/${MISSING}/rerun`, undefined, 404], ['POST', `/api/jobs/${MISSING}/protocol`, { protocol: 'thorax-oar' }, 404],
    ['POST', `/api/jobs/${MISSING}/deliveries/pacs/retry`, undefined, 404],
  ],
  'follow up': [['GET', '/api/trend', undefined, 200], ['POST', '/api/comparisons', { sopInstanceUid: '1.2', referenceUid: '1.3', seriesInstanceUid: '1.4', structures: [{ name: 'Heart', figures: { presence: 'missed', dsc: 0, toleranceMm: 2, referenceCc: 1, testCc: 0 } }] }, 404]],
};

/** The table, written down once more: a change of it is meant. */
const TABLE: Record<Permission, Partial<Record<Role | 'worker', true>>> = {
  submit: { trigger: true, reviewer: true, physicist: true, admin: true },
  store: { worker: true, trigger: true, reviewer: true, physicist: true, admin: true },
  'see own jobs': { trigger: true, reviewer: true, physicist: true, admin: true },
  'see names': { trigger: true, reviewer: true, physicist: true, admin: true },
  measure: { trigger: true, reviewer: true, physicist: true, admin: true },
  'see all jobs': { reviewer: true, physicist: true, admin: true },
  'read structure sets': { reviewer: true, physicist: true, admin: true },
  fetch: { worker: true, reviewer: true, physicist: true, admin: true },
  decide: { physicist: true, admin: true },
  'follow up': { physicist: true, admin: true },
};
const WHO = [...ROLES, 'worker'] as const;
const CELLS = (Object.keys(TABLE) as Permission[]).flatMap((permission) => WHO.map((role) => ({ permission, role, allowed: TABLE[permission][role] === true })));

describe('with keys', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService({
      authentication: { keys: [...ROLES.map((role) => ({ name: `the-${role}`, role, sha256: sha256(keyOf(role)) })), { name: 'other-trigger', role: 'trigger', sha256: sha256(keyOf('other')) }] },
      internalToken: INTERNAL,
    });
  });
  afterAll(() => service.stop());

  const credential = (role: (typeof WHO)[number]): string => (role === 'worker' ? INTERNAL : keyOf(role));

  it.each(CELLS)('$role may "$permission": $allowed', async ({ permission, role, allowed }) => {
    const roles: readonly string[] = PERMISSIONS[permission];
    expect(roles.includes(role)).toBe(allowed);
    for (const [method, path, json, status] of REQUESTS[permission]) {
      const response = await fetch(service.url + path, { method, headers: { authorization: `Bearer ${credential(role)}`, 'content-type': 'application/json' }, ...(json !== undefined && { body: JSON.stringify(json) }) });
      expect([path, response.status]).toEqual([path, allowed ? status : 403]);
      const text = await response.text();
      if (!allowed) expect(JSON.parse(text)).toMatchObject({ error: { code: 'forbidden' } });
    }
  });

  it('shows a trigger the jobs that it asked for, and no others', async () => {
    const asked = { studyInstanceUid: '1.5', seriesInstanceUid: '1.5.6', protocol: 'thorax-oar' };
    const { body: { id } } = await askJson<{ id: string }>(`${service.url}/api/jobs`, { key: keyOf('other'), json: asked });
    const list = async (role: string): Promise<string[]> => (await askJson<{ jobs: { id: string }[] }>(`${service.url}/api/jobs`, { key: keyOf(role) })).body.jobs.map((job) => job.id);
    expect(await list('other')).toEqual([id]);
    expect(await list('trigger')).not.toContain(id);
    expect(await list('reviewer')).toContain(id);
    expect(await askJson(`${service.url}/api/jobs/${id}`, { key: keyOf('trigger') })).toMatchObject({ status: 404, body: { error: { code: 'job-missing' } } });
    const seen = await askJson<{ events: { who: string }[] }>(`${service.url}/api/jobs/${id}`, { key: keyOf('other') });
    expect(seen).toMatchObject({ status: 200, body: { events: [{ who: 'other-trigger' }] } });
    // Once it asked for it too, it may see it.
    await askJson(`${service.url}/api/jobs`, { key: keyOf('trigger'), json: asked });
    expect(await list('trigger')).toContain(id);
    expect((await askJson<{ counts: Record<string, number> }>(`${service.url}/api/jobs`, { key: keyOf('other') })).body.counts.received).toBe(1);
  });

  it('names in the events who decided', async () => {
    const { id } = await service.inState('received');
    await askJson(`${service.url}/api/jobs/${id}/cancel`, { key: keyOf('physicist'), method: 'POST' });
    expect((await service.jobs.events(id)).at(-1)).toMatchObject({ who: 'the-physicist', what: 'cancelled' });
  });

  it('takes instances by STOW-RS, says whose they are, and gives them to workers', async () => {
    const folder = `${service.archive.incoming}-ct`;
    const [file] = await writeTestCt(folder, { geometry: { size: [16, 16, 2], sliceOffsetsMm: [0, 3] } });
    const bytes = await readFile(file);
    const body = Buffer.concat([Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'), bytes, Buffer.from('\r\n--b--\r\n')]);
    const stow = (key: string): Promise<Response> => fetch(`${service.url}/dicom-web/studies`, { method: 'POST', body, headers: { authorization: `Bearer ${key}`, 'content-type': 'multipart/related; type="application/dicom"; boundary=b' } });
    expect((await stow(keyOf('trigger'))).status).toBe(200);
    expect((await stow(keyOf('trigger'))).status).toBe(200);
    expect(service.added).toMatchObject([{ arrival: { origin: 'stow' }, who: 'the-trigger', added: { isNew: true } }, { added: { isNew: false } }]);
    const { added: { studyInstanceUid, seriesInstanceUid } } = service.added[0];
    const fetched = await fetch(`${service.url}/dicom-web/studies/${studyInstanceUid}/series/${seriesInstanceUid}`, { headers: { authorization: `Bearer ${INTERNAL}` } });
    expect(Buffer.from(await fetched.arrayBuffer()).includes(bytes)).toBe(true);
    expect(await (await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${keyOf('trigger')}` } })).text()).toContain('rondo_received_instances_total{origin="stow"} 1\n');
    await rm(folder, { recursive: true });
  });

  it('shows strangers that it lives, and nothing else', async () => {
    for (const path of ['/health', '/ready', '/api/openapi.json', '/', '/page.js']) expect([path, (await fetch(service.url + path)).status]).toEqual([path, 200]);
    expect((await askJson<{ checks: object[] }>(`${service.url}/ready`)).body.checks).toContainEqual({ name: 'disk', ok: true });
    for (const path of ['/api/jobs', '/api/events', '/api/me', '/metrics', '/dicom-web/series']) {
      const { status, headers, body } = await askJson(service.url + path);
      expect([path, status, body.error.code, headers.get('www-authenticate')]).toEqual([path, 401, 'unauthenticated', 'Bearer']);
    }
  });

  it('keeps keys out of the log', async () => {
    await askJson(`${service.url}/api/jobs`, { key: keyOf('admin') });
    expect(service.logged.length).toBeGreaterThan(10);
    expect(JSON.stringify(service.logged)).not.toMatch(/key-of-the|token-of-the-workers/);
  });
});

describe('wrong keys', () => {
  it('are refused ten times, then none from this address is looked at; workers go on', async () => {
    const service = await startService({ authentication: { keys: [{ name: 'ci', role: 'admin', sha256: sha256(keyOf('admin')) }] }, internalToken: INTERNAL });
    try {
      const wrong = ['x', keyOf('Admin'), sha256(keyOf('admin')), `${keyOf('admin')}x`, 'a.b.c', '', ' ', 'é', 'null', '0'];
      for (const key of wrong) {
        const response = await fetch(`${service.url}/api/jobs`, { headers: { authorization: Buffer.from(`Bearer ${key}`).toString('latin1') } });
        expect([key, response.status, await response.json()]).toEqual([key, 401, { error: { code: 'key-unknown', message: expect.any(String) } }]);
      }
      const blocked = await askJson(`${service.url}/api/jobs`, { key: keyOf('admin') });
      expect(blocked).toMatchObject({ status: 429, body: { error: { code: 'too-many-attempts' } } });
      expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(200);
      expect((await fetch(`${service.url}/dicom-web/series`, { headers: { authorization: `Bearer ${INTERNAL}` } })).status).toBe(200);
      expect((await fetch(`${service.url}/health`)).status).toBe(200);
    } finally {
      await service.stop();
    }
  });

  it('count by the address that a proxy on this machine tells of, where there is one', async () => {
    const service = await startService({ authentication: { keys: [{ name: 'ci', role: 'admin', sha256: sha256(keyOf('admin')) }] }, http: { publicUrl: 'https://rondo.test' } });
    try {
      const from = async (address: string, key: string): Promise<number> => (await askJson(`${service.url}/api/jobs`, { key, headers: { 'x-forwarded-for': address } })).status;
      for (let count = 0; count < 10; count += 1) await from('10.0.0.1', 'wrong');
      expect([await from('10.0.0.1', keyOf('admin')), await from('10.0.0.2', keyOf('admin'))]).toEqual([429, 200]);
    } finally {
      await service.stop();
    }
  });
});
