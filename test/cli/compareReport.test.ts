import { execFile, execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import { distanceConventions, type DistanceFigures } from '../../src/metrics/index.ts';
import { readCaseReport } from '../../src/report/index.ts';
import { expectToOpen, WINDOWS } from '../support/openedReport.ts';
import { rondo, type Ended } from '../support/rondo.ts';

const run = promisify(execFile);

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);
const truth = (): string => at('phantom', 'truth.dcm');
const compare = async (test: string, ...more: string[]): Promise<Ended> => await rondo('compare', truth(), test, '--ct', at('phantom', 'ct'), ...more);

/** A structure set with elements changed by dcmodify. */
async function changed(name: string, ...words: string[]): Promise<string> {
  await copyFile(truth(), at(name));
  await run('dcmodify', ['-nb', ...words, at(name)]);
  return at(name);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-compare-'));
  expect((await rondo('phantom', '--out', at('phantom'))).code).toBe(0);
  // The heart under a German name, and one structure more.
  expect((await rondo('rtstruct', 'rename', truth(), 'Heart=Herz', '--out', at('renamed.dcm'))).code).toBe(0);
  expect((await rondo('rtstruct', 'derive', at('renamed.dcm'), 'Big = margin(Herz, 5)', '--ct', at('phantom', 'ct'), '--out', at('test.dcm'))).stderr).toBe('');
}, 120_000);
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

describe('rondo compare, before it compares', () => {
  it.each([
    ['another patient', ['-m', 'PatientID=SOMEBODY-ELSE'], 'other-patient'],
    ['another frame of reference', ['-ma', '(3006,0024)=1.2.3.4', '-ma', '(0020,0052)=1.2.3.4'], 'other-frame-of-reference'],
    ['another series', ['-m', '(3006,0010)[0].(3006,0012)[0].(3006,0014)[0].(0020,000e)=1.2.3.5'], 'other-series'],
    ['nothing drawn', ['-e', '(3006,0039)'], 'compared-set-empty'],
  ])('refuses a set of %s', async (what, words, code) => {
    const { code: ended, stdout } = await compare(await changed(`${what.replaceAll(' ', '-')}.dcm`, ...words), '--json');
    expect(ended).toBe(1);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/test .*(Expected|give the CT)/);
    expect(error.message).not.toMatch(/SOMEBODY|RONDO-CASE/);
  });

  it('says what it could not check', async () => {
    const { code, stdout } = await compare(await changed('nameless.dcm', '-m', 'PatientID='), '--structure', 'SpinalCord');
    expect(code).toBe(0);
    expect(stdout).toContain('note: test: that it is of the patient of the CT was not checked');
  });
});

