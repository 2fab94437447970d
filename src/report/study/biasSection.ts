import * as Plot from '@observablehq/plot';
import { colour, dataTable, fixed, html, plotSvg, type Html } from '../page/index.ts';
import { resultsOf } from './counted.ts';
import type { StructureSummary, StudyReport } from './studyReport.ts';
import { figureOf } from './summaryTable.ts';

/** Groups of more values than these take the whole width. */
const MOST_BESIDE = 3;

/** Whether the test is larger or smaller than the reference, and whether that grows with the structure. */
export function biasSection({ structures, cases }: StudyReport): Html | false {
  const measured = structures.filter(({ volumeBias }) => volumeBias !== undefined);
  return measured.length > 0 && html`<section aria-labelledby="bias"><h2 id="bias">Bias of volume</h2>
${dataTable({
    caption: 'Test − reference where found. A slope whose interval leaves out 0 says that the difference grows with the volume.',
    columns: [
      { title: 'Structure', cell: ({ name }) => name },
      { title: 'Cases', isNumber: true, cell: ({ found }) => found },
      { title: 'Bias', unit: 'cm³', isNumber: true, cell: ({ volumeBias }) => figureOf(volumeBias?.bias, 2) },
      { title: 'Limits of agreement', unit: 'cm³', isNumber: true, cell: ({ volumeBias }) => volumeBias && `${fixed(volumeBias.limits.low, 2)} to ${fixed(volumeBias.limits.high, 2)}` },
      { title: 'Slope', unit: 'cm³ per cm³', isNumber: true, cell: ({ volumeSlope }) => figureOf(volumeSlope?.slope, 3) },
      { title: '95 % CI', isNumber: true, cell: ({ volumeSlope }) => volumeSlope && `${fixed(volumeSlope.interval.low, 3)} to ${fixed(volumeSlope.interval.high, 3)}` },
      { title: 'In words', cell: biasInWords },
    ],
    rows: measured,
  })}
<div class="small-plots">${measured.map((summary) => html`<figure>${volumePlot(summary, cases)}</figure>`)}</div>
<p class="small faint">Test − reference over the mean of both, each dot a case; solid: bias, dashed: limits of agreement (Bland and Altman 1986).</p></section>`;
}

function biasInWords({ volumeSlope }: StructureSummary): string {
  if (volumeSlope === undefined) return 'too few cases';
  const { low, high } = volumeSlope.interval;
  if (low > 0) return 'test − reference grows with volume';
  return high < 0 ? 'test − reference falls with volume' : 'no trend with volume shown';
}

function volumePlot({ name, volumeBias }: StructureSummary, cases: StudyReport['cases']): Html {
  const points = resultsOf(cases, name).filter(({ outcome }) => outcome === 'found').map(({ referenceCc, testCc }) => ({ meanCc: (referenceCc + testCc) / 2, differenceCc: testCc - referenceCc }));
  const { bias, limits } = volumeBias ?? { bias: 0, limits: { low: 0, high: 0 } };
  return plotSvg({
    width: 260,
    height: 180,
    marginLeft: 44,
    marginRight: 8,
    marginTop: 26,
    marginBottom: 36,
    style: { fontSize: '11px' },
    x: { label: 'mean of both, cm³', labelAnchor: 'center', labelArrow: 'none', ticks: 4, nice: true },
    y: { label: `${name}: test − reference, cm³`, labelArrow: 'none', ticks: 4, grid: true, nice: true },
    marks: [
      Plot.ruleY([limits.low, limits.high], { stroke: colour('faint'), strokeDasharray: '4 3' }),
      Plot.ruleY([bias], { stroke: colour('orange'), strokeWidth: 2 }),
      Plot.dot(points, { x: 'meanCc', y: 'differenceCc', r: 2.5, fill: colour('blue'), fillOpacity: 0.75 }),
    ],
  }, { title: `${name}: difference of volume`, description: `Bias ${bias.toFixed(2)} cm³, limits of agreement ${limits.low.toFixed(2)} to ${limits.high.toFixed(2)} cm³` });
}

/** Whether structures do worse for one side, surgery or scanner. */
export function groupsSection({ groups, structures }: StudyReport): Html | false {
  return groups.length > 0 && html`<section aria-labelledby="groups"><h2 id="groups">By groups</h2>
<p class="lead small faint">Mean of the counted DSC, with the cases that count and, where there are any, those missed or invented. Groups are small and differ in more than their name: a place to look, no test.</p>
<div class="groups">${groups.map(({ fact, values }) => html`<section aria-label="By ${fact}"${values.length > MOST_BESIDE && html` class="wide"`}><h3>${fact}</h3>${dataTable({
    caption: `By ${fact}, over ${values.reduce((sum, { cases }) => sum + cases, 0)} cases`,
    columns: [
      { title: 'Structure', cell: ({ name }) => name },
      ...values.map(({ value, cases, structures: own }) => ({
        title: value,
        unit: `${cases} cases`,
        isNumber: true,
        cell: ({ name }: StructureSummary) => {
          const cell = own.find((one) => one.name === name);
          return cell?.dscCountedMean === undefined ? figureOf(undefined, 0, 'no case of this group counts') : html`${fixed(cell.dscCountedMean, 3)} <span class="faint">(${cell.counted})</span>${cell.failed > 0 && html`<span class="below">${cell.failed} failed</span>`}`;
        },
      })),
    ],
    rows: structures.filter(({ counted }) => counted > 0),
  })}</section>`)}</div></section>`;
}
