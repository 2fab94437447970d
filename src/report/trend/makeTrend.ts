import { NELSON_RULES } from '../../statistics/index.ts';
import { RESEARCH_NOTICE } from '../page/page.ts';
import { chartOf, shareChart, type TimedValue } from './charts.ts';
import type { TrendChart, TrendInput, TrendReport, TrendSet, TrendStructure } from './trendReport.ts';

/** Digits of a SHA-256 that tell versions apart at a glance. */
const SHA_DIGITS = 8;

/** Cases of a block: a share of fewer says little. */
const BLOCK = 10;

/** The report of what was contoured over time. Limits are those of each version of a model, by its first values. */
export function makeTrend({ rondoVersion, at, sets, comparisons, unread, baseline, since, protocol }: TrendInput): TrendReport {
  const inOrder = sets.toSorted((a, b) => a.madeAt.localeCompare(b.madeAt));
  const names = [...new Set(inOrder.flatMap(({ found, notFound }) => [...found, ...notFound].map(({ name }) => name)))];
  const versions = inOrder.flatMap((set) => set.models.map((model) => ({ model: versionOf(model), at: set.madeAt })));
  return {
    schema: 'rondo-trend/1',
    notice: RESEARCH_NOTICE,
    rondoVersion,
    createdAt: at.toISOString(),
    ...(since !== undefined && { since }),
    ...(protocol !== undefined && { protocol }),
    baseline,
    block: BLOCK,
    rules: NELSON_RULES,
    sets: {
      count: inOrder.length, unread, compared: new Set(comparisons.map(({ sopInstanceUid }) => sopInstanceUid)).size,
      ...(inOrder.length > 0 && { first: inOrder[0].madeAt, last: inOrder[inOrder.length - 1].madeAt }),
    },
    protocols: [...new Set(inOrder.map((set) => set.protocol))].sort(),
    models: counted(versions.map(({ model }) => model)).map(([model, count]) => ({ model, since: versions.find((one) => one.model === model)?.at ?? '', sets: count })),
    scanners: counted(inOrder.map((set) => scannerOf(set) ?? 'not recorded')).map(([scanner, count]) => ({ scanner, sets: count })),
    structures: names.map((name) => structureOf(name, inOrder, comparisons.filter(({ structure }) => structure === name), baseline)),
  };
}

function structureOf(name: string, sets: readonly TrendSet[], comparisons: TrendInput['comparisons'], baseline: number): TrendStructure {
  const figuresOf = new Map(comparisons.map(({ sopInstanceUid, figures }) => [sopInstanceUid, figures]));
  const asked = sets.flatMap((set) => {
    const found = set.found.find((one) => one.name === name);
    const missing = set.notFound.find((one) => one.name === name);
    if (found === undefined && missing === undefined) return [];
    const scanner = scannerOf(set);
    const timed = { at: set.madeAt, sopInstanceUid: set.sopInstanceUid, protocol: set.protocol, model: drawnBy(set, (found ?? missing)?.model), ...(scanner !== undefined && { scanner }) };
    return [{ timed, volumeCc: found?.volumeCc, reason: missing?.reason, figures: figuresOf.get(set.sopInstanceUid) }];
  });
  const values = (of: (one: (typeof asked)[number]) => number | undefined): TimedValue[] => asked.flatMap((one) => {
    const value = of(one);
    return value === undefined ? [] : [{ ...one.timed, value }];
  });
  const compared = asked.flatMap(({ figures }) => figures ?? []);
  const charts: TrendChart[] = [
    chartOf('volumeCc', values(({ volumeCc }) => volumeCc), baseline),
    shareChart('notFoundShare', values(({ volumeCc }) => (volumeCc === undefined ? 1 : 0)), baseline, BLOCK),
    // One that the corrected set no longer holds was removed, or not exported: it has no figure.
    chartOf('dsc', values(({ figures }) => (figures?.presence === 'extra' ? undefined : figures?.dsc)), baseline),
    chartOf('hd95Mm', values(({ figures }) => figures?.hd95Mm), baseline),
  ];
  return {
    name,
    cases: asked.length,
    notFound: counted(asked.flatMap(({ reason }) => reason ?? [])).map(([reason, count]) => ({ reason, count })),
    compared: { count: compared.length, missed: compared.filter(({ presence }) => presence === 'missed').length, extra: compared.filter(({ presence }) => presence === 'extra').length },
    charts: charts.filter(({ points, segments }) => points.length > 0 || segments.length > 0),
  };
}

/** What drew a structure; of sets of an older Rondo, which do not say so, all models together. */
function drawnBy({ models }: TrendSet, name: string | undefined): string {
  const own = models.filter((model) => model.name === name);
  return (own.length > 0 ? own : models).map(versionOf).join(' + ');
}

function versionOf({ name, version, sha256 }: TrendSet['models'][number]): string {
  return `${name} ${version} (${sha256.map((sum) => sum.slice(0, SHA_DIGITS)).join(', ')})`;
}

function scannerOf({ scan }: TrendSet): string | undefined {
  return scan && [scan.manufacturer, scan.model, scan.kernel, `${Number(scan.sliceGapMm.toFixed(2))} mm`].filter((part) => part !== undefined).join(' ');
}

/** Each value once with how often it is there, in the order of their first. */
function counted(values: readonly string[]): [string, number][] {
  return [...new Set(values)].map((value) => [value, values.filter((one) => one === value).length]);
}