describe('rondo compare, by conventions and tolerances', () => {
  const others = ['pooled', 'monai', 'medpy', 'plastimatch'] as const;
  beforeAll(async () => {
    // A heart with a bulge on one side: what is far is a small part of one surface, which conventions weigh differently.
    expect((await rondo('rtstruct', 'rename', truth(), 'Heart=Before', '--out', at('before.dcm'))).code).toBe(0);
    expect((await rondo('rtstruct', 'derive', at('before.dcm'), 'Heart = Before | margin(Esophagus, 12)', '--ct', at('phantom', 'ct'), '--out', at('bulge.dcm'))).stderr).toBe('');
  }, 120_000);
  const heart = async (...more: string[]): Promise<Ended> => await compare(at('bulge.dcm'), '--structure', 'Heart', ...more);

  it('gives the figures of each convention asked for, and says what it is', async () => {
    const { code, stdout } = await heart('--convention', ...others);
    expect(code).toBe(0);
    for (const convention of others) expect(stdout).toContain(`\nHD95 ${convention}: ${distanceConventions[convention]}`);
    const header = stdout.split('\n')[0];
    for (const convention of others) expect(header).toContain(`HD95 ${convention}`);

    const { structures } = JSON.parse((await heart('--convention', ...others, '--json')).stdout) as { structures: { hd95Mm: number; msdMm: number; otherDistances: Record<string, DistanceFigures> }[] };
    expect(structures).toHaveLength(1);
    const [{ hd95Mm, msdMm, otherDistances }] = structures;
    expect(Object.keys(otherDistances)).toEqual(others);
    const hd95s = [hd95Mm, ...others.map((convention) => otherDistances[convention].hd95Mm)];
    expect(new Set(hd95s).size).toBe(5);
    expect(otherDistances.pooled.hd95Mm).toBeLessThan(hd95Mm);
    expect(otherDistances.pooled.msdMm).not.toBe(msdMm);
    // One HD: by border voxels it is the same whoever counts them.
    expect(new Set(['monai', 'medpy', 'plastimatch'].map((convention) => otherDistances[convention].hdMm)).size).toBe(1);
  }, 60_000);

  it('takes τ from the user, and else from the kind of structure', async () => {
    const [own, wide] = (await Promise.all([heart('--json'), heart('--tolerance', '6.5', '--json')])).map(({ stdout }) => (JSON.parse(stdout) as { structures: { toleranceMm: number; surfaceDsc: number }[] }).structures[0]);
    expect(own.toleranceMm).toBe(2);
    expect(wide.toleranceMm).toBe(6.5);
    expect(wide.surfaceDsc).toBeGreaterThan(own.surfaceDsc);
  }, 60_000);

  it.each([
    ['--convention', 'dice', /Allowed choices are surface, pooled, monai, medpy, plastimatch/],
    ['--tolerance', '-1', /Expected a distance in mm, 0 or more/],
    ['--tolerance', 'two', /Expected a distance in mm, 0 or more/],
    ['--path-tolerance', '', /Expected a distance in mm, 0 or more/],
  ])('refuses %s %s', async (option, value, message) => {
    const { code, stderr } = await heart(`${option}=${value}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toContain(option);
  });
});

describe('rondo compare --report', () => {
  let browser: Browser;
  let ended: Ended;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(), args: ['--no-proxy-server'] });
    await writeFile(at('own.yaml'), [
      'format: rondo-protocol/1', 'name: own', 'title: Own', 'guideline: none', 'profile: generic', 'structures:', '  - { name: Heart, model: oar-thorax }',
      'thresholds:', '  Heart: { dsc: { pass: 0.95, fail: 0.8 }, hd95Mm: 3 }', '',
    ].join('\n'));
    ended = await compare(at('test.dcm'), '--report', at('report'), '--protocol', at('own.yaml'), '--structure', 'Heart', '--structure', 'SpinalCord');
  }, 120_000);
  afterAll(async () => { await browser.close(); });

  it('writes data, table and page, and joins names that mean the same', async () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toContain('"Herz" of the test is compared with "Heart"');
    const report = readCaseReport(await readFile(at('report', 'report.json'), 'utf8'));
    expect(report.structures.map(({ name, testName, verdict }) => [name, testName, verdict])).toEqual([['Heart', 'Herz', 'pass'], ['SpinalCord', undefined, 'not scored']]);
    expect(report).toMatchObject({ protocol: 'own', guideline: 'none', thresholds: 'the thresholds of the protocol own' });
    expect((await readFile(at('report', 'report.csv'), 'utf8')).split('\r\n')).toHaveLength(4);
  });

  it('names no patient', async () => {
    for (const name of ['report.html', 'report.json', 'report.csv']) expect(await readFile(at('report', name), 'utf8')).not.toMatch(/RONDO-CASE|PHANTOM\^|\^PHANTOM/);
  });

  it('never overwrites a report', async () => {
    expect(await compare(at('test.dcm'), '--report', at('report'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('output-exists') as unknown });
  });

  it('takes a protocol for a report only', async () => {
    expect((await compare(at('test.dcm'), '--protocol', 'thorax-oar')).code).toBe(2);
  });

  it.each(WINDOWS)('opens %s, without request, complaint or overflow', async (_how, width, colorScheme) => {
    await expectToOpen(browser, at('report', 'report.html'), width, colorScheme, ['[...document.querySelectorAll("svg.ct image")].every((image) => image.getBoundingClientRect().width > 100)']);
  });
});
