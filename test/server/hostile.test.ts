import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { hardenServer } from '../../src/server/index.ts';
import { askJson, startService, type TestService } from '../support/service.ts';

const SUBMISSION = { studyInstanceUid: '1.2', seriesInstanceUid: '1.2.3' };

describe('what a hostile caller sends', () => {
  let service: TestService;
  let id: string;

  beforeAll(async () => {
    service = await startService();
    ({ id } = await service.inState('waiting'));
  });
  afterEach(async () => {
    // Whatever came before.
    expect((await askJson(`${service.url}/health`)).status).toBe(200);
    expect((await service.jobs.get(id)).state).toBe('waiting');
    expect((await service.jobs.countStates())).toEqual({ waiting: 1 });
  });
  afterAll(() => service.stop());

  const deep = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);
  const json = 'application/json';

  it.each<[string, number, string, string | Buffer, string]>([
    ['no body', 400, 'request-invalid', '', json],
    ['no JSON', 400, 'json-invalid', '{"studyInstanceUid":', json],
    ['JSON that is no object', 400, 'json-invalid', '"text"', json],
    ['a list', 400, 'request-invalid', '[]', json],
    ['a list of thousands', 400, 'json-depth', '['.repeat(30_000), json],
    ['objects within one another', 400, 'json-depth', deep(10_000), json],
    ['seventeen of them', 400, 'json-depth', deep(17), json],
    ['sixteen of them, which is no submission', 400, 'request-invalid', deep(16), json],
    ['brackets in a text, which are no depth', 400, 'request-invalid', JSON.stringify({ a: '\\"[[[[[[[[[[[[[[[[[[[[[[{{{{{{{' }), json],
    ['a text of a megabyte', 413, 'request-too-large', JSON.stringify({ ...SUBMISSION, protocol: 'x'.repeat(2 ** 20) }), json],
    ['JSON of another media type', 415, 'media-type', JSON.stringify(SUBMISSION), 'text/plain'],
    ['a form', 415, 'media-type', 'studyInstanceUid=1.2', 'application/x-www-form-urlencoded'],
    ['another encoding', 415, 'media-type', JSON.stringify(SUBMISSION), 'application/json; charset=iso-8859-1'],
    ['a prototype', 400, 'request-invalid', '{"__proto__":{"protocol":"x"},"studyInstanceUid":"1.2","seriesInstanceUid":"1.2.3"}', json],
    ['a key too many', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, url: 'http://169.254.169.254/' }), json],
    ['a number for a UID', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, studyInstanceUid: 1.2 }), json],
    ['a path for a UID', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, seriesInstanceUid: '../../1.2' }), json],
    ['a UID of two lines', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, seriesInstanceUid: '1.2\n1.3' }), json],
    ['a UID that is too long', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, seriesInstanceUid: `1.${'2'.repeat(63)}` }), json],
    ['a file for a protocol', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, protocol: '/etc/rondo/own.yaml' }), json],
    ['an address for an archive', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, archive: 'http://evil.test' }), json],
    ['a priority beyond all', 400, 'request-invalid', JSON.stringify({ ...SUBMISSION, priority: 1e9 }), json],
    ['bytes that are no text', 400, 'json-invalid', Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]), json],
  ])('is refused in JSON: %s', async (_, status, code, body, type) => {
    const answer = await askJson(`${service.url}/api/jobs`, { method: 'POST', body: body as string, headers: { 'content-type': type } });
    expect([answer.status, answer.body.error.code, answer.headers.get('content-type')]).toEqual([status, code, 'application/json; charset=utf-8']);
  });

  it('compressed is refused before it is unpacked', async () => {
    const answer = await askJson(`${service.url}/api/jobs`, { method: 'POST', body: 'bomb', headers: { 'content-type': json, 'content-encoding': 'gzip' } });
    expect(answer).toMatchObject({ status: 415, body: { error: { code: 'media-type' } } });
  });

  it('by STOW-RS is bounded too', async () => {
    const answer = await askJson(`${service.url}/dicom-web/studies`, { method: 'POST', body: Buffer.alloc(9 * 2 ** 20), headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' } });
    expect(answer).toMatchObject({ status: 413, body: { error: { code: 'stow-limit' } } });
    // Of a length that it does not say.
    const parts = ReadableStream.from(Array.from({ length: 9 }, () => new Uint8Array(2 ** 20)));
    const streamed = await askJson(`${service.url}/dicom-web/studies`, { method: 'POST', body: parts, duplex: 'half', headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' } });
    expect(streamed).toMatchObject({ status: 413, body: { error: { code: 'stow-limit' } } });
    expect(await readdir(service.archive.incoming)).toEqual([]);
    expect(await askJson(`${service.url}/dicom-web/studies`, { method: 'POST', body: '--b--\r\n', headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' } })).toMatchObject({ status: 400, body: { error: { code: 'stow-broken' } } });
  });

  /** As it stands: `fetch` would tidy the path. */
  const raw = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number; body: string }> => {
    const asked = httpRequest(`${service.url}/`, { path, headers, method }).end();
    const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
    let body = '';
    for await (const chunk of response) body += chunk.toString();
    return { status: response.statusCode, body };
  };

  it.each([
    ['/api/jobs/..%2f..%2f..%2fetc%2fpasswd', 400], ['/api/jobs/%00', 400], ['/api/jobs/1', 400], ["/api/jobs/';DROP%20SCHEMA%20rondo;--", 400], ['/api/jobs/%E0%A4%A', 400], ['/api/jobs/a%', 400],
    ['/api/../../etc/passwd', 404], ['/page/..%2f..%2fpackage.json', 404], ['/..%2fstatusPage.ts', 404], ['//evil.test/', 404], ['/page.js/', 404], ['/PAGE.JS', 404], ['/statusPage.ts', 404], ['/.git/config', 404],
    ['/api/jobs?state[__proto__]=x', 400], ['/api/jobs?before=..', 400], [`/api/jobs?${'state=failed&'.repeat(11)}`, 400],
    ['/dicom-web/studies/..%2f..%2f/series/..%2f..', 404], ['/dicom-web/studies/1.2/series/1.2.3/instances/%2e%2e%2f', 404],
    ['/api/jobs/00000000-0000-4000-8000-000000000000/structure-set/../../..', 404],
  ])('is no way to a file: %s', async (path, status) => {
    const answer = await raw(path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: expect.any(String) } });
  });

  it('from a page of another site is refused, also where its name was made to lead here', async () => {
    const { host } = new URL(service.url);
    const post = (headers: Record<string, string>): Promise<{ status: number; body: string }> => raw(`/api/jobs/${id}/cancel`, headers, 'POST');
    for (const origin of ['http://evil.test', 'null', `https://${host}.evil.test`, `http://127.0.0.1:1`]) expect(await post({ origin })).toMatchObject({ status: 403, body: expect.stringContaining('foreign-origin') });
    for (const name of ['evil.test', '127.0.0.1.evil.test', `evil.test:${new URL(service.url).port}`, '127.0.0.1@evil.test', 'evil.test@127.0.0.1', '127.0.0.1.', '127.0.0.1:evil']) expect(await raw('/api/jobs', { host: name })).toMatchObject({ status: 403, body: expect.stringContaining('foreign-host') });
    for (const name of ['localhost', '127.0.0.1:99', '[::1]:8500']) expect((await raw('/api/jobs', { host: name })).status).toBe(200);
    // The server's own page may.
    const { id: other } = await service.inState('received');
    expect((await raw(`/api/jobs/${other}/cancel`, { origin: `http://${host}` }, 'POST')).status).toBe(200);
    await service.database.query('ALTER TABLE rondo.event DISABLE TRIGGER USER; DELETE FROM rondo.event; DELETE FROM rondo.job WHERE state = \'cancelled\'; ALTER TABLE rondo.event ENABLE TRIGGER USER');
  });

  it('gets the headers that keep a page to itself, whatever it asks for', async () => {
    for (const path of ['/', '/api/jobs', '/nothing', '/dicom-web/series']) {
      const { headers } = await fetch(service.url + path);
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/);
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect([headers.get('x-content-type-options'), headers.get('referrer-policy'), headers.get('x-frame-options'), headers.get('x-powered-by'), headers.get('access-control-allow-origin')]).toEqual(['nosniff', 'no-referrer', 'DENY', null, null]);
      expect(headers.get('cache-control')).toBe(path === '/' ? 'no-cache' : 'no-store');
      expect(headers.get('strict-transport-security')).toBeNull();
    }
  });

  it('that is no HTTP gets an answer in JSON, and the connection is closed', async () => {
    const said = async (text: string): Promise<string> => {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
      socket.write(text);
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      return answer;
    };
    expect(await said('BEGIN:VCARD\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*\{"error":\{"code":"request-invalid"/);
    expect(await said(`GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 [^]*\{"error"/);
    // HTTP/1.0 names no host.
    expect(await said('GET /api/jobs HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    // Two lengths of one body: a proxy may have believed the other.
    expect(await said('POST /api/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a slow caller', () => {
  it('is cut off, whether its headers, its body or nothing comes', async () => {
    const server = hardenServer(createServer({ connectionsCheckingInterval: 50 }, (incoming, response) => { incoming.resume().once('end', () => response.end()); }), { headers: 150, request: 300, idle: 600 });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const answerTo = async (text: string): Promise<string> => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      // Nothing would wait for it in a server that does not cut it off.
      if (text !== '') socket.write(text);
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);
      return answer;
    };
    try {
      expect(await answerTo('GET / HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408 [^]*\{"error"/);
      expect(await answerTo('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc')).toMatch(/^HTTP\/1\.1 408 /);
      await answerTo('');
      expect((await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).status).toBe(200);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('has bounds on its connection by default', () => {
    const server = hardenServer(createServer());
    expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 1_800_000, timeout: 60_000, maxHeadersCount: 100, maxConnections: 1000 });
  });
});
