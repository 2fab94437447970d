import { goalOf } from '../../goals/index.ts';
import { dataTable, fixed, html, type Html } from '../page/index.ts';
import { countedDsc, counts } from './counted.ts';
import type { StructureResult, StudyReport } from './studyReport.ts';
import { reaches } from './summariseStudy.ts';

/** A case by its name, leading to its row in the table of all cases. */
export function caseName(id: string): Html {
  return html`<a href="#${rowOf(id)}">${id}</a>`;
}

/** DSC of each structure in each case; the rows are what the links of outliers lead to. */
export function caseMatrix({ cases, structures }: StudyReport): Html {
  const cellOf = (id: string, result: StructureResult | undefined): Html => {
    if (result === undefined || !counts(result)) return html`<td><span class="faint" title="${result?.outcome ?? 'in neither set'}">·</span></td>`;
    const goal = goalOf(result.name);
    const isShort = result.outcome !== 'found' || (goal !== undefined && !reaches(goal, { ...result, id }));
    const text = result.outcome === 'found' ? figureText(result) : result.outcome;
    return html`<td${isShort && html` class="short"`}${result.reason !== undefined && html` title="${result.reason}"`}>${text}${isShort && result.outcome === 'found' && html`<span class="unseen"> short of the goal</span>`}</td>`;
  };
  const rows = cases.map(({ id, structures: results }) => html`<tr id="${rowOf(id)}"><th scope="row">${id}</th>${structures.map(({ name }) => cellOf(id, results.find((result) => result.name === name)))}</tr>
`);
  return html`<div class="scroll matrix"><table><caption>DSC of each structure in each case, or the figure that its goal is of. Bold on colour: short of the goal by itself, missed or invented. A dot: in neither set, or too small to score.</caption>
<thead><tr><th scope="col">Case</th>${structures.map(({ name }) => html`<th scope="col">${name}${isByDistance(name) && ', MSD mm'}</th>`)}</tr></thead><tbody>
${rows}</tbody></table></div>`;
}

/** What the goal is of: DSC, but for structures so thin that it says little. */
function figureText(result: StructureResult): string {
  return isByDistance(result.name) ? result.msdMm?.toFixed(1) ?? '–' : fixed(countedDsc(result), 3);
}

function isByDistance(name: string): boolean {
  return goalOf(name)?.msdMm !== undefined;
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
