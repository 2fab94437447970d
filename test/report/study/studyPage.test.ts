import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { goalThresholds } from '../../../src/goals/index.ts';
import { studyFiles, summariseStudy, type Study, type StudyCase } from '../../../src/report/index.ts';

const NAMES = ['External', 'Heart', 'Lung_L', 'Lung_R', 'SpinalCord', 'Esophagus', 'Trachea', 'Glnd_Thyroid', 'Liver', 'Humerus_L', 'Humerus_R', 'Breast_R', 'A_LAD', 'CTVp_Breast_L', 'CTVn_L1_L', 'CTVn_Interpec_L'];

/** A4 less the margins of the page, in pixels of CSS. */
const A4_WIDTH = 703;

function casesWith(shift: number): StudyCase[] {
  return Array.from({ length: 12 }, (_, index) => ({
    id: `case-${index}`,
    inputs: { ct: `${index}`, reference: `${index}`, test: '' },
    seriesInstanceUid: '2.25.1',
    facts: { side: index % 2 === 0 ? 'L' : 'R', model: `scanner ${index % 5}` },
    makers: [{ name: 'drawer', version: '1', parameters: `sha256=${'a'.repeat(64)}` }],
    trainedOnSynthetic: true,
    problems: ['a note'],
    structures: NAMES.map((name, n) => (index === n
      ? { name, outcome: 'missed' as const, reason: 'withheld', referenceCc: 100, testCc: 0, toleranceMm: 2, dsc: 0 }
      : { name, outcome: 'found' as const, referenceCc: 100 + index * n, testCc: 103 + index, toleranceMm: 2, dsc: 0.8 + shift + ((index * 7 + n) % 11) / 100, hd95Mm: 2 + ((index * 5 + n) % 9), msdMm: 1, surfaceDsc: 0.9 })),
  }));
}

let browser: Browser;
let folder: string;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(), args: ['--no-proxy-server'] });
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-study-page-'));
}, 120_000);

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

it('opens without a request or a complaint, fits a narrow window and A4, and its links lead somewhere', async () => {
  const study: Study = { title: 'A study', madeAt: '2026-11-22T10:00:00.000Z', rondo: '0.1.0', cases: casesWith(0), failed: [{ id: 'broken', code: 'ct-none', message: `no CT [${'long/'.repeat(40)}]` }], named: [], thresholds: { source: 'goals', of: goalThresholds } };
  const file = path.join(folder, 'report.html');
  const files = await studyFiles(summariseStudy({ ...study, earlier: summariseStudy({ ...study, cases: casesWith(0.01) }) }));
  await writeFile(file, files['report.html']);
  const page = await (await browser.newContext({ viewport: { width: 800, height: 900 } })).newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  const width = (): Promise<number> => page.evaluate('document.documentElement.scrollWidth');
  expect(await width()).toBe(800);
  const dead: unknown = await page.evaluate('[...document.querySelectorAll("a[href^=\'#\']")].map((link) => link.getAttribute("href")).filter((href) => !document.getElementById(href.slice(1)))');
  expect(dead).toEqual([]);
  await page.setViewportSize({ width: A4_WIDTH, height: 1000 });
  await page.emulateMedia({ media: 'print' });
  expect(await width()).toBe(A4_WIDTH);
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
}, 120_000);

it('says of a slope what it says, whichever way the volumes are off', async () => {
  // All drawn too small, large ones by less.
  const cases = casesWith(0).map((one, index): StudyCase => ({ ...one, structures: [{ name: 'Heart', outcome: 'found', referenceCc: 200 + 20 * index, testCc: 1.05 * (200 + 20 * index) - 30, toleranceMm: 2, dsc: 0.9 }] }));
  const { 'report.html': page } = await studyFiles(summariseStudy({ title: 'A study', madeAt: '2026-11-22T10:00:00.000Z', rondo: '0.1.0', cases, failed: [], named: [], thresholds: { source: 'goals', of: goalThresholds } }));
  expect(page).toContain('test − reference grows with volume');
  expect(page).not.toContain('too large');
});
