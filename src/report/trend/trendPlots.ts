import * as Plot from '@observablehq/plot';
import { colour, fixed, plotSvg, type Html } from '../page/index.ts';
import { MEASURES } from './signals.ts';
import type { TrendChart } from './trendReport.ts';

/** Values of a plot at most, the last ones: more cannot be told apart. */
const MOST_VALUES = 160;
const TICKS = 4;

interface Drawn {
  index: number;
  value: number;
  rules: string;
}

/** A control chart: values in the order in which they came, centre and limits of each version of a model. */
export function controlChart(structure: string, { measure, points, segments }: TrendChart, baseline: number): Html {
  const { title, unit, digits } = MEASURES[measure];
  const skipped = Math.max(0, points.length - MOST_VALUES);
  const drawn = points.slice(skipped).map(({ value, rules }, index): Drawn => ({ index: index + skipped, value, rules: rules.join(', ') }));
  const limited = segments.flatMap(({ from, count, limits, model }, index) => (from + count <= skipped ? [] : [{ x1: Math.max(from, skipped) - 0.5, x2: from + count - 0.5, limits, model, isFirst: index === 0 || from < skipped, from, count }]));
  const lines = limited.flatMap(({ x1, x2, limits }) => (limits === undefined ? [] : [{ x1, x2, ...limits }]));
  const hasLimits = (index: number): boolean => limited.some(({ from, count, limits }) => limits !== undefined && index >= from && index < from + count);
  const last = points[points.length - 1];
  const step = Math.max(1, Math.ceil(drawn.length / TICKS));
  const ticks = drawn.filter((_, index) => index % step === 0).map(({ index }) => index);
  const signals = drawn.filter(({ rules }) => rules !== '');
  const lowest = Math.min(...drawn.map(({ value }) => value), ...lines.map(({ low, centre }) => low ?? centre));
  const highest = Math.max(...drawn.map(({ value }) => value), ...lines.map(({ high, centre }) => high ?? centre));
  const room = (highest - lowest || Math.abs(highest) || 1) * 0.1;
  return plotSvg({
    width: 520,
    height: 190,
    marginLeft: 46,
    marginRight: 14,
    marginTop: 30,
    marginBottom: 26,
    style: { fontSize: '11px' },
    x: { domain: [skipped - 0.5, points.length - 0.5], ticks, tickFormat: (index: number) => points[index].at.slice(0, 10), label: null, tickSize: 3 },
    y: { domain: [lowest - room, highest + room], label: unit === undefined ? title : `${title}, ${unit}`, labelArrow: 'none', ticks: 4, grid: true, labelOffset: 40 },
    marks: [
      // The values that the limits come from.
      ...(measure === 'notFoundShare' ? [] : [Plot.rect(limited.filter(({ limits }) => limits !== undefined), { x1: ({ x1 }: { x1: number }) => x1, x2: ({ from, x1 }: { from: number; x1: number }) => Math.max(x1, from + baseline - 0.5), fill: colour('within') })]),
      Plot.ruleX(limited.filter(({ isFirst }) => !isFirst), { x: 'x1', stroke: colour('purple'), strokeDasharray: '2 3' }),
      Plot.text(limited.filter(({ isFirst }) => !isFirst), { x: 'x1', frameAnchor: 'top', dy: -9, dx: 3, textAnchor: 'start', text: ({ model }: { model: string }) => model.replace(/ \(.*$/s, ''), fill: colour('purple') }),
      Plot.ruleY(lines, { y: 'centre', x1: 'x1', x2: 'x2', stroke: colour('faint') }),
      ...(['low', 'high'] as const).map((side) => Plot.ruleY(lines.filter((line) => line[side] !== undefined), { y: side, x1: 'x1', x2: 'x2', stroke: colour('orange'), strokeDasharray: '5 3' })),
      Plot.lineY(drawn, { x: 'index', y: 'value', stroke: colour('blue'), strokeOpacity: 0.35 }),
      Plot.dot(drawn.filter(({ rules, index }) => rules === '' && hasLimits(index)), { x: 'index', y: 'value', r: 2, fill: colour('blue') }),
      Plot.dot(drawn.filter(({ index }) => !hasLimits(index)), { x: 'index', y: 'value', r: 2.2, stroke: colour('blue'), fill: colour('page') }),
      Plot.dot(signals, { x: 'index', y: 'value', r: 4, symbol: 'diamond2', fill: colour('vermillion') }),
      Plot.text(signals, { x: 'index', y: 'value', text: 'rules', dy: -9, fill: colour('fail-ink'), fontWeight: 600 }),
    ],
  }, {
    title: `${structure}: ${title}`,
    description: `${points.length} values to ${last.at.slice(0, 10)}, the last ${fixed(last.value, digits)}${unit === undefined ? '' : ` ${unit}`}; ${points.filter(({ rules }) => rules.length > 0).length} with a signal`,
  });
}
