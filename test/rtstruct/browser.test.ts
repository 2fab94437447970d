import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { build, stop } from 'esbuild-wasm';
import { chromium, type Browser, type Page } from 'playwright-core';
import { VolumeGeometry, type VolumeGeometryInput } from '../../src/rtstruct/index.ts';
import { obliqueDirections, unevenOffsets } from '../support/geometries.ts';
import * as inNode from './browserPage.ts';
import { blobs, drawn } from './masks.ts';

/** browserPage.ts in the page: the global variable that its bundle sets. */
declare const inPage: typeof inNode;

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Browsers trust 127.0.0.1 as they trust https; a viewer served by plain http has less, such as no crypto.randomUUID. */
const HOST = 'viewer.test';

/** Unequal spacings, uneven slices, leaning about two axes. */
const GRID: VolumeGeometryInput = {
  size: [37, 29, 6],
  columnSpacingMm: 1.25,
  rowSpacingMm: 0.75,
  ...obliqueDirections(17, 31),
  originMm: [-31.4, 17.3, 101.5],
  sliceOffsetsMm: unevenOffsets(6),
  frameOfReferenceUid: '2.25.77',
};

/** An organ with a hole, and in it an island of two parts that share a corner. */
const RING = '..........\n.########.\n.#......#.\n.#.##...#.\n.#.##...#.\n.#...#..#.\n.#......#.\n.########.';

const geometry = new VolumeGeometry(GRID);
const DRAWINGS: inNode.Drawings = {
  grid: GRID,
  structures: {
    Heart: drawn(geometry, '', RING, RING, RING).toDense(),
    'Läsion 1': blobs(geometry, 5, 9).toDense(),
  },
};

/** JavaScript for a page without a module loader. Fails on whatever a browser does not have, such as a module of Node. */
async function bundled(): Promise<{ code: string; leftOut: string[]; warnings: unknown[] }> {
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/rtstruct/browserPage.ts'],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'inPage',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  // Neither is an error to esbuild: what a package lets be replaced by nothing, and what it requires inside a try block.
  const emptied = Object.keys(metafile.inputs).filter((file) => file.startsWith('(disabled)'));
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map((wanted) => wanted.path));
  return { code: outputFiles[0].text, leftOut: [...emptied, ...outside], warnings };
}

/** Serves the script and a page that loads it, under the policy of a careful viewer: no eval on loading, nothing from elsewhere. */
async function serving(script: string): Promise<Server> {
  const server = createServer(({ url }, response) => {
    const [type, body] = url === '/page.js' ? ['text/javascript', script] : ['text/html', '<!doctype html><script src="/page.js"></script>'];
    response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Security-Policy': "default-src 'self'" }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

describe('the library rondo-rt/rtstruct in a browser', () => {
  let bundle: Awaited<ReturnType<typeof bundled>>;
  let server: Server | undefined;
  let browser: Browser | undefined;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    bundle = await bundled();
    server = await serving(bundle.code);
    browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(), args: [`--host-resolver-rules=MAP ${HOST} 127.0.0.1`, '--no-proxy-server'] });
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(`http://${HOST}:${(server.address() as AddressInfo).port}/`);
  });

  afterEach(() => {
    expect(complaints.splice(0)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
    await stop();
  });

  it('is bundled whole, without anything of Node', () => {
    expect(bundle).toEqual({ code: expect.stringContaining('inPage'), leftOut: [], warnings: [] });
  });

  it('gives back every voxel of traced structures, by the contours that Node traces', async () => {
    const results = await page.evaluate((drawings) => inPage.traced(drawings), DRAWINGS);
    expect(results.map(({ name }) => name)).toEqual(Object.keys(DRAWINGS.structures));
    for (const { name, exact, smooth } of results) {
      const voxels = DRAWINGS.structures[name];
      expect([name, exact.voxels, smooth.voxels]).toEqual([name, voxels, voxels]);
    }
    const ring = results[0].exact.contours.filter(({ slice }) => slice === 1);
    expect(ring.map(({ holes }) => holes.length)).toEqual([1, 0, 0]);
    expect(results).toEqual(inNode.traced(DRAWINGS));
  });

  it('writes the very bytes that Node writes', async () => {
    const bytes = await page.evaluate((drawings) => inPage.written(drawings), DRAWINGS);
    expect(Buffer.compare(bytes, inNode.written(DRAWINGS))).toBe(0);
  });

  it('reads a structure set written in Node, voxel for voxel', async () => {
    const { description, masks } = await page.evaluate((file) => inPage.read(file), { bytes: inNode.written(DRAWINGS), grid: GRID });
    expect(description).toBe('Größe geprüft, für Jörg');
    expect(masks).toEqual(Object.entries(DRAWINGS.structures).map(([name, voxels]) => ({ name, voxels, problems: [] })));
  });

  it('writes a file again as it was, also with bytes that Latin-1 has no letters for', async () => {
    const bytes = Buffer.from(inNode.written(DRAWINGS));
    bytes[bytes.indexOf('geprüft', 0, 'latin1') - 1] = 0x92; // the apostrophe of Windows
    expect(Buffer.compare(await page.evaluate((file) => inPage.rewritten(file), new Uint8Array(bytes)), bytes)).toBe(0);
  });

  it('refuses what is no structure set by a named error', async () => {
    expect(await page.evaluate((bytes) => inPage.refusal(bytes), new Uint8Array(200))).toBe(inNode.refusal(new Uint8Array(200)));
    expect(inNode.refusal(new Uint8Array(200))).not.toBe('');
  });

  it('makes unique identifiers', async () => {
    const uids = await page.evaluate(() => [inPage.newUid(), inPage.newUid()]);
    expect(new Set(uids).size).toBe(2);
    for (const uid of uids) expect(uid).toMatch(/^2\.25\.\d{30,39}$/);
  });
});
