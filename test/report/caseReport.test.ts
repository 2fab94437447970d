import { describe, expect, it } from '@jest/globals';
import { parseHTML } from 'linkedom';
import { Mask, VolumeGeometry } from '../../src/geometry/index.ts';
import { definitions } from '../../src/metrics/index.ts';
import { caseCsv } from '../../src/report/caseCsv.ts';
import { caseFiles, compareStructures, makeCaseReport, readCaseReport, type CaseInput, type CaseReport } from '../../src/report/index.ts';
import { block, ctOf, paintMm } from '../support/masks.ts';

interface Element {
  textContent: string;
  getAttribute: (name: string) => string | null;
  querySelector: (selector: string) => Element | null;
  querySelectorAll: (selector: string) => Iterable<Element>;
}

const HOSTILE = '<img src=x onerror="alert(1)">';
const geometry = new VolumeGeometry({ size: [60, 50, 20], columnSpacingMm: 1, rowSpacingMm: 1.5, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], originMm: [-30, -40, 100], sliceOffsetsMm: Array.from({ length: 20 }, (_, k) => 3 * k), frameOfReferenceUid: '2.25.7' });
const volume = ctOf(geometry, 40);
const cube = (from: number, to: number): Mask => block(geometry, [from, from, from], [to, to, to]);
const set = (label: string): CaseInput['reference'] => ({ label, date: '20260102', time: '101112', sopInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2', approval: 'UNAPPROVED', software: 'Maker 1', models: [{ name: 'oar-thorax', version: '2.1.0', parameters: `sha256=${'a'.repeat(64)}` }], structureCount: 6 });
const masks = {
  reference: [{ name: 'Humerus_L', mask: cube(2, 17) }, { name: 'SpinalCord', mask: cube(3, 13) }, { name: HOSTILE, mask: cube(2, 9) }, { name: 'Lung_L', mask: cube(4, 16) }, { name: 'Trachea', mask: Mask.empty(geometry) }],
  test: [{ name: 'Humerus_L', mask: cube(2, 16) }, { name: 'SpinalCord', mask: cube(3, 13) }, { name: HOSTILE, mask: cube(2, 9) }, { name: 'Liver', mask: cube(5, 9) }, { name: 'Trachea', mask: Mask.empty(geometry) }],
};
const options = { withMap: true };

async function data(more: Partial<CaseInput> = {}): Promise<CaseReport> {
  return makeCaseReport({
    rondoVersion: '0.1.0', at: new Date('2026-11-22T10:00:00Z'), ct: { studyInstanceUid: '2.25.3', seriesInstanceUid: '2.25.4', geometry },
    reference: set('Clinic'), test: set('Rondo'), comparison: await compareStructures(masks.reference, masks.test, options), options, masks,
    testNames: new Map([['Humerus_L', 'Oberarm']]), standardName: (name) => name, refusedNames: [{ names: ['Lung', 'Lung_L'], reason: 'the side is not said' }], notes: [], ...more,
  });
}

const report = await data();
const files = await caseFiles(report, volume, masks);
const { document } = parseHTML(files['report.html']) as unknown as { document: Element };
const texts = (selector: string, within: Element = document): string[] => [...within.querySelectorAll(selector)].map(({ textContent }) => textContent.trim());
const of = (name: string, within = report): CaseReport['structures'][number] => {
  const found = within.structures.find((structure) => structure.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

describe('case report', () => {
  it('holds every structure once, with its verdict', () => {
    expect(report.structures.map(({ name, presence, verdict }) => [name, presence, verdict])).toEqual([
      ['Humerus_L', 'both', 'look'],
      ['SpinalCord', 'both', 'pass'],
      [HOSTILE, 'both', 'not scored'],
      ['Lung_L', 'missed', 'fail'],
      ['Trachea', 'neither', 'not scored'],
      ['Liver', 'extra', 'fail'],
    ]);
    expect(of('Humerus_L')).toMatchObject({ testName: 'Oberarm', judged: [{ figure: 'dsc', pass: 0.9, verdict: 'look' }] });
  });

  it('fails a structure that lies elsewhere, with or without thresholds', async () => {
    const apart = (name: string): typeof masks => ({ reference: [{ name, mask: cube(1, 9) }], test: [{ name, mask: cube(10, 18) }] });
    for (const name of ['Humerus_L', 'Anything']) {
      const moved = await data({ masks: apart(name), comparison: await compareStructures(apart(name).reference, apart(name).test, options) });
      expect(of(name, moved)).toMatchObject({ presence: 'both', verdict: 'fail', reason: 'elsewhere: test and reference have no voxel in common' });
    }
  });

  it('counts a missed structure as 0 and gives it no distance, but a reason', () => {
    expect(of('Lung_L').metrics?.figures).toMatchObject({ dsc: 0, surfaceDsc: 0, addedPathShare: 1 });
    expect(of('Lung_L').metrics?.figures).not.toHaveProperty('hd95Mm');
    expect(of('Lung_L').metrics?.undefinedBecause.hd95Mm).toBe('the test is empty');
    expect(report.meanDsc).toBeCloseTo(((of('Humerus_L').metrics?.figures.dsc ?? NaN) + 2) / 4, 12);
  });

  it('names a protocol as that which judges: it need not have drawn either', async () => {
    const { 'report.html': page } = await caseFiles(await data({ protocol: 'breast-right', guideline: 'ESTRO' }), volume, masks);
    const { document: own } = parseHTML(page) as unknown as { document: Element };
    expect(texts('.ct-facts dt', own)).toEqual(expect.arrayContaining(['Judged by the protocol', 'Its guideline']));
    expect(texts('.ct-facts dt', own)).not.toContain('Protocol');
  });

  it('gives places along the patient, however the slices run', async () => {
    const grid = { size: [40, 30, 12], columnSpacingMm: 2, rowSpacingMm: 2.5, columnDirection: [0, 1, 0], frameOfReferenceUid: '2.25.7' } as const;
    const offsets = [0, 3, 6, 9, 12, 15, 18, 22, 26, 30, 34, 38];
    const upright = new VolumeGeometry({ ...grid, rowDirection: [1, 0, 0], originMm: [-40, -36, 50], sliceOffsetsMm: offsets });
    const feetFirst = new VolumeGeometry({ ...grid, rowDirection: [-1, 0, 0], originMm: [38, -36, 88], sliceOffsetsMm: offsets.map((offset) => 38 - offset).reverse() });
    const [one, other] = await Promise.all([upright, feetFirst].map(async (each) => {
      const body = (top: number): Mask => paintMm(each, (x, y, z) => Math.hypot(x, y) < 20 && z > 55 && z < top);
      const both = { reference: [{ name: 'Heart', mask: body(71) }], test: [{ name: 'Heart', mask: body(83) }] };
      return of('Heart', await data({ ct: { studyInstanceUid: '2.25.3', seriesInstanceUid: '2.25.4', geometry: each }, masks: both, comparison: await compareStructures(both.reference, both.test, options) })).metrics;
    }));
    const places = one?.slices.map(({ positionMm }) => positionMm);
    expect(places).toEqual([56, 59, 62, 65, 68, 72, 76, 80]);
    expect(other?.slices.map(({ positionMm }) => positionMm)).toEqual(places);
    expect(other?.slices.map(({ dsc }) => dsc)).toEqual(one?.slices.map(({ dsc }) => dsc));
    const heights = one?.surfaceMap?.rings.map(({ positionMm }) => positionMm) ?? [];
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect(other?.surfaceMap?.rings.map(({ positionMm }) => positionMm)).toEqual(heights);
  });

  it('does not score a sliver', async () => {
    const small = { reference: [{ name: 'Heart', mask: cube(3, 6) }], test: [{ name: 'Heart', mask: cube(3, 6) }] };
    const one = await data({ masks: small, comparison: await compareStructures(small.reference, small.test, options) });
    expect(one.structures).toMatchObject([{ verdict: 'not scored', reason: expect.stringContaining('sliver') as unknown }]);
  });

  it('judges by other thresholds where they are given, and says so', async () => {
    const thresholds = { source: 'the thresholds of the protocol left', of: (name: string) => (name === 'Humerus_L' ? { dsc: { pass: 0.95, fail: 0.9 }, hd95Mm: { pass: 5 } } : undefined) };
    const own = await data({ thresholds });
    expect(of('Humerus_L', own)).toMatchObject({ verdict: 'fail', judged: [{ figure: 'dsc', verdict: 'fail' }, { figure: 'hd95Mm', verdict: 'pass' }] });
    expect(of('SpinalCord', own).verdict).toBe('not scored');
    expect(own.thresholds).toBe('the thresholds of the protocol left');
  });

  it('reads back what it wrote, and refuses another file', () => {
    expect(readCaseReport(files['report.json'])).toEqual(JSON.parse(JSON.stringify(report)));
    expect(() => readCaseReport('{', 'a.json')).toThrow(expect.objectContaining({ code: 'case-report', subject: { file: 'a.json' } }));
    expect(() => readCaseReport(JSON.stringify({ ...report, schema: 'rondo-case-report/2' }))).toThrow(/schema/);
    expect(() => readCaseReport(JSON.stringify({ ...report, patientName: 'X' }))).toThrow(expect.objectContaining({ code: 'case-report' }));
  });
});

describe('page of a case', () => {
  it('shows the figures of the data in one table', () => {
    const rows = [...document.querySelectorAll('table')][0];
    const head = texts('thead th', rows).map((title) => title.replace(/mm$|cm³$|of all$/, ''));
    const table = [...rows.querySelectorAll('tbody tr')].map((row) => texts('th, td', row));
    expect(table).toHaveLength(report.structures.length);
    for (const [index, { metrics, verdict, referenceCc }] of report.structures.entries()) {
      const cell = (title: string): string => table[index][head.indexOf(title)];
      const { dsc, hd95Mm, surfaceDsc, msdMm } = metrics?.figures ?? {};
      expect(cell('Verdict')).toMatch(new RegExp(`^${verdict}`));
      expect([cell('DSC'), cell('HD95'), cell('MSD'), cell('Surface DSC')].map((text) => text.split(' ')[0])).toEqual([dsc?.toFixed(3) ?? '–', hd95Mm?.toFixed(1) ?? '–', msdMm?.toFixed(2) ?? '–', surfaceDsc?.toFixed(3) ?? '–']);
      expect(cell('Reference')).toBe(referenceCc.toFixed(1));
    }
  });

  it('says why a figure has no value', () => {
    const dashes = [...document.querySelectorAll('.dash')];
    expect(dashes.length).toBeGreaterThan(0);
    for (const dash of dashes) expect(dash.getAttribute('title')).toMatch(/empty/);
  });

  it('has a section with four pictures and four plots for each structure that both hold', () => {
    const sections = [...document.querySelectorAll('section.structure')];
    expect(sections.map((section) => texts('h2', section)[0].replace(/ (pass|look|fail|not scored)$/, ''))).toEqual(['Humerus_L', 'SpinalCord', HOSTILE]);
    for (const section of sections) {
      expect([...section.querySelectorAll('svg.ct')]).toHaveLength(4);
      expect([...section.querySelectorAll('svg.plot')]).toHaveLength(4);
      for (const svg of section.querySelectorAll('svg.ct, svg.plot')) {
        expect(svg.getAttribute('role')).toBe('img');
        expect(svg.getAttribute('aria-label')).toBeTruthy();
        expect(svg.querySelector('title')?.textContent).toBeTruthy();
      }
      for (const svg of section.querySelectorAll('svg.ct')) {
        expect(texts('text.side', svg)).toHaveLength(4);
        expect(texts('text.length', svg)[0]).toMatch(/^\d+ mm$/);
      }
    }
  });

  it('says each verdict by a word and a shape', () => {
    for (const mark of document.querySelectorAll('.verdict')) {
      expect(mark.textContent.trim()).toMatch(/^(pass|look|fail|not scored)$/);
      expect(mark.querySelector('svg path')).not.toBeNull();
    }
  });

  it('defines every figure in the foldable part', () => {
    expect(texts('details:first-of-type tbody th', [...document.querySelectorAll('section.structure')][0])).toEqual(Object.values(definitions).map(({ title }) => title));
  });

  it('takes names for text, whatever they hold', () => {
    expect([...document.querySelectorAll('img, script, [onerror]')]).toEqual([]);
    expect(files['report.html']).not.toContain('<img');
  });

  it('names both sets, what was not joined, and what it is not for', () => {
    const whole = document.querySelector('body')?.textContent ?? '';
    for (const words of ['Clinic', 'Rondo', 'the side is not said', 'Research software, not for clinical use', 'test: Oberarm', 'sha256=']) expect(whole).toContain(words);
  });
});

describe('table of a case', () => {
  it('has a row for each structure with all digits', () => {
    const [head, first] = files['report.csv'].split('\r\n');
    const columns = head.split(',');
    expect(Number(first.split(',')[columns.indexOf('dsc')])).toBe(of('Humerus_L').metrics?.figures.dsc);
    expect(files['report.csv']).toContain('\n"<img src=x onerror=""alert(1)"">",');
    expect(files['report.csv'].trimEnd().split('\r\n')).toHaveLength(1 + report.structures.length);
  });

  it('lets no name be taken for a formula', async () => {
    const formula = { reference: [{ name: '=1+1', mask: cube(3, 13) }], test: [{ name: '=1+1', mask: cube(3, 13) }] };
    const one = await data({ masks: formula, comparison: await compareStructures(formula.reference, formula.test, options), testNames: new Map() });
    expect(caseCsv(one).split('\r\n')[1]).toMatch(/^'=1\+1,/);
  });
});
