import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readStudyReport, type StudyReport } from '../../src/report/index.ts';
import { smallBody } from '../support/clinic.ts';
import { writeTestCt } from '../support/ctSeries.ts';
import { makeHome, QUICK_PROTOCOL } from '../support/home.ts';
import { rondo, type Ended } from '../support/rondo.ts';

describe('rondo evaluate, as a user types it', () => {
  let folder: string;
  let first: Ended;
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  const evaluate = (...more: string[]): Promise<Ended> => rondo('evaluate', at('cases'), ...more);
  const reportIn = async (name: string): Promise<StudyReport> => readStudyReport(await readFile(at(name, 'report.json'), 'utf8'), name);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-evaluate-'));
    await rondo('phantom', '--out', at('cases', 'a'), '--json');
    await rename(at('cases', 'a', 'truth.dcm'), at('cases', 'a', 'reference.dcm'));
    await cp(at('cases', 'a', 'reference.dcm'), at('cases', 'a', 'test.dcm'));
    await cp(at('cases', 'a'), at('cases', 'b'), { recursive: true });
    await writeFile(at('cases', 'b', 'case.yaml'), 'facts: { side: L }\nnotDrawn: [Heart]\n');
    await mkdir(at('cases', 'broken', 'ct'), { recursive: true });
    first = await evaluate('--report', at('first'));
  }, 300_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('reports all cases that it can, and names the one that it cannot', async () => {
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/3\/3 broken: FAILED: The case has no reference\.dcm/);
    const report = await reportIn('first');
    expect(report.cases.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(report.failed).toMatchObject([{ id: 'broken', code: 'study-case' }]);
    expect(report.structures.find(({ name }) => name === 'Lung_L')).toMatchObject({ verdict: 'pass', counted: 2, passed: 2, dscCounted: { mean: 1 } });
    expect(report.structures.find(({ name }) => name === 'Heart')).toMatchObject({ counted: 1 });
    expect(report.cases[1].facts).toMatchObject({ side: 'L' });
    expect(Object.keys(report.cases[1].facts)).toContain('slice thickness mm');
    expect((await readdir(at('first'))).sort()).toEqual(['cases', 'report.html', 'report.json', 'results.csv']);
  });

  it('takes up what is finished, and nothing that has changed', async () => {
    await rm(at('cases', 'a', 'test.dcm'));
    await cp(at('cases', 'b', 'test.dcm'), at('cases', 'a', 'test.dcm'));
    const same = await evaluate('--report', at('first'));
    expect(same.stdout).toMatch(/1\/3 a: .* \(as before\)/);
    await writeFile(at('cases', 'b', 'case.yaml'), 'facts: { side: R }\n');
    const changed = await evaluate('--report', at('first'));
    expect(changed.stdout).toMatch(/1\/3 a: .* \(as before\)/);
    expect(changed.stdout).toMatch(/2\/3 b: \d+ in both, 0 in the reference alone, 0 in the test alone\n/);
  }, 120_000);

  it('compares with an earlier report, and makes pages where they are asked for', async () => {
    const ended = await evaluate('--report', at('second'), '--against', at('first', 'report.json'), '--structure', 'Heart', '--pages', '--json');
    expect(ended.code).toBe(0);
    const { against, cases } = await reportIn('second');
    expect(against).toMatchObject({ pairedCases: 2, dsc: [{ name: 'Heart', pairs: 2, equal: 2, words: 'no case differs' }] });
    for (const { page } of cases) expect(await readFile(at('second', page ?? ''), 'utf8')).toContain('Heart');
  }, 120_000);

  it('does not judge what a protocol derives and no reference holds, unless it is asked to', async () => {
    const home = await makeHome();
    try {
      await writeTestCt(at('derived', 'a', 'ct'), smallBody('derived'));
      await rondo('contour', at('derived', 'a', 'ct'), '--protocol', QUICK_PROTOCOL, '--out', at('derived', 'a', 'reference.dcm'));
      const protocol = path.join(home.folder, 'protocols', 'twice.yaml');
      const quick = await readFile(path.join(home.folder, 'protocols', `${QUICK_PROTOCOL}.yaml`), 'utf8');
      await writeFile(protocol, `${quick.replace(`name: ${QUICK_PROTOCOL}`, 'name: twice')}derived:\n  - definition: Again = Dense | Dense\n`);
      const judgedWith = async (report: string, ...more: string[]): Promise<string[]> => {
        expect(await rondo('evaluate', at('derived'), '--protocol', 'twice', '--report', at(report), ...more)).toMatchObject({ code: 0, stderr: '' });
        return (await reportIn(report)).cases[0].structures.map(({ name, outcome }) => `${name} ${outcome}`);
      };
      expect(await judgedWith('unasked')).toEqual(['Dense found']);
      expect(await judgedWith('asked', '--structure', 'Again')).toEqual(['Again invented']);
    } finally {
      await home.remove();
    }
  }, 120_000);

  it('refuses a folder of something else, an earlier report that is none, and a study without a result', async () => {
    expect(await evaluate('--report', at('cases'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('output-exists') as unknown });
    expect(await evaluate('--report', at('third'), '--against', at('first', 'results.csv'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('study-report-invalid') as unknown });
    await mkdir(at('nothing', 'broken'), { recursive: true });
    expect(await rondo('evaluate', at('nothing'), '--report', at('third'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('study-nothing') as unknown });
    expect(await rondo('evaluate', at('first', 'report.json'), '--report', at('third'), '--json')).toMatchObject({ code: 1, stdout: expect.stringContaining('study-folder') as unknown });
  });
});
