import { dataTable, figureOr, fixed, html, verdictMark, type Html, type HtmlValue } from '../page/index.ts';
import type { StructureSummary } from './studyReport.ts';

/** A figure, or a dash with its reason. */
export function figureOf(value: number | undefined, digits: number, reason = 'too few cases'): HtmlValue {
  return figureOr(value, digits, reason);
}

/** The structures of a study against their goals. */
export function summaryTable(structures: readonly StructureSummary[]): Html {
  const missing = 'found in no case';
  return html`<div class="summary-table">${dataTable({
    caption: 'Each structure over all cases. “Counted” is what the verdict rests on.',
    columns: [
      { title: 'Structure', cell: ({ name }) => name },
      { title: 'Verdict', cell: ({ verdict }) => verdictMark(verdict) },
      { title: 'Goal', unit: 'of the mean', cell: ({ goal }) => html`<span class="number">${goalText(goal)}</span>` },
      { title: 'Cases reach it', isNumber: true, cell: ({ passed, counted }) => (passed === undefined ? figureOf(undefined, 0, 'no goal') : html`${passed}/${counted}`) },
      { title: 'Missed', hint: 'in the reference alone; in brackets those withheld with a reason', isNumber: true, cell: ({ missed, withheld }) => html`${missed}${withheld > 0 && ` (${withheld} withheld)`}` },
      { title: 'Invented', hint: 'in the test alone', isNumber: true, cell: ({ invented }) => invented },
      { title: 'DSC, counted', unit: 'mean, 95 % CI', isNumber: true, cell: ({ dscCounted, dscCountedMean95: interval }) => html`${figureOf(dscCounted.mean, 3)}${interval && html`<span class="below">${fixed(interval.low, 3)}–${fixed(interval.high, 3)}</span>`}` },
      { title: 'DSC, where found', unit: 'mean ± SD', isNumber: true, cell: ({ dsc }) => (dsc.mean === undefined ? figureOf(undefined, 3, missing) : html`${fixed(dsc.mean, 3)} ± ${figureOf(dsc.sd, 3)}`) },
      { title: 'Median', unit: 'counted', isNumber: true, cell: ({ dscCounted }) => figureOf(dscCounted.median, 3) },
      { title: '5th percentile', unit: 'counted', isNumber: true, cell: ({ dscCounted }) => figureOf(dscCounted.p5, 3) },
      { title: 'HD95', unit: 'median, mm', isNumber: true, cell: ({ hd95Mm }) => figureOf(hd95Mm.median, 1, missing) },
      { title: 'MSD', unit: 'mean, mm', isNumber: true, cell: ({ msdMm }) => figureOf(msdMm.mean, 2, missing) },
      { title: 'Surface DSC', unit: 'median', isNumber: true, cell: ({ surfaceDsc }) => figureOf(surfaceDsc.median, 3, missing) },
    ],
    rows: structures,
  })}</div>`;
}

function goalText(goal: StructureSummary['goal']): HtmlValue {
  if (goal?.dsc !== undefined) return `DSC ≥ ${fixed(goal.dsc, 2)}`;
  return goal?.msdMm === undefined ? figureOf(undefined, 0, 'Rondo has no goal for it') : `MSD ≤ ${fixed(goal.msdMm, 1)} mm`;
}
