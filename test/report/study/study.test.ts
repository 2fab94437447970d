import { describe, expect, it } from '@jest/globals';
import { parseHTML } from 'linkedom';
import { goalThresholds } from '../../../src/goals/index.ts';
import { readStudyReport, studyFiles, summariseStudy, type Study, type StudyCase } from '../../../src/report/index.ts';

type Result = StudyCase['structures'][number];

const found = (name: string, dsc: number, hd95Mm = 3): Result => ({ name, outcome: 'found', referenceCc: 600, testCc: 590 + 10 * dsc, toleranceMm: 2, dsc, hd95Mm, msdMm: 1, surfaceDsc: 0.9 });
const missed = (name: string, reason?: string): Result => ({ name, outcome: 'missed', ...(reason !== undefined && { reason }), referenceCc: 600, testCc: 0, toleranceMm: 2, dsc: 0 });
const invented = (name: string): Result => ({ name, outcome: 'invented', referenceCc: 0, testCc: 5, toleranceMm: 2, dsc: 0 });

function caseOf(id: string, structures: Result[], facts: Record<string, string> = {}): StudyCase {
  return { id, inputs: { ct: `ct of ${id}`, reference: `reference of ${id}`, test: 'a' }, seriesInstanceUid: '2.25.1', facts, makers: [{ name: 'drawer', version: '1' }], trainedOnSynthetic: false, problems: [], structures };
}

const hearts = [0.95, 0.96, 0.94, 0.95, 0.93, 0.97, 0.95, 0.96, 0.94, 0.95];

function study(cases: StudyCase[], more: Partial<Study> = {}): Study {
  return { title: 'A study', madeAt: '2026-11-22T10:00:00.000Z', rondo: '0.1.0', cases, failed: [], named: [], thresholds: { source: 'goals', of: goalThresholds }, ...more };
}

const heartCases = (shift = 0): StudyCase[] => hearts.map((dsc, index) => caseOf(`case-${index}`, [found('Heart', dsc + shift)], { side: index % 2 === 0 ? 'L' : 'R' }));

describe('a study', () => {
  it('counts what was missed and invented as DSC 0, and shows beside it where it was found', () => {
    const { structures: [heart] } = summariseStudy(study([...heartCases(), caseOf('x', [missed('Heart', 'too dark')]), caseOf('y', [invented('Heart')])]));
    expect(heart).toMatchObject({ verdict: 'fail', counted: 12, found: 10, missed: 1, withheld: 1, invented: 1, passed: 10 });
    expect(heart.dsc.mean).toBeCloseTo(0.95, 10);
    expect(heart.dscCounted.mean).toBeCloseTo(9.5 / 12, 10);
    expect(heart.dscCounted.count).toBe(12);
  });

  it('passes where all do, calls for a look where one does not, and fails by the mean', () => {
    const verdictOf = (...dsc: number[]): string => summariseStudy(study(dsc.map((value, index) => caseOf(String(index), [found('Heart', value)])))).structures[0].verdict;
    expect(verdictOf(0.95, 0.93)).toBe('pass');
    expect(verdictOf(0.99, 0.9)).toBe('look');
    expect(verdictOf(0.9, 0.9)).toBe('fail');
  });

  it('lets a distance pass only where none is missed', () => {
    const lad = { ...found('A_LAD', 0.4), msdMm: 2 };
    const verdictOf = (...results: Result[]): string => summariseStudy(study(results.map((result, index) => caseOf(String(index), [result])))).structures[0].verdict;
    expect(verdictOf(lad, lad)).toBe('pass');
    expect(verdictOf(lad, lad, missed('A_LAD'))).toBe('fail');
  });

  it('judges no structure that one side never holds, unless it was asked for', () => {
    const cases = heartCases().map((one) => ({ ...one, structures: [...one.structures, missed('Rectum'), invented('Ring')] }));
    const names = (more: Partial<Study> = {}): string[] => summariseStudy(study(cases, more)).structures.map(({ name }) => name);
    expect(names()).toEqual(['Heart']);
    expect(names({ named: ['Rectum'] })).toEqual(['Heart', 'Rectum']);
    expect(summariseStudy(study(cases)).notJudged.map(({ name }) => name)).toEqual(['Rectum', 'Ring']);
    const byProtocol = cases.map((one) => ({ ...one, protocol: 'organs' }));
    expect(summariseStudy(study(byProtocol)).structures.map(({ name }) => name)).toEqual(['Heart', 'Rectum']);
  });

  it('names the cases outside the fences and those that failed', () => {
    const { outliers } = summariseStudy(study([...heartCases(), caseOf('low', [found('Heart', 0.7, 40)]), caseOf('gone', [missed('Heart')])]));
    expect(outliers).toEqual([
      { id: 'gone', name: 'Heart', reasons: ['missed'], dscCounted: 0 },
      { id: 'low', name: 'Heart', reasons: ['DSC below Q1 − 1.5 IQR', 'HD95 above Q3 + 1.5 IQR', 'short of the threshold'], dscCounted: 0.7, hd95Mm: 40 },
    ]);
  });

  it('groups by facts that tell cases apart', () => {
    const { groups } = summariseStudy(study(heartCases()));
    expect(groups).toMatchObject([{ fact: 'side', values: [{ value: 'L', cases: 5 }, { value: 'R', cases: 5 }] }]);
  });

  it('comes back from its JSON as it was', () => {
    const report = summariseStudy(study(heartCases()));
    expect(readStudyReport(JSON.stringify(report), 'report.json')).toEqual(report);
    expect(() => readStudyReport('{', 'report.json')).toThrow(expect.objectContaining({ code: 'study-report-invalid' }));
    expect(() => readStudyReport(JSON.stringify({ ...report, schema: 'rondo-study-report/2' }), 'report.json')).toThrow(expect.objectContaining({ code: 'study-report-invalid' }));
  });
});

