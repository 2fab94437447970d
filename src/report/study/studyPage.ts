import { dataTable, factList, html, page, verdictMark, type Html } from '../page/index.ts';
import { caseMatrix, caseName, failedCases } from './caseTables.ts';
import { changesSection } from './changesSection.ts';
import { biasSection, groupsSection } from './biasSection.ts';
import { distancePlot, dscPlot } from './distributionPlots.ts';
import { makersOf } from './makers.ts';
import { observerBand } from '../observerBands.ts';
import { SHORT } from './outliers.ts';
import type { Outlier, StudyReport } from './studyReport.ts';
import { figureOf, summaryTable } from './summaryTable.ts';

const CSS = `
.about{margin-top:16px}
.lead+.summary-table,.summary-table+.lead,.scroll+.lead,figure+.scroll,.scroll+.scroll,.scroll+.small-plots,figure+figure{margin-top:14px}
.scroll{position:relative}
.summary-table table{font-size:13px}
.summary-table td,.summary-table th{padding:5px 6px}
.below{display:block;color:var(--faint);font-size:12px}
.groups{display:grid;gap:0 28px;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr))}
.groups section{min-width:0}
.groups .wide{grid-column:1/-1}
.groups td,.groups th{padding:4px 6px}
.matrix table{font-size:12.5px}
.matrix td,.matrix th{padding:3px 6px}
.matrix thead th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;vertical-align:top;white-space:nowrap;border-bottom:0;border-top:1.5px solid var(--faint)}
.matrix thead th:first-child{writing-mode:horizontal-tb;transform:none;vertical-align:bottom;border-top:0;border-bottom:1.5px solid var(--faint)}
.matrix td{text-align:right}
.matrix .short{background:var(--fail-soft);color:var(--fail-ink);font-weight:600}
.tally{display:flex;flex-wrap:wrap;gap:6px 18px;align-items:baseline;margin:12px 0 16px}
.small-plots{display:grid;gap:14px 18px;grid-template-columns:repeat(auto-fill,minmax(245px,1fr))}
tr:target{background:var(--look-soft)}
@media print{.groups{display:block}.summary-table table{font-size:7pt}.summary-table thead th,.matrix thead th{font-size:6pt}.verdict svg{width:6pt;height:6pt}.summary-table .verdict{padding:0 4px;gap:3px}.summary-table td,.summary-table th{padding:2px 3px}.below{font-size:6pt}.verdict{font-size:7pt}.matrix table{font-size:6.5pt}.matrix td,.matrix th{padding:1px 2px}.small-plots{grid-template-columns:repeat(3,1fr)}details>*{display:block}details::details-content{content-visibility:visible;height:auto}}
`;

