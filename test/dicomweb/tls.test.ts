import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DicomWeb, isTransient, type ServiceTls } from '../../src/dicomweb/index.ts';
import { makeAuthority, type Authority, type CertificateFiles } from '../support/certificates.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';
import { startTool, untilConnected } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { startTlsFront, type TlsFront } from '../support/tlsFront.ts';

const { attributes: { StudyInstanceUID: STUDY }, seriesInstanceUid: SERIES, slices } = testCt();

const pem = async ({ key, cert }: CertificateFiles): Promise<{ key: string; cert: string }> => ({ key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') });
const failureOf = async (url: string, tls?: ServiceTls): Promise<unknown> => await new DicomWeb({ url, tls, timeoutMs: 20_000, clock: { random: () => 0, pause: () => Promise.resolve() } }).holds(STUDY, SERIES, slices[0].sopInstanceUid).then(() => 'none', (error: unknown) => error);

let folder: string;
let hospital: Authority;
let others: Authority;
let ca: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-web-tls-'));
  [hospital, others] = [await makeAuthority(path.join(folder, 'hospital')), await makeAuthority(path.join(folder, 'others'))];
  ca = await readFile(hospital.cert, 'utf8');
});
afterAll(async () => { await rm(folder, { recursive: true }); });

describe('an archive with a certificate of the hospital, which demands one too: Orthanc behind HTTPS', () => {
  let orthanc: Orthanc;
  let front: TlsFront;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    front = await startTlsFront(orthanc.dicomWebUrl, { ...(await pem(await hospital.issue('archive'))), ca, requestCert: true });
  });
  afterAll(async () => {
    await front.stop();
    await orthanc.stop();
  });

  it('is stored into and fetched from', async () => {
    const files = await writeTestCt(path.join(folder, 'ct'));
    const web = new DicomWeb({ url: front.url, tls: { ca, ...(await pem(await hospital.issue('rondo'))) }, timeoutMs: 20_000 });
    expect((await web.store(await Promise.all(files.map((file) => readFile(file))))).every(({ outcome }) => outcome === 'stored')).toBe(true);
    const { files: fetched } = await web.retrieveSeries(STUDY, SERIES, path.join(folder, 'fetched'));
    expect(fetched).toHaveLength(files.length);
  });

  it.each(['another authority', 'the authorities of Node.js'])('is not trusted by %s', async (which) => {
    const failure = await failureOf(front.url, { ca: which === 'another authority' ? await readFile(others.cert, 'utf8') : undefined, ...(await pem(await hospital.issue('rondo'))) });
    expect(failure).toMatchObject({ code: 'dicomweb-certificate', message: expect.stringContaining("is not trusted. Name the hospital's certificate authority in tls.ca") as unknown });
    expect(isTransient(failure)).toBe(false);
  });

  it('answers nobody who shows none', async () => {
    expect(await failureOf(front.url, { ca })).toMatchObject({ code: 'dicomweb-client-certificate' });
  });
});

describe('a server of OpenSSL that demands a certificate', () => {
  it('says what it misses', async () => {
    const { key, cert } = await hospital.issue('openssl');
    const port = await freePort();
    const server = startTool('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-key', key, '-cert', cert, '-CAfile', hospital.cert, '-Verify', '1', '-verify_return_error', '-www', '-quiet']);
    try {
      await untilConnected(port, server.child);
      for (const shown of [{}, await pem(await others.issue('stranger'))]) {
        const failure = await failureOf(`https://127.0.0.1:${port}`, { ca, ...shown });
        expect(failure).toMatchObject({ code: 'dicomweb-client-certificate', message: expect.stringContaining('Give key and cert in tls') as unknown });
        expect(isTransient(failure)).toBe(false);
      }
      expect(await failureOf(`https://127.0.0.1:${port}`, { ca, ...(await pem(await hospital.issue('rondo'))) })).toMatchObject({ code: 'dicomweb-answer' });
    } finally {
      server.child.kill();
      await server.ended;
    }
  });
});

describe('a server', () => {
  const withServer = async (certificate: { key: string; cert: string }, use: (url: string) => Promise<void>): Promise<void> => {
    const server = createServer(certificate, (_, response) => { response.end('[]'); }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await use(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  };

  it.each([['expired', { days: -1 }, 'is not valid today'], ['elsewhere', { host: 'archive.hospital.example' }, 'is for another name']] as const)('whose certificate is %s is refused', async (name, options, problem) => {
    await withServer(await pem(await hospital.issue(name, options)), async (url) => {
      expect(await failureOf(url, { ca })).toMatchObject({ code: 'dicomweb-certificate', message: expect.stringContaining(problem) as unknown });
    });
  });

  it("that shows Rondo's own certificate is trusted under every name, and no other of the same authority", async () => {
    const [own, other] = [await pem(await hospital.issue('own', { host: 'rondo.hospital.example' })), await pem(await hospital.issue('neighbour'))];
    await withServer(own, async (url) => {
      expect(await failureOf(url, { own: own.cert })).toBe('none');
      expect(await failureOf(url, { own: other.cert })).toMatchObject({ code: 'dicomweb-certificate' });
      // With the chain that leads to the authority, any certificate of it could be checked.
      expect(await failureOf(url, { own: other.cert + ca })).toMatchObject({ code: 'dicomweb-certificate' });
    });
  });
});
