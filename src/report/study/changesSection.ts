import * as Plot from '@observablehq/plot';
import { colour, dataTable, figure, fixed, html, plotSvg, type Html } from '../page/index.ts';
import { caseName } from './caseTables.ts';
import type { Change, StudyAgainst, StudyReport } from './studyReport.ts';
import { figureOf } from './summaryTable.ts';

/** Differences of DSC smaller than this shall not fill the width. */
const LEAST_REACH = 0.01;

/** What changed since an earlier report, on the same cases. */
export function changesSection(against: StudyAgainst, { rondo, cases }: StudyReport): Html {
  const { pairedCases, notPaired, outside, madeAt, rondo: before, dsc, hd95Mm, makers } = against;
  return html`<section aria-labelledby="changes"><h2 id="changes">Since the earlier report</h2>
<p class="lead">Beside the report of ${madeAt.slice(0, 10)} (Rondo ${before}; now ${rondo}), whose test was drawn by ${makers.map(({ name, version }) => `${name} ${version}`).join(', ') || 'nobody that its files name'}: ${pairedCases} cases with the same CT and reference. Differences are now − before.</p>
${changesPlot(dsc)}
${changesTable(dsc, 'DSC, counted', '', 3)}
${changesTable(hd95Mm, 'HD95 where both found it', 'mm', 2)}
${notPaired.length > 0 && html`<p class="small faint">Not paired: ${notPaired.map(({ id, reason }) => `${id} (${reason})`).join(', ')}.</p>`}
${outside.length > 0 && html`<h3>New cases outside the control limits of the earlier report</h3>${dataTable({
    caption: 'Limits: mean ± 2.66 · mean moving range of the earlier cases’ DSC. A process that has not changed leaves them rarely.',
    columns: [
      { title: 'Case', cell: ({ id }) => caseName(id, cases) },
      { title: 'Structure', cell: ({ name }) => name },
      { title: 'DSC, counted', isNumber: true, cell: ({ dscCounted }) => fixed(dscCounted, 3) },
      { title: 'Limits', isNumber: true, cell: ({ low, high }) => `${fixed(low, 3)} to ${fixed(high, 3)}` },
    ],
    rows: outside,
  })}`}</section>`;
}

function changesTable(changes: readonly Change[], title: string, unit: string, digits: number): Html {
  const why = 'no pair differs, or fewer than five';
  return dataTable({
    caption: `${title}: Wilcoxon signed rank test (zeros by Pratt; exact up to 50 pairs without ties), p corrected by Holm over the structures; 95 % interval of the median difference by percentile bootstrap`,
    columns: [
      { title: 'Structure', cell: ({ name }) => name },
      { title: 'Pairs', isNumber: true, cell: ({ pairs }) => pairs },
      { title: 'Median difference', unit, isNumber: true, cell: ({ medianDifference }) => fixed(medianDifference, digits) },
      { title: '95 % CI', unit, isNumber: true, cell: ({ interval }) => (interval === undefined ? figureOf(undefined, 0, why) : `${fixed(interval.low, digits)} to ${fixed(interval.high, digits)}`) },
      { title: 'p, Holm', isNumber: true, cell: ({ pHolm }) => (pHolm === undefined ? figureOf(undefined, 0, why) : pHolm < 0.001 ? '< 0.001' : fixed(pHolm, 3)) },
      { title: 'Missed or invented', unit: 'before → now', isNumber: true, cell: ({ failuresBefore, failuresNow }) => `${failuresBefore} → ${failuresNow}` },
      { title: 'In words', cell: ({ words }) => words },
    ],
    rows: changes,
  });
}

function changesPlot(changes: readonly Change[]): Html {
  const drawn = changes.flatMap(({ name, medianDifference, interval }) => (interval === undefined ? [] : [{ name, medianDifference, ...interval }]));
  if (drawn.length === 0) return html``;
  const reach = Math.max(LEAST_REACH, ...drawn.flatMap(({ low, high }) => [-low, high]));
  const svg = plotSvg({
    width: 1040,
    height: drawn.length * 24 + 60,
    marginBottom: 44,
    marginLeft: 130,
    style: { fontSize: '13px' },
    x: { domain: [-reach, reach], tickFormat: (value: number) => fixed(value, 3), label: '← worse · median difference of the DSC · better →', labelArrow: 'none', labelAnchor: 'center', grid: true, nice: true },
    y: { domain: drawn.map(({ name }) => name), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: colour('faint') }),
      Plot.ruleY(drawn, { y: 'name', x1: 'low', x2: 'high', stroke: colour('blue'), strokeWidth: 3 }),
      Plot.dot(drawn, { y: 'name', x: 'medianDifference', r: 4.5, fill: colour('blue') }),
    ],
  }, { title: 'Median difference of the DSC and its interval, by structure', description: changes.map(({ name, words }) => `${name}: ${words}`).join('; ') });
  return figure(svg, 'Median difference over the paired cases with its 95 % interval. An interval that does not reach 0 is no proof by itself: see the corrected p.');
}
