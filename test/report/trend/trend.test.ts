import { describe, expect, it } from '@jest/globals';
import { makeTrend, signalsOf, trendFiles, trendTable, type TrendComparison, type TrendInput, type TrendReport, type TrendSet } from '../../../src/report/index.ts';
import { wobble } from '../../support/trendHistory.ts';

const at = (index: number): string => new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
const one = (index: number, more: Partial<TrendSet> & { version?: string; volumeCc?: number } = {}): TrendSet => {
  const { version = '1.0.0', volumeCc = 600 * Math.exp(0.1 * wobble(index)), ...rest } = more;
  return { sopInstanceUid: `2.25.${index}`, madeAt: at(index), protocol: 'own', models: [{ name: 'm', version, sha256: ['a'.repeat(64)] }], found: [{ name: 'Heart', model: 'm', volumeCc }], notFound: [], ...rest };
};
const sets = (count: number, of: (index: number) => TrendSet = one): TrendSet[] => Array.from({ length: count }, (_, index) => of(index));
const trend = (more: Partial<TrendInput>): TrendReport => makeTrend({ rondoVersion: '0.1.0', at: new Date(0), sets: [], comparisons: [], unread: 0, baseline: 20, ...more });
const chart = (report: TrendReport, measure: string): TrendReport['structures'][number]['charts'][number] => {
  const found = report.structures[0].charts.find((each) => each.measure === measure);
  if (!found) throw new Error(`no chart of ${measure}`);
  return found;
};

describe('the trend', () => {
  it('gives no limits and no signals to too few values, and says so', async () => {
    const report = trend({ sets: sets(19, (index) => one(index, { volumeCc: index === 18 ? 9000 : 600 + index })) });
    expect(chart(report, 'volumeCc').segments).toEqual([{ model: 'm 1.0.0 (aaaaaaaa)', from: 0, count: 19, reason: '19 of 20 values' }]);
    expect(signalsOf(report)).toEqual([]);
    expect(trendTable(report)).toContain('no limits yet: 19 of 20 values');
    const page = (await trendFiles(report))['trend.html'];
    expect(page).toContain('Too few values for limits, so not charted');
    expect(page).not.toContain('class="charts"');
  });

  it('has limits by the first values of each version, and finds a shift after them', () => {
    const drifting = sets(60, (index) => one(index, { version: index < 25 ? '1.0.0' : '1.1.0', volumeCc: 600 * Math.exp(0.1 * wobble(index)) * (index < 25 ? 1 : 1.3) * (index >= 50 ? 1.4 : 1) }));
    const { segments, points } = chart(trend({ sets: drifting }), 'volumeCc');
    expect(segments.map(({ model, from, count }) => ({ model, from, count }))).toEqual([{ model: 'm 1.0.0 (aaaaaaaa)', from: 0, count: 25 }, { model: 'm 1.1.0 (aaaaaaaa)', from: 25, count: 35 }]);
    // Another model that draws larger is no drift.
    expect(points.slice(25, 45).flatMap(({ rules }) => rules)).toEqual([]);
    expect((segments[1].limits?.centre ?? 0) / (segments[0].limits?.centre ?? 0)).toBeCloseTo(1.3, 1);
    const shift = signalsOf(trend({ sets: drifting })).filter(({ rule }) => rule === 2);
    expect(shift).toMatchObject([{ structure: 'Heart', measure: 'volumeCc', at: at(58), until: at(59), values: 2 }]);
  });

  it('counts what was not found in blocks, and one case among many is no signal', () => {
    const lost = (missing: readonly number[]): TrendReport => trend({ sets: sets(40, (index) => (missing.includes(index) ? one(index, { found: [], notFound: [{ name: 'Heart', model: 'm', reason: 'too small' }] }) : one(index))) });
    expect(chart(lost([33]), 'notFoundShare').points.map(({ value }) => value)).toEqual([0, 0, 0, 0.1]);
    expect(signalsOf(lost([33])).filter(({ measure }) => measure === 'notFoundShare')).toEqual([]);
    const report = lost([31, 33, 35]);
    expect(signalsOf(report).filter(({ measure }) => measure === 'notFoundShare')).toMatchObject([{ rule: 1, value: 0.3, at: at(39) }]);
    expect(report.structures[0]).toMatchObject({ cases: 40, notFound: [{ reason: 'too small', count: 3 }] });
  });

  it('charts the agreement with corrected sets: what was missed as DSC 0 without a distance, what was removed not at all', () => {
    const comparisons = sets(30).map(({ sopInstanceUid }, index): TrendComparison => ({ sopInstanceUid, structure: 'Heart', figures: index === 28 ? { presence: 'missed', dsc: 0 } : index === 29 ? { presence: 'extra', dsc: 0 } : { presence: 'both', dsc: 0.93 + 0.02 * wobble(index), hd95Mm: 4 + wobble(index) } }));
    const report = trend({ sets: sets(30), comparisons });
    expect(chart(report, 'dsc').points).toHaveLength(29);
    expect(chart(report, 'hd95Mm').points).toHaveLength(28);
    expect(signalsOf(report)).toMatchObject([{ measure: 'dsc', rule: 1, value: 0, sopInstanceUid: '2.25.28' }]);
    expect(report.structures[0].compared).toEqual({ count: 30, missed: 1, extra: 1 });
    // Nothing could pass a limit above 1.
    expect(chart(report, 'dsc').segments[0].limits?.high ?? 1).toBeLessThanOrEqual(1);
  });

  it('gives no limits where nothing was ever corrected: the first correction would be beyond them', () => {
    const comparisons = sets(30).map(({ sopInstanceUid }, index): TrendComparison => ({ sopInstanceUid, structure: 'Heart', figures: { presence: 'both', dsc: index < 25 ? 1 : 0.97, hd95Mm: 0 } }));
    expect(chart(trend({ sets: sets(30), comparisons }), 'dsc').segments).toMatchObject([{ reason: 'the first 20 values are all the same' }]);
  });

  it('takes sets of an older Rondo, which name no model of a structure and no scanner', () => {
    const old = sets(20, (index) => ({ ...one(index), found: [{ name: 'Heart', volumeCc: 600 + index }], models: [{ name: 'm', version: '1.0.0', sha256: ['a'.repeat(64)] }, { name: 'n', version: '2.0.0', sha256: ['b'.repeat(64)] }] }));
    const report = trend({ sets: old });
    expect(chart(report, 'volumeCc').segments[0].model).toBe('m 1.0.0 (aaaaaaaa) + n 2.0.0 (bbbbbbbb)');
    expect(report.scanners).toEqual([{ scanner: 'not recorded', sets: 20 }]);
  });

  it('has a row for each value, and a page of an empty trend', async () => {
    const files = await trendFiles(trend({ sets: sets(25) }));
    expect(files['trend.csv'].split('\r\n')).toHaveLength(1 + 25 + 2 + 1);
    expect(files['trend.csv'].split('\r\n')[1]).toMatch(/^Heart,volumeCc,2026-01-01T00:00:00.000Z,2.25.0,[\d.]+,m 1.0.0 \(aaaaaaaa\),[\d.]+,[\d.]+,[\d.]+,,own,$/);
    expect((await trendFiles(trend({})))['trend.html']).toContain('No structure set was made in this time.');
  });
});
