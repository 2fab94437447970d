import type { CaseReport, ReportedSet } from './caseReport.ts';
import { factList, fixed, html, type Html, type HtmlValue } from './page/index.ts';

/** What a report says of a structure set. */
export function setFacts({ label, date, time, approval, software, description, models, structureCount, sopInstanceUid }: ReportedSet): Html {
  const day = /^(\d{4})(\d{2})(\d{2})$/.exec(date);
  const at = /^(\d{2})(\d{2})/.exec(time);
  return factList([
    ['Label', label],
    ['Date', day === null ? date : `${day[1]}-${day[2]}-${day[3]}${at === null ? '' : ` ${at[1]}:${at[2]}`}`],
    ['Structures', structureCount],
    ['Approval', approval.toLowerCase()],
    ['Software', software],
    ['Models', models.length > 0 && models.map(({ name, version, parameters }) => html`<div>${name} ${version}${parameters !== undefined && html` <span class="uid faint" title="${parameters}">${shortened(parameters)}</span>`}</div>`)],
    ['How made', description],
    ['SOP Instance', uid(sopInstanceUid)],
  ]);
}

/** The whole of it stands in report.json. */
function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

function uid(value: string): Html {
  return html`<span class="uid">${value}</span>`;
}

/** What a report says of the CT. @param more facts that stand before the UIDs */
export function ctFacts(ct: CaseReport['ct'], more: readonly (readonly [name: string, value: HtmlValue])[] = []): Html {
  const gap = ct.mostSliceGapMm - ct.leastSliceGapMm < 0.005 ? fixed(ct.leastSliceGapMm, 2) : `${fixed(ct.leastSliceGapMm, 2)}–${fixed(ct.mostSliceGapMm, 2)}`;
  return factList([
    ['Voxels', `${ct.columns} × ${ct.rows} × ${ct.slices}`],
    ['Spacing', `${fixed(ct.columnSpacingMm, 2)} × ${fixed(ct.rowSpacingMm, 2)} × ${gap} mm`],
    ...more,
    ['Series', uid(ct.seriesInstanceUid)],
    ['Frame of reference', uid(ct.frameOfReferenceUid)],
  ]);
}

/** What was not joined, and what else there is to know. */
export function remarks({ notes, refusedNames }: Pick<CaseReport, 'notes' | 'refusedNames'>): HtmlValue {
  return notes.length + refusedNames.length > 0 && html`<section aria-label="Remarks"><ul class="notes small">${refusedNames.map(({ names, reason }) => html`<li><strong>Not joined:</strong> ${names.join(', ')}: ${reason}</li>`)}${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`;
}