describe('beside an earlier study', () => {
  const earlier = summariseStudy(study(heartCases()));

  it('says which way all cases went, and how surely', () => {
    const { against } = summariseStudy(study(heartCases(0.01), { earlier }));
    expect(against).toMatchObject({ pairedCases: 10, notPaired: [] });
    const [heart] = against?.dsc ?? [];
    expect(heart).toMatchObject({ name: 'Heart', pairs: 10, better: 10, worse: 0, equal: 0 });
    expect(heart.medianDifference).toBeCloseTo(0.01, 10);
    expect(heart.pHolm).toBeLessThan(0.01);
    expect(heart.words).toBe('better now, by 0.010 in the median (better in 10, worse in 0, equal in 0)');
  });

  it('says so where nothing differs', () => {
    const [heart] = summariseStudy(study(heartCases(), { earlier })).against?.dsc ?? [];
    expect(heart).toMatchObject({ equal: 10, words: 'no case differs' });
    expect(heart).not.toHaveProperty('p');
  });

  it('takes a smaller distance for the better one', () => {
    const closer = heartCases().map((one) => ({ ...one, structures: [found('Heart', 0.95, 2)] }));
    expect(summariseStudy(study(closer, { earlier })).against?.hd95Mm[0]).toMatchObject({ better: 10, worse: 0, medianDifference: -1 });
  });

  it('counts a structure that is missed now', () => {
    const cases = heartCases().map((one, index) => (index === 0 ? { ...one, structures: [missed('Heart')] } : one));
    expect(summariseStudy(study(cases, { earlier })).against?.dsc[0]).toMatchObject({ failuresBefore: 0, failuresNow: 1, worse: 1 });
  });

  it('pairs no case whose CT or reference has changed, and looks for new ones outside the limits', () => {
    const changed = { ...heartCases()[0], inputs: { ct: 'another', reference: 'reference of case-0', test: 'a' } };
    const { against } = summariseStudy(study([changed, caseOf('new', [found('Heart', 0.5)])], { earlier }));
    expect(against?.pairedCases).toBe(0);
    expect(against?.notPaired).toContainEqual({ id: 'case-0', reason: 'its CT or reference has changed' });
    expect(against?.outside).toMatchObject([{ id: 'new', name: 'Heart', dscCounted: 0.5 }]);
  });
});

describe('the files of a study', () => {
  const report = summariseStudy(study([...heartCases(), caseOf('<b>', [missed('Heart', '=cmd')], { side: 'L, after' })], { failed: [{ id: 'broken', code: 'ct-none', message: 'no <CT>' }], earlier: summariseStudy(study(heartCases(-0.01))) }));

  it('hold the same numbers on the page', async () => {
    const { 'report.html': html } = await studyFiles(report);
    const { document } = parseHTML(html) as unknown as { document: { querySelector: (selector: string) => { textContent: string } | null; querySelectorAll: (selector: string) => { textContent: string; getAttribute: (name: string) => string | null }[] } };
    const row = document.querySelector('.summary-table tbody tr')?.textContent ?? '';
    const [heart] = report.structures;
    for (const figure of [heart.dscCounted.mean, heart.dscCounted.median, heart.dscCounted.p5, heart.dsc.mean]) expect(row).toContain(figure?.toFixed(3));
    expect(row).toContain('10/11');
    expect(document.querySelector('h1')?.textContent).toBe('A study');
    expect([...document.querySelectorAll('b')].map(({ textContent }) => textContent)).not.toContain('');
    expect(document.querySelector('#case-\\<b\\>')).not.toBeNull();
    for (const svg of document.querySelectorAll('svg[role=img]')) expect(svg.getAttribute('aria-label')).toBeTruthy();
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:\/\/(?!www\.w3\.org)/);
  });

  it('hold a row for each structure of each case in the table, no formula among them', async () => {
    const lines = (await studyFiles(report))['results.csv'].trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 11);
    expect(lines[0]).toMatch(/^case,side,structure,outcome,reason,referenceCc,testCc,toleranceMm,dscCounted,dsc,/);
    expect(lines[11]).toMatch(/^<b>,"L, after",Heart,missed,'=cmd,600,0,2,0,0,/);
  });
});
