import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import express, { type NextFunction, type Request, type Response } from 'express';
import { Archive, type Added } from '../../src/archive/index.ts';
import { readDicom, text, uidFrom } from '../../src/dicom/index.ts';
import { RondoError } from '../../src/errors.ts';
import { archiveRoutes } from '../../src/server/archiveRoutes.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';

const execute = promisify(execFile);

interface StowAnswer { status: number; stored: string[]; failed: { uid: string | undefined; reason: number }[] }

describe('DICOMweb on the archive', () => {
  let folder: string;
  let archive: Archive;
  let server: Server;
  let url: string;
  let files: string[];
  const added: Added[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-stow-'));
    archive = await Archive.open(path.join(folder, 'archive'));
    files = await writeTestCt(path.join(folder, 'ct'), { geometry: { size: [64, 50, 20], sliceOffsetsMm: Array.from({ length: 20 }, (_, k) => 3 * k) } });
    const app = express();
    app.use(archiveRoutes({ archive, limits: { bytesPerRequest: 3_000_000, bytesPerPart: 100_000, parts: 20 }, onAdded: (one) => { added.push(one); return Promise.resolve(); } }));
    app.use((error: unknown, _: Request, response: Response, next: NextFunction) => { if (response.headersSent) { next(error); return; } response.status(error instanceof RondoError && error.code === 'instance-absent' ? 404 : 400).json({ code: error instanceof RondoError ? error.code : String(error) }); });
    server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });

  const stow = async (parts: readonly Uint8Array[]): Promise<StowAnswer> => {
    const body = Buffer.concat([...parts.flatMap((part) => [Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'), part, Buffer.from('\r\n')]), Buffer.from('--b--\r\n')]);
    const response = await fetch(`${url}/studies`, { method: 'POST', body, headers: { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' } });
    const answer = (await response.json()) as Record<string, { Value: Record<string, { Value?: unknown[] }>[] } | undefined>;
    return {
      status: response.status,
      stored: (answer['00081199']?.Value ?? []).map((item) => String(item['00081155'].Value?.[0])),
      failed: (answer['00081198']?.Value ?? []).map((item) => ({ uid: (item['00081155'] as { Value?: string[] } | undefined)?.Value?.[0], reason: Number(item['00081197'].Value?.[0]) })),
    };
  };
  const uidOf = async (file: string): Promise<string> => text(readDicom(await readFile(file)).dataset, 'SOPInstanceUID');

  it('stores, finds and gives back a series byte for byte', async () => {
    const bytes = await Promise.all(files.map(async (file) => await readFile(file)));
    const { status, stored } = await stow(bytes);
    expect(status).toBe(200);
    expect(stored.sort()).toEqual((await Promise.all(files.map(uidOf))).sort());
    expect(added).toHaveLength(20);
    const { attributes: { StudyInstanceUID: study }, seriesInstanceUid: series } = testCt();
    const [found] = (await (await fetch(`${url}/series`)).json()) as Record<string, { vr: string; Value: unknown[] }>[];
    expect(found).toMatchObject({ '0020000D': { vr: 'UI', Value: [study] }, '0020000E': { Value: [series] }, '00080060': { vr: 'CS', Value: ['CT'] }, '00201209': { vr: 'IS', Value: [20] } });
    // Nothing of a patient.
    expect(Object.keys(found).some((tag) => tag.startsWith('0010'))).toBe(false);
    const instances = (await (await fetch(`${url}/studies/${study}/series/${series}/instances`)).json()) as Record<string, { Value: string[] }>[];
    for (const [index, file] of files.entries()) {
      const uid = await uidOf(file);
      expect(instances.some((instance) => instance['00080018'].Value[0] === uid)).toBe(true);
      const response = await fetch(`${url}/studies/${study}/series/${series}/instances/${uid}`);
      const [, boundary] = /boundary=(\S+)/.exec(response.headers.get('content-type') ?? '') ?? [];
      const body = Buffer.from(await response.arrayBuffer());
      const start = body.indexOf('\r\n\r\n') + 4;
      expect(body.subarray(start, body.length - Buffer.byteLength(`\r\n--${boundary}--\r\n`)).equals(bytes[index])).toBe(true);
    }
  });

  it('says of each instance why it was not stored, and stores the others', async () => {
    const good = await readFile(files[0]);
    const differing = Buffer.from(good);
    differing[differing.length - 1] ^= 1;
    await execute('img2dcm', ['--no-checks', '-i', 'BMP', await bitmap(folder), path.join(folder, 'capture.dcm')]);
    const answer = await stow([good, Buffer.from('no DICOM at all'), differing, await readFile(path.join(folder, 'capture.dcm')), Buffer.alloc(100_001)]);
    expect(answer).toMatchObject({ status: 202, stored: [await uidOf(files[0])] });
    expect(answer.failed.map(({ reason }) => reason)).toEqual([0xc000, 0x0111, 0x0122, 0xa700]);
    expect(await stow([Buffer.alloc(20)])).toMatchObject({ status: 409, stored: [], failed: [{ reason: 0xc000 }] });
    expect((await stow([...Array.from({ length: 20 }, () => good), good])).failed).toHaveLength(1);
    expect(await readdir(archive.incoming)).toEqual([]);
  });

  it.each([
    ['another media type', 'application/dicom', 'x'],
    ['no boundary', 'multipart/related; type="application/dicom"', 'x'],
    ['no part', 'multipart/related; type="application/dicom"; boundary=b', '--b--\r\n'],
    ['metadata as JSON', 'multipart/related; type="application/dicom+json"; boundary=b', '--b--\r\n'],
  ])('refuses %s', async (_, type, body) => {
    const response = await fetch(`${url}/studies`, { method: 'POST', body, headers: { 'content-type': type } });
    expect(response.status).toBe(400);
    expect(((await response.json()) as { code: string }).code).toMatch(/^stow-/);
  });

  it('keeps nothing of a request that is cut, and stands', async () => {
    const before = await archive.series();
    const other = await writeTestCt(path.join(folder, 'cut'), { name: 'cut', attributes: { StudyInstanceUID: uidFrom('cut') } });
    const body = Buffer.concat([Buffer.from('--b\r\nContent-Type: application/dicom\r\n\r\n'), await readFile(other[0]), Buffer.from('\r\n--b\r\nContent-Type: application/dicom\r\n\r\n'), (await readFile(other[1])).subarray(0, 600)]);
    const received = new Promise<Socket>((resolve) => server.once('connection', resolve));
    const sender = connect(Number(new URL(url).port), '127.0.0.1');
    sender.write(`POST /studies HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/related; type="application/dicom"; boundary=b\r\ncontent-length: ${body.length + 1000}\r\n\r\n`);
    await new Promise((resolve) => sender.write(body, resolve));
    const socket = await received;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    sender.destroy();
    await closed;
    expect(await archive.series()).toEqual(before);
    expect((await stow([await readFile(files[0])])).status).toBe(200);
    expect(await readdir(archive.incoming)).toEqual([]);
  });

  it('gives nothing for UIDs that are paths', async () => {
    for (const uid of ['..%2f..%2fetc', '1.2.3', '%2e%2e']) {
      expect((await fetch(`${url}/studies/${uid}/series/${uid}/instances/${uid}`)).status).toBe(404);
      const found = await fetch(`${url}/studies/${uid}/series/${uid}/instances`);
      expect(found.status === 404 || ((await found.json()) as unknown[]).length === 0).toBe(true);
    }
  });
});

/** A picture of two by two pixels. */
async function bitmap(folder: string): Promise<string> {
  const file = path.join(folder, 'capture.bmp');
  const header = Buffer.alloc(54 + 16);
  header.write('BM');
  for (const [at, value] of [[2, 70], [10, 54], [14, 40], [18, 2], [22, 2], [34, 16]]) header.writeUInt32LE(value, at);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  await writeFile(file, header);
  return file;
}
