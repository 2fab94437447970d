import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium } from 'playwright-core';
import { openDatabase } from '../../src/jobs/index.ts';
import type { TrendReport } from '../../src/report/index.ts';
import { writeConfig } from '../support/configFile.ts';
import { freePort } from '../support/freePort.ts';
import { startPostgres } from '../support/postgres.ts';
import { rondo } from '../support/rondo.ts';
import { startRondo, type RunningRondo } from '../support/runningRondo.ts';
import { startService } from '../support/serveProcess.ts';
import { madeHistory, wobble, type MadeCase } from '../support/trendHistory.ts';

const KEY = 'key-of-the-physicist-0123456789-0123456789';

/** Forty hearts, of which the last ten are drawn half as large again and corrected more. */
const HISTORY: readonly MadeCase[] = Array.from({ length: 40 }, (_, day) => ({
  day, version: '2.1.0', scanner: day < 30 ? 'CT A' : 'CT B', volumeCc: 600 * Math.exp(0.1 * wobble(day)) * (day < 30 ? 1 : 1.5), dsc: 0.94 + 0.02 * wobble(day * 3) - (day < 30 ? 0 : 0.2), hd95Mm: 4 + wobble(day),
}));

let folder: string;
beforeAll(async () => { folder = await mkdtemp(path.join(tmpdir(), 'rondo-trend-')); });
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

interface Answer extends TrendReport {
  signals: { measure: string; rule: number; scanner: string }[];
  error?: { code: string; message: string };
}

async function trend(config: string, ...words: string[]): Promise<{ code: number | null; body: Answer }> {
  const { code, stdout } = await rondo('trend', '--config', config, '--json', ...words);
  return { code, body: JSON.parse(stdout) as Answer };
}

/** All but when it was told, and where it was written. */
const content = (body: Answer): unknown => ({ ...body, createdAt: undefined, report: undefined });

describe('rondo trend on an embedded database', () => {
  let config: string;
  let stopped: Answer;

  beforeAll(async () => {
    const port = await freePort();
    config = await writeConfig(folder, `folder: ${path.join(folder, 'data')}`, `http: { port: ${port} }`, `dimse: { port: ${await freePort()} }`, 'authentication:', '  keys:',
      ...['physicist', 'reviewer'].map((role) => `    - { name: ${role}, role: ${role}, sha256: ${createHash('sha256').update(role === 'physicist' ? KEY : `${KEY}${role}`).digest('hex')} }`));
    expect((await trend(config)).body.error?.code).toBe('trend-no-database');
    await mkdir(path.join(folder, 'data'));
    const database = await openDatabase({ folder: path.join(folder, 'data', 'database') });
    await madeHistory(database, HISTORY);
    await database.close();
    const ended = await trend(config, '--report', path.join(folder, 'report'));
    expect(ended.code).toBe(0);
    stopped = ended.body;
  }, 120_000);

  it('finds the shift, and names the scanner that it came with', () => {
    expect(stopped.sets).toMatchObject({ count: 40, compared: 40, unread: 0 });
    expect(stopped.signals.length).toBeGreaterThan(0);
    expect(new Set(stopped.signals.filter(({ rule }) => rule === 2).map(({ measure }) => measure))).toEqual(new Set(['volumeCc', 'dsc']));
    for (const { scanner, rule } of stopped.signals) if (rule !== 3) expect(scanner).toBe('Maker CT B B30f 3 mm');
  });

  it('asks the service where that has the database open: the same trend, for a physicist alone', async () => {
    const service = await startService('serve', config);
    try {
      process.env.RONDO_KEY = KEY;
      const { code, body } = await trend(config);
      expect(code).toBe(0);
      expect(content(body)).toEqual(content(stopped));
      expect((await trend(config, '--since', '2026-01-31', '--protocol', 'own')).body.sets.count).toBe(10);
      for (const key of [`${KEY}reviewer`, 'nobody']) {
        process.env.RONDO_KEY = key;
        expect((await trend(config)).body.error?.code).toBe('trend-key');
      }
    } finally {
      delete process.env.RONDO_KEY;
      await service.end();
    }
  }, 120_000);

  it('writes a page that opens without request, complaint or overflow, light, dark and printed', async () => {
    const browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(), args: ['--no-proxy-server'] });
    try {
      for (const [width, colorScheme] of [[1200, 'light'], [800, 'dark'], [390, 'light']] as const) {
        const page = await (await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true })).newPage();
        const [complaints, requests]: [string[], string[]] = [[], []];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('request', (request) => { if (!request.url().startsWith('data:')) requests.push(request.url()); });
        const address = pathToFileURL(path.join(folder, 'report', 'trend.html')).href;
        await page.goto(address);
        expect({ requests, complaints }).toEqual({ requests: [address], complaints: [] });
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
        // Volume, DSC and HD95: it was always found.
        expect(await page.evaluate('document.querySelectorAll(".charts svg").length')).toBe(3);
        expect(await page.evaluate('[...document.querySelectorAll(".charts svg")].every((svg) => svg.getBoundingClientRect().width > 200)')).toBe(true);
        await page.emulateMedia({ media: 'print' });
        await page.setViewportSize({ width: 703, height: 1000 });
        expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      }
    } finally {
      await browser.close();
    }
  }, 120_000);

  it('never overwrites a report, and refuses what it does not understand', async () => {
    expect((await trend(config, '--report', path.join(folder, 'report'))).body.error?.code).toBe('output-exists');
    for (const words of [['--since', 'yesterday'], ['--baseline', '5']]) expect((await rondo('trend', '--config', config, ...words)).code).toBe(2);
  });
});

