import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TrendStore, type Database, type NewComparison } from '../../src/jobs/index.ts';
import { madeHistory, SERIES, setUid } from '../support/trendHistory.ts';
import { DATABASES, empty, openNew, refusal } from './databases.ts';

const figures = { presence: 'both' as const, dsc: 0.93, hd95Mm: 3.5, toleranceMm: 2, referenceCc: 610, testCc: 600 };
const comparison = (more: Partial<NewComparison> = {}): NewComparison => ({ sopInstanceUid: setUid(1), referenceUid: '2.25.5', seriesInstanceUid: SERIES, structures: [{ name: 'My Heart', figures }], ...more });

describe.each(DATABASES)('the trend in %s', (_, newPlace) => {
  let database: Database;
  let remove: () => Promise<void>;
  let trend: TrendStore;

  beforeAll(async () => {
    ({ database, remove } = await openNew(newPlace));
    trend = new TrendStore(database);
  });
  beforeEach(async () => {
    await empty(database);
    await madeHistory(database, [{ day: 2, version: '2.0.0', volumeCc: undefined }, { day: 1, version: '1.0.0', volumeCc: 600 }]);
  });
  afterAll(() => remove());

  it('holds what was made, oldest first, by standard names', async () => {
    const { sets, comparisons, unread } = await trend.read();
    expect({ unread, comparisons }).toEqual({ unread: 0, comparisons: [] });
    expect(sets.map(({ sopInstanceUid, madeAt, found, notFound }) => ({ sopInstanceUid, madeAt, found, notFound }))).toEqual([
      { sopInstanceUid: setUid(1), madeAt: '2026-01-02T09:00:00.000Z', found: [{ name: 'Heart', model: 'oar-thorax', volumeCc: 600 }], notFound: [] },
      { sopInstanceUid: setUid(2), madeAt: '2026-01-03T09:00:00.000Z', found: [], notFound: [{ name: 'Heart', model: 'oar-thorax', reason: 'smaller than 20 cm³' }] },
    ]);
    expect(sets[0].scan).toEqual({ manufacturer: 'Maker', model: 'CT A', kernel: 'B30f', sliceGapMm: 3 });
  });

  it('can be asked for a time and a protocol, and counts what it cannot read', async () => {
    expect((await trend.read({ since: new Date('2026-01-03T00:00:00Z') })).sets).toHaveLength(1);
    expect((await trend.read({ protocol: 'another' })).sets).toEqual([]);
    await database.query("UPDATE rondo.structure_set SET summary = '{}' WHERE sop_uid = $1", [setUid(1)]);
    expect(await trend.read()).toMatchObject({ sets: [{ sopInstanceUid: setUid(2) }], unread: 1 });
  });

  it('keeps a comparison once, under the standard name, and never changes it', async () => {
    expect(await trend.record(comparison(), 'anna')).toBe(1);
    expect(await trend.record(comparison(), 'ben')).toBe(0);
    expect((await trend.read()).comparisons).toEqual([{ recordedAt: expect.any(String) as unknown, sopInstanceUid: setUid(1), referenceUid: '2.25.5', structure: 'Heart', figures }]);
    await expect(database.query('UPDATE rondo.comparison SET who = $1', ['eve'])).rejects.toMatchObject({ code: 'RO001', message: expect.stringContaining('rondo.comparison is append-only') as unknown });
    await expect(database.query('DELETE FROM rondo.comparison', [])).rejects.toMatchObject({ code: 'RO001' });
    await expect(database.query('TRUNCATE rondo.comparison', [])).rejects.toMatchObject({ code: 'RO001' });
  });

  it('takes the comparison recorded last where a set was corrected twice', async () => {
    await trend.record(comparison(), 'anna');
    await trend.record(comparison({ referenceUid: '2.25.6', structures: [{ name: 'My Heart', figures: { ...figures, dsc: 0.9 } }] }), 'anna');
    expect((await trend.read()).comparisons).toMatchObject([{ referenceUid: '2.25.6', figures: { dsc: 0.9 } }]);
  });

  it.each([
    ['a set that it did not make', { sopInstanceUid: '2.25.77' }, 'comparison-set'],
    ['another CT', { seriesInstanceUid: '2.25.78' }, 'comparison-series'],
    ['other figures of the same sets', { structures: [{ name: 'New', figures }, { name: 'My Heart', figures: { ...figures, dsc: 0.5 } }] }, 'comparison-differs'],
  ])('refuses %s, and keeps nothing of it', async (_what, more, code) => {
    await trend.record(comparison(), 'anna');
    expect(await refusal(async () => await trend.record(comparison(more), 'anna'))).toMatchObject({ code });
    expect((await trend.read()).comparisons).toHaveLength(1);
  });
});
