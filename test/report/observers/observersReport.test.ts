import { describe, expect, it } from '@jest/globals';
import { parseHTML } from 'linkedom';
import { Mask, VolumeGeometry } from '../../../src/geometry/index.ts';
import { pairMetrics } from '../../../src/metrics/index.ts';
import { compareObservers, makeObserversReport, observersFiles, observersTable, type Observer, type ObserversComparison, type ObserversReport } from '../../../src/report/index.ts';
import { HEAT } from '../../../src/report/observers/observersMatrix.ts';
import { block, ctOf } from '../../support/masks.ts';

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
const observers: readonly Observer[] = [
  { name: 'observer 10', structures: [{ name: 'Heart', mask: cube(3, 15) }, { name: 'Liver', mask: cube(2, 6) }, { name: HOSTILE, mask: cube(2, 9) }] },
  { name: HOSTILE, structures: [{ name: 'Heart', mask: cube(4, 15) }, { name: 'Trachea', mask: Mask.empty(geometry) }] },
  { name: 'observer 2', structures: [{ name: 'Heart', mask: cube(4, 16) }, { name: 'Liver', mask: cube(10, 14) }, { name: HOSTILE, mask: cube(2, 9) }] },
];
const NAMES = ['Heart', 'Liver', HOSTILE, 'Trachea'];
const measure = (pairs: Parameters<Parameters<typeof compareObservers>[4]>[0]): ReturnType<typeof pairMetrics>[] => pairs.map(({ reference, test, options }) => pairMetrics(reference, test, options));
const compare = async (given = observers): Promise<ObserversComparison> => await compareObservers(given, NAMES, 'majority', {}, measure);
const reported = (comparison: ObserversComparison): ObserversReport => makeObserversReport({
  rondoVersion: '0.1.0', at: new Date('2026-11-22T10:00:00Z'), ct: { studyInstanceUid: '2.25.3', seriesInstanceUid: '2.25.4', geometry }, comparison,
  sets: new Map(observers.map(({ name }) => [name, { label: 'Study', date: '20260102', time: '101112', sopInstanceUid: '2.25.1', seriesInstanceUid: '2.25.2', approval: 'UNAPPROVED' as const, software: 'Maker 1', models: [], structureCount: 3 }])),
  standardName: (name) => name, refusedNames: [], notes: [],
});