describe('rondo trend on PostgreSQL', () => {
  it('reads it beside whoever else has it open', async () => {
    const { url, stop } = await startPostgres();
    const database = await openDatabase({ url });
    try {
      await madeHistory(database, HISTORY);
      const own = path.join(folder, 'postgres');
      await mkdir(own);
      const { code, body } = await trend(await writeConfig(own, `folder: ${path.join(own, 'data')}`, `database: { url: ${url} }`));
      expect(code).toBe(0);
      expect(body.sets.count).toBe(40);
    } finally {
      await database.close();
      await stop();
    }
  }, 120_000);
});

describe('rondo trend record', () => {
  let service: RunningRondo;
  beforeAll(async () => { service = await startRondo(() => ['series: { quietSeconds: 1 }', 'rules:', '  - { when: {}, protocol: quick }']); }, 120_000);
  afterAll(async () => { await service.stop(); });

  it('keeps how what was delivered was corrected, while the service runs', async () => {
    const at = (...names: string[]): string => path.join(service.folder, ...names);
    await service.send(await service.write('one'));
    const job = await service.jobWhere('one', ({ state }) => state === 'delivered');
    const { bytes, summary } = (await service.server.stores.structureSets.get(job.id)) ?? {};
    await writeFile(at('delivered.dcm'), bytes ?? new Uint8Array());
    expect(summary).toMatchObject({ scan: { sliceGapMm: 3 }, structures: [{ standardName: 'Dense', model: 'quick-model' }] });

    // A clinician made it 4 mm smaller.
    expect((await rondo('rtstruct', 'rename', at('delivered.dcm'), 'Dense=Old', '--out', at('renamed.dcm'))).stderr).toBe('');
    expect((await rondo('rtstruct', 'derive', at('renamed.dcm'), 'Dense = margin(Old, -4)', '--ct', at('one'), '--out', at('corrected.dcm'))).stderr).toBe('');
    const compare = async (reference: string, test: string, report: string): Promise<void> => { expect((await rondo('compare', at(reference), at(test), '--ct', at('one'), '--structure', 'Dense', '--report', at(report))).stderr).toBe(''); };
    await compare('corrected.dcm', 'delivered.dcm', 'right');
    await compare('delivered.dcm', 'corrected.dcm', 'wrong');

    const config = at('rondo.yaml');
    const record = async (report: string): Promise<unknown> => JSON.parse((await rondo('trend', 'record', '--config', config, '--json', at(report, 'report.json'))).stdout) as unknown;
    expect(await record('wrong')).toMatchObject({ error: { code: 'comparison-set', message: expect.stringContaining('rondo compare <corrected> <delivered>') as unknown } });
    expect(await record('right')).toMatchObject([{ recorded: 1, known: 0 }]);
    expect(await record('right')).toMatchObject([{ recorded: 0, known: 1 }]);

    const { body } = await trend(config);
    const reported = JSON.parse(await readFile(at('right', 'report.json'), 'utf8')) as { structures: { metrics: { figures: { dsc: number } } }[] };
    const dsc = body.structures[0].charts.find(({ measure }) => measure === 'dsc');
    expect(body).toMatchObject({ sets: { count: 1, compared: 1 }, structures: [{ name: 'Dense', cases: 1, compared: { count: 1 } }] });
    expect(dsc?.points[0].value).toBe(reported.structures[0].metrics.figures.dsc);
    expect(dsc?.segments).toMatchObject([{ reason: '1 of 20 values' }]);
  }, 120_000);
});
