import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import express from 'express';
import { strictHeaders } from '../../src/server/guard.ts';
import { hardenServer } from '../../src/server/index.ts';
import { makeCertificate } from '../support/certificates.ts';

it('demands HTTPS from then on, where it is HTTPS', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-tls-'));
  const files = await makeCertificate(folder);
  const [key, cert] = await Promise.all([readFile(files.key), readFile(files.cert)]);
  const app = express().use(strictHeaders).get('/', (_, response) => { response.send('ok'); });
  const server = hardenServer(createServer({ key, cert }, app));
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const [response] = (await once(request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ca: cert }).end(), 'response')) as [{ headers: Record<string, string>; resume: () => void }];
    response.resume();
    expect(response.headers['strict-transport-security']).toBe('max-age=31536000');
    expect(server).toMatchObject({ headersTimeout: 10_000, timeout: 60_000 });
  } finally {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  }
});