const comparison = await compare();
const report = reported(comparison);
const files = await observersFiles(report, volume, comparison);
const { document } = parseHTML(files['report.html']) as unknown as { document: Element };
const of = (name: string): ObserversReport['structures'][number] => {
  const found = report.structures.find((structure) => structure.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

describe('comparison of observers', () => {
  it('puts them in the order of their names, whatever the order they are given in', async () => {
    expect(report.observers.map(({ name }) => name)).toEqual([HOSTILE, 'observer 2', 'observer 10']);
    expect(reported(await compare(observers.toReversed()))).toEqual(report);
  });

  it('refuses two of one name, and one structure twice', async () => {
    await expect(compare([...observers, { name: 'observer 2', structures: [] }])).rejects.toMatchObject({ code: 'observers-names' });
    await expect(compare([{ name: 'x', structures: [...observers[0].structures, observers[0].structures[0]] }, observers[1]])).rejects.toMatchObject({ code: 'comparison-name' });
  });

  it('has figures by hand: DSC, volumes, their variation, the conformity index', () => {
    // 12³, 11³ and 12³ voxels; in common 11³, 11³ and 11³.
    const { pairs, volumesCc, volumeVariation, conformityIndex } = of('Heart');
    const voxelCc = 1.5 * 3 / 1000;
    expect(volumesCc.map((cc) => Math.round(cc / voxelCc))).toEqual([11 ** 3, 12 ** 3, 12 ** 3]);
    expect(pairs.map(({ dsc }) => dsc)).toEqual([(2 * 11 ** 3) / (11 ** 3 + 12 ** 3), (2 * 11 ** 3) / (11 ** 3 + 12 ** 3), (2 * 11 ** 3) / (2 * 12 ** 3)].map((dsc) => expect.closeTo(dsc, 12) as unknown));
    expect(conformityIndex).toBeCloseTo((3 * 11 ** 3) / (2 * 12 ** 3 + (2 * 12 ** 3 - 11 ** 3)), 12);
    const mean = (11 ** 3 + 2 * 12 ** 3) / 3;
    expect(volumeVariation).toBeCloseTo(Math.sqrt(((11 ** 3 - mean) ** 2 + 2 * (12 ** 3 - mean) ** 2) / 2) / mean, 12);
  });

  it('counts a structure that one missed as 0 against those who drew it, and has no pair of those who did not', () => {
    expect(of(HOSTILE)).toMatchObject({ missing: [HOSTILE], dscCounted: { count: 3, mean: expect.closeTo(1 / 3, 12) as unknown }, dsc: { count: 1, mean: 1 } });
    expect(of(HOSTILE).against.map(({ presence, dsc }) => [presence, dsc])).toEqual([['missed', 0], ['both', 1], ['both', 1]]);
  });

  it('says why there is no consensus, and what nobody drew', () => {
    expect(of('Liver')).toMatchObject({ noConsensus: expect.stringMatching(/no voxel/) as unknown, against: [] });
    expect(report.empty).toEqual(['Trachea']);
    expect(report.observers[0]).toMatchObject({ drew: 1, missing: ['Liver', HOSTILE] });
  });
});

describe('page of observers', () => {
  it('has a section for each structure, with matrices, pictures and volumes, each with a text', () => {
    const sections = [...document.querySelectorAll('section.structure')];
    expect(sections).toHaveLength(3);
    for (const section of sections) {
      expect([...section.querySelectorAll('svg.ct')]).toHaveLength(3);
      expect([...section.querySelectorAll('svg.plot')]).toHaveLength(1);
      expect([...section.querySelectorAll('.matrix table')]).toHaveLength(2);
      for (const svg of section.querySelectorAll('svg.ct, svg.plot')) expect([svg.getAttribute('role'), (svg.getAttribute('aria-label') ?? '').length > 10]).toEqual(['img', true]);
    }
    // Three observers and the consensus on the heart.
    expect([...[...sections[0].querySelectorAll('svg.ct')][0].querySelectorAll('path.o0, path.o1, path.o2, path.consensus')]).toHaveLength(4);
  });

  it('says a missed structure by a word, a number and a pattern', () => {
    const missed = [...document.querySelectorAll('.matrix td.missed')];
    expect(missed.length).toBeGreaterThan(0);
    for (const cell of missed) expect(cell.textContent).toMatch(/^0 one of the two did not draw it$/);
  });

  it('takes names for text, whatever they hold', () => {
    expect([...document.querySelectorAll('img, script, [onerror]')]).toEqual([]);
    expect(files['report.html']).not.toContain('<img');
  });

  it('has numbers of enough contrast on every colour of the matrix', () => {
    for (const { ground, ink } of HEAT) expect({ ground, isEnough: contrast(ground, ink) >= 4.5 }).toEqual({ ground, isEnough: true });
  });
});

describe('data of observers', () => {
  it('hold every pair and every observer against the consensus in the table', () => {
    const rows = files['report.csv'].trimEnd().split('\r\n');
    expect(rows[0]).toMatch(/^structure,kind,a,b,presence,dsc,/);
    expect(rows.filter((row) => row.includes(',pair,'))).toHaveLength(9);
    expect(rows.filter((row) => row.includes(',consensus,'))).toHaveLength(6);
    expect(JSON.parse(files['report.json'])).toEqual(JSON.parse(JSON.stringify(report)));
  });

  it('stand in the terminal, too', () => {
    const text = observersTable(report);
    for (const words of ['MISSED: Liver by', 'NO CONSENSUS: Liver', 'Trachea: empty with everybody', 'Heart, DSC']) expect(text).toContain(words);
  });
});

/** WCAG 2.1, relative luminance. */
function contrast(...colours: [string, string]): number {
  const [light, dark] = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, channel) => sum + value * [0.2126, 0.7152, 0.0722][channel], 0)).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
