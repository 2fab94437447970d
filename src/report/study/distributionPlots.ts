import * as Plot from '@observablehq/plot';
import { colour, figure, html, plotSvg, type Html } from '../page/index.ts';
import { countedDsc, counts, resultsOf, type CaseResult } from './counted.ts';
import { observerBand } from '../observerBands.ts';
import type { StudyReport } from './studyReport.ts';

const ROW_HEIGHT = 34;
const WIDTH = 1040;

const DSC_TICKS = [0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1];
const MM_TICKS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200];

/** Dots of neighbouring cases stand in lanes, in pixels from the middle of their row, so that they hide each other less. */
const LANES = [-6, -2, 2, 6];

/** DSC of every case as a dot and a box for each structure, before thresholds and what observers reach among themselves. */
export function dscPlot({ structures, cases }: StudyReport): Html {
  const names = structures.filter(({ counted }) => counted > 0).map(({ name }) => name);
  const points = names.flatMap((name) => resultsOf(cases, name).filter(counts));
  const bands = names.flatMap((name) => {
    const band = observerBand(name);
    // A band of one number is drawn as wide as a line.
    return band === undefined ? [] : [{ name, low: band.low === band.high ? band.low - 0.0015 : band.low, high: band.low === band.high ? band.high + 0.0015 : band.high }];
  });
  const thresholds = structures.flatMap(({ name, counted, thresholds: { dsc } }) => (dsc === undefined || counted === 0 ? [] : [{ name, dsc: dsc.pass }]));
  const least = Math.min(...points.map(countedDsc), ...thresholds.map(({ dsc }) => dsc), ...bands.map(({ low }) => low));
  const domain = [Math.max(0, Math.floor(least * 20 - 1) / 20), 1] as const;
  const svg = plotSvg({
    ...frame(names),
    // Half of the width for what lies above 0.8: there most structures differ.
    x: { type: 'pow', exponent: 3, domain, ticks: DSC_TICKS.filter((tick) => tick >= domain[0]), tickFormat: String, label: 'DSC, missed and invented as 0 (scale stretched towards 1)', labelArrow: 'none', grid: true, labelAnchor: 'center' },
    marks: [
      Plot.barX(bands, { y: 'name', x1: 'low', x2: 'high', fill: colour('sky'), fillOpacity: 0.35, insetTop: 1, insetBottom: 1 }),
      ...boxes(points, countedDsc),
      Plot.tickX(thresholds, { y: 'name', x: 'dsc', stroke: colour('green'), strokeWidth: 3, insetTop: 2, insetBottom: 2 }),
    ],
  }, { title: 'DSC of each case, by structure', description: structures.map(({ name, dscCounted: { median: middle } }) => `${name}: median ${middle?.toFixed(3) ?? 'none'}`).join('; ') });
  return figure(svg, html`DSC. Each dot is a case (a cross: missed or invented), the box holds the middle half with the median, whiskers reach to the farthest case within 1.5 IQR. Green line: threshold. Blue band: what observers reach among themselves, where published (see Method).`);
}

/** HD95 of every case in which a structure was found, on a logarithmic scale. */
export function distancePlot({ structures, cases }: StudyReport): Html {
  const names = structures.filter(({ found }) => found > 0).map(({ name }) => name);
  const points = names.flatMap((name) => resultsOf(cases, name).filter(({ outcome, hd95Mm = 0 }) => outcome === 'found' && hd95Mm > 0));
  if (points.length === 0) return html``;
  const mm = points.flatMap(({ hd95Mm }) => hd95Mm ?? []);
  const domain = [Math.min(...mm) / 1.1, Math.max(...mm) * 1.1] as const;
  const svg = plotSvg({
    ...frame(names),
    x: { type: 'log', domain, ticks: MM_TICKS.filter((tick) => tick >= domain[0] && tick <= domain[1]), tickFormat: String, label: 'HD95 in mm, where found (logarithmic)', labelArrow: 'none', grid: true, labelAnchor: 'center' },
    marks: boxes(points, ({ hd95Mm }) => hd95Mm ?? NaN),
  }, { title: 'HD95 of each case, by structure', description: structures.map(({ name, hd95Mm: { median: middle } }) => `${name}: median ${middle?.toFixed(1) ?? 'none'} mm`).join('; ') });
  return figure(svg, 'HD95: larger of the two directed 95th percentiles, on a logarithmic scale. Structures that were missed or invented have none.');
}

function frame(names: readonly string[]): Plot.PlotOptions {
  return { width: WIDTH, height: names.length * ROW_HEIGHT + 60, marginBottom: 44, marginLeft: 130, marginRight: 14, style: { fontSize: '13px' }, y: { domain: names, label: null, tickSize: 0 } };
}

function boxes(points: readonly CaseResult[], of: (result: CaseResult) => number): Plot.Markish[] {
  const found = points.filter(({ outcome }) => outcome === 'found');
  const failed = points.filter(({ outcome }) => outcome !== 'found');
  return [
    Plot.boxX(points as CaseResult[], { y: 'name', x: of, fill: colour('within'), stroke: colour('ink'), strokeWidth: 1.5, r: 0, insetTop: 7, insetBottom: 7 }),
    ...LANES.map((dy, lane) => Plot.dot(found.filter((_, index) => index % LANES.length === lane), { y: 'name', x: of, r: 2.4, fill: colour('blue'), fillOpacity: 0.75, dy, title: labelOf })),
    Plot.dot(failed, { y: 'name', x: of, r: 4, symbol: 'times', stroke: colour('vermillion'), strokeWidth: 2, title: labelOf }),
  ];

  function labelOf(result: CaseResult): string {
    return `${result.id}, ${result.name}: ${result.outcome === 'found' ? of(result).toFixed(3) : result.outcome}`;
  }
}
