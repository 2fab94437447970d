import { JUDGED_FIGURES, type JudgedFigure, type Threshold } from '../../goals/index.ts';
import { definitions, type Definition } from '../../metrics/index.ts';
import { dataTable, figureOr, fixed, html, verdictMark, type Html, type HtmlValue } from '../page/index.ts';
import type { StructureSummary } from './studyReport.ts';

/** A figure, or a dash with its reason. */
export function figureOf(value: number | undefined, digits: number, reason = 'too few cases'): HtmlValue {
  return figureOr(value, digits, reason);
}

/** The structures of a study against their thresholds. */
export function summaryTable(structures: readonly StructureSummary[]): Html {
  const missing = 'found in no case';
  return html`<div class="summary-table">${dataTable({
    caption: 'Each structure over all cases. Counted: with each missed and each invented structure as 0; the verdict rests on it.',
    columns: [
      { title: 'Structure', cell: ({ name }) => name },
      { title: 'Verdict', cell: ({ verdict }) => verdictMark(verdict) },
      { title: 'Threshold', cell: ({ thresholds }) => html`<span class="number">${thresholdText(thresholds)}</span>` },
      { title: 'Cases pass', isNumber: true, cell: ({ passed, counted }) => (passed === undefined ? figureOf(undefined, 0, 'no threshold') : html`${passed}/${counted}<span class="below">${counted > 0 && `${fixed((100 * passed) / counted, 0)} %`}</span>`) },
      { title: 'Missed,', unit: 'invented', hint: 'in the reference alone, in the test alone; withheld: missed with a reason', isNumber: true, cell: ({ missed, withheld, invented }) => html`${missed}, ${invented}${withheld > 0 && html`<span class="below">${withheld} withheld</span>`}` },
      { title: 'DSC, counted', unit: 'mean, 95 % CI', isNumber: true, cell: ({ dscCounted, dscCountedMean95: interval }) => html`${figureOf(dscCounted.mean, 3)}${interval && html`<span class="below">${fixed(interval.low, 3)}–${fixed(interval.high, 3)}</span>`}` },
      { title: 'Where found', unit: 'mean ± SD', isNumber: true, cell: ({ dsc }) => (dsc.mean === undefined ? figureOf(undefined, 3, missing) : html`${fixed(dsc.mean, 3)}<span class="below">± ${figureOf(dsc.sd, 3)}</span>`) },
      { title: 'Median, P5', hint: 'median and 5th percentile of the counted DSC', unit: 'counted', isNumber: true, cell: ({ dscCounted }) => html`${figureOf(dscCounted.median, 3)}<span class="below">${figureOf(dscCounted.p5, 3)}</span>` },
      { title: 'HD95 mm', unit: 'median', isNumber: true, cell: ({ hd95Mm }) => figureOf(hd95Mm.median, 1, missing) },
      { title: 'MSD mm', unit: 'mean', isNumber: true, cell: ({ msdMm }) => figureOf(msdMm.mean, 2, missing) },
      { title: 'sDSC', hint: 'surface DSC at its tolerance', unit: 'median', isNumber: true, cell: ({ surfaceDsc }) => figureOf(surfaceDsc.median, 3, missing) },
    ],
    rows: structures,
  })}</div>`;
}

/** What passes, in words. */
function thresholdText(thresholds: StructureSummary['thresholds']): HtmlValue {
  const entries = Object.entries(thresholds) as [JudgedFigure, Threshold][];
  if (entries.length === 0) return figureOf(undefined, 0, 'no threshold is set for it');
  return entries.map(([figure, { pass }], index) => {
    const { title, unit } = definitions[figure] as Definition;
    return html`${index > 0 && html`<br>`}${title} ${JUDGED_FIGURES[figure] === 'least' ? '≥' : '≤'} ${pass}${unit !== undefined && ` ${unit}`}`;
  });
}
