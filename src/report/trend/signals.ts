import type { NelsonRule } from '../../statistics/index.ts';
import type { Measure, TrendChart, TrendReport, TrendSegment } from './trendReport.ts';

/** What is charted: its name, its unit, and digits after the point. */
export const MEASURES: Readonly<Record<Measure, { title: string; unit?: string; digits: number }>> = {
  volumeCc: { title: 'Volume', unit: 'cm³', digits: 1 },
  notFoundShare: { title: 'Not found', digits: 2 },
  dsc: { title: 'DSC, corrected', digits: 3 },
  hd95Mm: { title: 'HD95, corrected', unit: 'mm', digits: 1 },
};

/** A reason to look: values in a row that fulfil one rule. */
export interface Signal {
  structure: string;
  measure: Measure;
  rule: NelsonRule;
  /** Of the first value that shows it, and of the last of a run. */
  at: string;
  until: string;
  /** Values in a row that show it. */
  values: number;
  sopInstanceUid: string;
  value: number;
  segment: TrendSegment;
  scanner?: string;
}

/** All signals, newest first. */
export function signalsOf({ structures }: Pick<TrendReport, 'structures'>): Signal[] {
  return structures.flatMap(({ name, charts }) => charts.flatMap((chart) => ofChart(name, chart))).sort((a, b) => b.until.localeCompare(a.until) || a.structure.localeCompare(b.structure));
}

function ofChart(structure: string, { measure, points, segments }: TrendChart): Signal[] {
  return segments.flatMap((segment) => {
    const signals: Signal[] = [];
    const running = new Map<NelsonRule, Signal>();
    for (const { rules, at, sopInstanceUid, value, scanner } of points.slice(segment.from, segment.from + segment.count)) {
      for (const rule of running.keys()) if (!rules.includes(rule)) running.delete(rule);
      for (const rule of rules) {
        const run = running.get(rule);
        if (run !== undefined) {
          run.until = at;
          run.values += 1;
          continue;
        }
        const signal: Signal = { structure, measure, rule, at, until: at, values: 1, sopInstanceUid, value, segment, ...(scanner !== undefined && { scanner }) };
        signals.push(signal);
        running.set(rule, signal);
      }
    }
    return signals;
  });
}

/** How a chart stands under the version of the model that drew last. */
export function stateOf({ segments }: TrendChart, signals: readonly Signal[]): { text: string; signals: number; limits: TrendSegment['limits'] } {
  const last = segments[segments.length - 1];
  const count = signals.filter(({ segment }) => segment === last).length;
  if (last.limits === undefined) return { text: `no limits yet: ${last.reason ?? ''}`, signals: 0, limits: undefined };
  return { text: count === 0 ? 'no signal' : `${count} ${count === 1 ? 'signal' : 'signals'}`, signals: count, limits: last.limits };
}

/** The state of each chart as lines of text for a terminal. */
export function trendTable(report: TrendReport): string {
  const signals = signalsOf(report);
  const lines = report.structures.flatMap(({ name, cases, charts }) => charts.map((chart) => {
    const { text } = stateOf(chart, signals.filter(({ structure, measure }) => structure === name && measure === chart.measure));
    return [name, String(cases), MEASURES[chart.measure].title, text] as const;
  }));
  const header = ['Structure', 'Cases', 'Figure', 'State, by the version of the model that drew last'] as const;
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column].length)));
  const { count, compared, unread } = report.sets;
  return [
    ...[header, ...lines].map((line) => line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()),
    '',
    `${count} structure sets, ${compared} compared with corrected ones${unread > 0 ? `; ${unread} could not be read` : ''}. ${signals.length} signals in all.`,
  ].join('\n');
}
