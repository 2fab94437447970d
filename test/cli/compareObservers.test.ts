import { execFile, execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import type { ObserversReport } from '../../src/report/index.ts';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { writeObservers } from '../support/observers.ts';
import { expectToOpen, WINDOWS } from '../support/openedReport.ts';
import { rondo, type Ended } from '../support/rondo.ts';

const run = promisify(execFile);

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);
const set = (name: string): string => at('sets', `${name}.dcm`);
const ALL = ['A', 'B', 'C'] as const;
const compare = async (files: readonly string[], ...more: string[]): Promise<Ended> => await rondo('compare', ...files, '--ct', at('phantom', 'ct'), ...more);

async function compared(files: readonly string[], ...more: string[]): Promise<ObserversReport> {
  const { stdout, stderr } = await compare(files, ...more, '--json');
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ObserversReport;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-observers-'));
  expect((await rondo('phantom', '--out', at('phantom'))).code).toBe(0);
  await writeObservers(at('sets'), at('phantom', 'ct'), at('phantom', 'truth.dcm'), {
    A: [{ of: 'Heart' }, { of: 'SpinalCord' }, { of: 'Lung_L' }, { of: 'Trachea' }],
    B: [{ of: 'Heart', marginMm: 3 }, { of: 'SpinalCord', moved: [1, 0, 0] }, { of: 'Lung_L', marginMm: -2 }],
    // The heart under a German name; no lung, and nobody else draws the oesophagus.
    C: [{ of: 'Heart', name: 'Herz', marginMm: -2, moved: [2, 1, 0] }, { of: 'SpinalCord', marginMm: 1 }, { of: 'Esophagus' }],
  });
}, 240_000);
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

