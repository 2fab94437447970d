import { dataTable, fixed, html, type Html } from '../page/index.ts';
import { countedDsc, counts, passes } from './counted.ts';
import type { StructureResult, StructureSummary, StudyReport } from './studyReport.ts';

/** A case by its name, leading to its page, or where it has none to its row in the table of all cases. */
export function caseName(id: string, cases: StudyReport['cases']): Html {
  const own = cases.find((one) => one.id === id)?.page;
  return html`<a href="${own ?? `#${rowOf(id)}`}">${id}</a>`;
}

/** DSC of each structure in each case; the rows are what the links of outliers lead to. */
export function caseMatrix({ cases, structures }: StudyReport): Html {
  const cellOf = (summary: StructureSummary, result: StructureResult | undefined): Html => {
    if (result === undefined || !counts(result)) return html`<td><span class="faint" title="${result?.outcome ?? 'in neither set'}">·</span></td>`;
    const isShort = result.outcome !== 'found' || !passes(summary.thresholds, result);
    const text = result.outcome === 'found' ? figureText(summary, result) : result.outcome;
    return html`<td${isShort && html` class="short"`}${result.reason !== undefined && html` title="${result.reason}"`}>${text}${isShort && result.outcome === 'found' && html`<span class="unseen"> short of the threshold</span>`}</td>`;
  };
  const rows = cases.map(({ id, page, structures: results }) => html`<tr id="${rowOf(id)}"><th scope="row">${page === undefined ? id : caseName(id, cases)}</th>${structures.map((summary) => cellOf(summary, results.find(({ name }) => name === summary.name)))}</tr>
`);
  return html`<div class="scroll matrix"><table><caption>DSC of each structure in each case, or mean surface distance where its threshold is of that alone. Bold on colour: short of a threshold by itself, missed or invented. A dot: in neither set, or too small to score.</caption>
<thead><tr><th scope="col">Case</th>${structures.map((summary) => html`<th scope="col">${summary.name}${isByDistance(summary) && ', MSD mm'}</th>`)}</tr></thead><tbody>
${rows}</tbody></table></div>`;
}

function figureText(summary: StructureSummary, result: StructureResult): string {
  return isByDistance(summary) ? result.msdMm?.toFixed(1) ?? '–' : fixed(countedDsc(result), 3);
}

function isByDistance({ thresholds }: StructureSummary): boolean {
  return Object.keys(thresholds).join() === 'msdMm';
}

/** Cases that gave no result, and why. */
export function failedCases(failed: StudyReport['failed']): Html {
  return dataTable({
    caption: 'They stand in no figure of this report. Mend them and run the same command again: what is finished is kept.',
    columns: [
      { title: 'Case', cell: ({ id }) => id },
      { title: 'Why', cell: ({ message }) => html`<span style="overflow-wrap:anywhere">${message}</span>` },
      { title: 'Code', cell: ({ code }) => code },
    ],
    rows: failed,
  });
}

function rowOf(id: string): string {
  return `case-${id}`;
}