/** A study as one page that needs nothing but itself. */
export function studyPage(study: StudyReport): string {
  const { title, cases, failed, structures, madeAt, rondo, outliers, notJudged, against } = study;
  const makers = makersOf(cases);
  const synthetic = cases.some(({ trainedOnSynthetic }) => trainedOnSynthetic);
  const protocols = [...new Set(cases.flatMap(({ protocol }) => protocol ?? []))];
  const judged = outliers.filter(({ reasons }) => reasons.some((reason) => reason !== SHORT));
  const failures = judged.filter(({ reasons }) => reasons.some((reason) => reason === 'missed' || reason === 'invented'));
  return page({
    title,
    lead: `${cases.length} cases and ${structures.length} structures: test against reference, drawn on the same CT.`,
    css: CSS,
    main: html`
<section class="about" aria-label="About"><div class="card">${factList([
      ['Test drawn by', makers.length === 0 ? 'not said in its files' : makers.map(({ name, version, parameters }) => html`<div>${[name, version].filter((part) => part !== '').join(' ')}${parameters !== undefined && html` <span class="uid">${parameters}</span>`}</div>`)],
      ['Training', synthetic && 'A model that drew the test was trained on synthetic patients: it says nothing of patients.'],
      ['Protocol', protocols.join(', ')],
      ['Cases', `${cases.length} with a result, ${failed.length} without`],
      ['Thresholds', study.thresholds],
      ['Made', `${madeAt.slice(0, 16).replace('T', ' ')} UTC by Rondo ${rondo}`],
    ])}</div></section>
${failed.length > 0 && html`<section aria-labelledby="failed"><h2 id="failed">Cases without a result</h2>${failedCases(failed)}</section>`}
<section aria-labelledby="summary"><h2 id="summary">Summary</h2>
<p class="tally">${(['pass', 'look', 'fail', 'not scored'] as const).map((verdict) => html`<span>${verdictMark(verdict)} ${structures.filter((one) => one.verdict === verdict).length}</span>`)}</p>
<p class="lead small faint"><b>pass</b>: the mean over the cases passes, and so does each case. <b>look</b>: the mean passes, a case does not. <b>fail</b>: the mean falls short.</p>
${summaryTable(structures)}
${notJudged.length > 0 && html`<p class="lead small"><b>Not judged:</b></p><ul class="notes small">${[...new Set(notJudged.map(({ reason }) => reason))].map((reason) => html`<li>${notJudged.filter((one) => one.reason === reason).map(({ name }) => name).join(', ')}: ${reason}</li>`)}</ul>`}</section>
<section aria-labelledby="distributions"><h2 id="distributions">Distributions</h2>
${dscPlot(study)}${distancePlot(study)}</section>
${against !== undefined && changesSection(against, study)}
<section aria-labelledby="outliers"><h2 id="outliers">Outliers</h2>
${judged.length === 0 ? html`<p>No case lies outside the fences, and none is missed or invented.</p>` : outlierTable([...failures, ...judged.filter((one) => !failures.includes(one))], cases, 'A case is an outlier of a structure where that is missed or invented, or its DSC lies below Q1 − 1.5 IQR or its HD95 above Q3 + 1.5 IQR of the cases in which it was found (Tukey’s fences). Look at each.')}
${outliers.length > judged.length && html`<p class="small faint">${outliers.length - judged.length} more are short of a threshold and inside the fences: marked in the table of all cases.</p>`}</section>
${biasSection(study)}
${groupsSection(study)}
<section aria-labelledby="all-cases"><h2 id="all-cases">All cases</h2>${caseMatrix(study)}</section>
<section aria-labelledby="method"><h2 id="method">Method</h2>
${problemsOf(study)}
<div class="small">${factList(Object.entries(study.definitions))}</div>
<h3>Observers among themselves</h3>
<ul class="notes small">${[...new Set(structures.flatMap(({ name }) => observerBand(name)?.source ?? []))].map((source) => html`<li>${source}</li>`)}</ul>
<p class="small faint">They measured other patients, by other conventions and guidelines: a place on the scale, no test.</p></section>`,
    footer: html`<p>Made by Rondo ${rondo}, ${madeAt}. report.json holds all that stands here, results.csv a row for each structure of each case.</p>`,
  });
}

function outlierTable(outliers: readonly Outlier[], cases: StudyReport['cases'], caption: string): Html {
  return dataTable({
    caption,
    columns: [
      { title: 'Case', cell: ({ id }) => caseName(id, cases) },
      { title: 'Structure', cell: ({ name }) => name },
      { title: 'Why', cell: ({ reasons }) => reasons.join('; ') },
      { title: 'DSC, counted', isNumber: true, cell: ({ dscCounted }) => figureOf(dscCounted, 3) },
      { title: 'HD95', unit: 'mm', isNumber: true, cell: ({ hd95Mm }) => figureOf(hd95Mm, 1, 'one side alone holds it') },
    ],
    rows: outliers,
  });
}

function problemsOf({ cases }: StudyReport): Html | false {
  const withProblems = cases.filter(({ problems }) => problems.length > 0);
  return withProblems.length > 0 && html`<details><summary>Notes on the structure sets of ${withProblems.length} cases</summary><ul class="notes small">${withProblems.map(({ id, problems }) => html`<li>${id}: ${problems.join('; ')}</li>`)}</ul></details>`;
}