describe('rondo compare of three observers', () => {
  let report: ObserversReport;
  beforeAll(async () => { report = await compared(ALL.map(set)); }, 120_000);
  const structure = (name: string, within = report): ObserversReport['structures'][number] => {
    const found = within.structures.find((one) => one.name === name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };

  it('compares all pairs and each with the consensus, names that mean the same included', () => {
    expect(report.observers.map(({ name, drew }) => [name, drew])).toEqual([['A', 4], ['B', 3], ['C', 3]]);
    expect(structure('Heart').pairs.map(({ observers, presence }) => [...observers, presence])).toEqual([[0, 1, 'both'], [0, 2, 'both'], [1, 2, 'both']]);
    expect(report.notes).toContainEqual('"Herz" of C is compared as "Heart": by the name table they mean the same');
    const { against, consensus, pairs } = structure('Heart');
    expect(consensus).toMatchObject({ observers: 3, iterations: expect.any(Number) as unknown });
    expect(against.map(({ biasCc = 0 }) => Math.sign(biasCc))).toEqual([expect.any(Number), 1, -1]);
    expect(against[0].dsc).toBeGreaterThan(Math.max(...pairs.map(({ dsc }) => dsc)) - 1e-9);
    expect(against[1].specificity).toBeLessThan(against[2].specificity ?? 0);
    expect(against[2].sensitivity).toBeLessThan(against[1].sensitivity ?? 0);
  });

  it('counts what an observer missed as failures, in pairs and against the consensus', () => {
    const lung = structure('Lung_L');
    expect(lung.missing).toEqual(['C']);
    expect(lung.pairs.map(({ observers, presence, dsc }) => [...observers, presence, dsc > 0])).toEqual([[0, 1, 'both', true], [0, 2, 'one', false], [1, 2, 'one', false]]);
    expect(lung.dscCounted.mean).toBeCloseTo((lung.dsc.mean ?? NaN) / 3, 12);
    // STAPLE takes three: of two no consensus, and it is said.
    expect(lung.noConsensus).toMatch(/takes 3/);
    expect(structure('Trachea')).toMatchObject({ missing: ['B', 'C'], noConsensus: expect.stringMatching(/drawn by 1 of 3/) as unknown, dscCounted: { mean: 0 } });
  });

  it('counts them against a majority, too', async () => {
    const byMajority = await compared(ALL.map(set), '--consensus', 'majority', '--structure', 'Lung_L');
    const { against, consensus, volumesCc } = structure('Lung_L', byMajority);
    expect(consensus).toMatchObject({ observers: 2, volumeCc: expect.closeTo(Math.min(...volumesCc.filter((cc) => cc > 0)), 6) as unknown });
    expect(against[2]).toEqual({ observer: 2, presence: 'missed', dsc: 0, surfaceDsc: 0 });
    expect(byMajority.observers[2]).toMatchObject({ meanDsc: 0, missing: ['Lung_L'] });
  });

  it('gives the same for any order of the sets', async () => {
    const { createdAt } = report;
    expect({ ...await compared([set('C'), set('A'), set('B')]), createdAt }).toEqual(report);
  }, 60_000);

  it('prints a table with what was missed, and the definitions', async () => {
    const { code, stdout } = await compare(ALL.map(set), '--structure', 'Lung_L', '--structure', 'Herz');
    expect(code).toBe(0);
    for (const words of ['MISSED: Lung_L by C', 'NO CONSENSUS: Lung_L', 'STAPLE', 'Kouwenhoven 2009', 'Heart, DSC']) expect(stdout).toContain(words);
  });

  it('compares two as observers where a consensus is asked for', async () => {
    const two = await compared([set('A'), set('B')], '--consensus', 'majority', '--structure', 'SpinalCord');
    expect(two.structures[0].consensus).toMatchObject({ tiedCc: expect.any(Number) as unknown });
  });
});

describe('rondo compare --consensus-out', () => {
  it('writes the consensus as a structure set that says what it is', async () => {
    const { code, stdout } = await compare(ALL.map(set), '--consensus', 'majority', '--consensus-out', at('consensus.dcm'));
    expect(code).toBe(0);
    expect(stdout).toContain('written and read back');
    const written = readStructureSet(await readFile(at('consensus.dcm')));
    expect(written.structures.map(({ name }) => name).sort()).toEqual(['Heart', 'Lung_L', 'SpinalCord']);
    expect(written).toMatchObject({ label: 'Consensus', approval: { status: 'UNAPPROVED' }, description: expect.stringMatching(/^Consensus of 3 observers by majority .*Research software, not for clinical use\.$/) as unknown });
    expect(await rondo('rtstruct', 'check', at('consensus.dcm'))).toMatchObject({ code: 0 });
    expect(await compare(ALL.map(set), '--consensus-out', at('consensus.dcm'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('output-exists') as unknown });
  });

  it('refuses where there is none', async () => {
    expect(await compare(ALL.map(set), '--structure', 'Trachea', '--consensus-out', at('none.dcm'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('no-consensus') as unknown });
  });
});

describe('rondo compare of observers refuses', () => {
  /** A set with elements changed by dcmodify. */
  async function changed(name: string, ...words: string[]): Promise<string> {
    await copyFile(set('C'), at(name));
    await run('dcmodify', ['-nb', ...words, at(name)]);
    return at(name);
  }
  const refused = async (files: readonly string[], ...more: string[]): Promise<{ code: string; message: string }> => {
    const { code, stdout } = await compare(files, '--json', ...more);
    expect(code).toBe(1);
    return (JSON.parse(stdout) as { error: { code: string; message: string } }).error;
  };

  it.each([
    ['another patient', ['-m', 'PatientID=SOMEBODY-ELSE'], 'other-patient'],
    ['another frame of reference', ['-ma', '(3006,0024)=1.2.3.4', '-ma', '(0020,0052)=1.2.3.4'], 'other-frame-of-reference'],
    ['another series', ['-m', '(3006,0010)[0].(3006,0012)[0].(3006,0014)[0].(0020,000e)=1.2.3.5'], 'other-series'],
    ['nothing drawn', ['-e', '(3006,0039)'], 'compared-set-empty'],
    ['two structures of one name', ['-m', '(3006,0020)[1].(3006,0026)=Herz'], 'comparison-name'],
  ])('a set of %s, by the name of its observer', async (what, words, code) => {
    const error = await refused([set('A'), set('B'), await changed(`${what.replaceAll(' ', '-')}.dcm`, ...words)], '--name', 'one', '--name', 'two', '--name', 'three');
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/three .*(Expected|give the CT|Rename)/);
    expect(error.message).not.toMatch(/SOMEBODY|RONDO-CASE/);
  });

  it('one file twice, under whatever name, and one instance twice', async () => {
    await copyFile(set('A'), at('again.dcm'));
    expect(await refused([set('A'), set('B'), at('again.dcm')])).toMatchObject({ code: 'same-set-twice', message: expect.stringMatching(/A\.dcm and again\.dcm/) as unknown });
    expect(await refused([set('C'), set('B'), await changed('same-instance.dcm', '-m', 'StructureSetLabel=Other')])).toMatchObject({ code: 'same-set-twice' });
  });

  it('files of one name, and names that hold the Patient ID', async () => {
    await copyFile(set('C'), at('A.dcm'));
    expect((await refused([set('A'), set('B'), at('A.dcm')])).message).toMatch(/set 1 and set 3 .*--name/);
    const patientId = /\[(.*)\]/.exec((await run('dcmdump', ['+P', 'PatientID', set('A')])).stdout)?.[1].trim().toLowerCase() ?? '';
    expect(patientId.length).toBeGreaterThan(3);
    const error = await refused(ALL.map(set), '--name', `x-${patientId}`, '--name', 'one', '--name', 'two');
    expect(error.code).toBe('observers-names');
    expect(error.message.toLowerCase()).not.toContain(patientId);
  });

  it('a structure that nobody has', async () => {
    expect(await refused(ALL.map(set), '--structure', 'Stomach')).toMatchObject({ code: 'structure-unknown' });
  });

  it('options of the other kind of comparison, and one set alone', async () => {
    expect(await compare(ALL.map(set), '--convention', 'medpy')).toMatchObject({ code: 2, stderr: expect.stringMatching(/--convention is for two sets/) as unknown });
    expect(await compare([set('A'), set('B')], '--name', 'x')).toMatchObject({ code: 2, stderr: expect.stringMatching(/--name is for observers/) as unknown });
    expect(await compare([set('A'), set('B')], '--consensus-out', at('x.dcm'))).toMatchObject({ code: 2, stderr: expect.stringMatching(/--consensus-out is for observers/) as unknown });
    expect(await compare([set('A')])).toMatchObject({ code: 2 });
  });
});

describe('rondo compare --report of observers', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(), args: ['--no-proxy-server'] });
    expect(await compare(ALL.map(set), '--report', at('report'))).toMatchObject({ code: 0, stderr: '' });
  }, 120_000);
  afterAll(async () => { await browser.close(); });

  it('writes data, table and page, which name no patient, and never overwrites them', async () => {
    const report = JSON.parse(await readFile(at('report', 'report.json'), 'utf8')) as ObserversReport;
    expect(report.schema).toBe('rondo-observers-report/1');
    // Three pairs of three structures, two pairs of two; three observers against two consensuses.
    expect((await readFile(at('report', 'report.csv'), 'utf8')).trimEnd().split('\r\n')).toHaveLength(1 + 3 * 3 + 2 * 2 + 2 * 3);
    for (const name of ['report.html', 'report.json', 'report.csv']) expect(await readFile(at('report', name), 'utf8')).not.toMatch(/RONDO-CASE|PHANTOM\^|\^PHANTOM/);
    expect(await compare(ALL.map(set), '--report', at('report'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('output-exists') as unknown });
  });

  it.each(WINDOWS)('opens %s, without request, complaint or overflow', async (_how, width, colorScheme) => {
    await expectToOpen(browser, at('report', 'report.html'), width, colorScheme, ['[...document.querySelectorAll("svg.ct image")].every((image) => image.getBoundingClientRect().width > 100)', '[...document.querySelectorAll("svg[role=img]")].every((svg) => svg.getAttribute("aria-label").length > 10)']);
  });
});
