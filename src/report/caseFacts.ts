import type { CaseReport, ReportedSet } from './caseReport.ts';
import { factList, fixed, html, type Html } from './page/index.ts';

/** What was compared: both sets and the CT. */
export function whatWasCompared({ reference, test, ct, protocol, guideline }: CaseReport): Html {
  const gap = ct.mostSliceGapMm - ct.leastSliceGapMm < 0.005 ? fixed(ct.leastSliceGapMm, 2) : `${fixed(ct.leastSliceGapMm, 2)}–${fixed(ct.mostSliceGapMm, 2)}`;
  return html`<h2>What was compared</h2>
<div class="cards">
<section class="card"><h3>Reference</h3>${setFacts(reference)}</section>
<section class="card"><h3>Test</h3>${setFacts(test)}</section>
</div>
<section class="card ct-facts"><h3>CT</h3>${factList([
    ['Voxels', `${ct.columns} × ${ct.rows} × ${ct.slices}`],
    ['Spacing', `${fixed(ct.columnSpacingMm, 2)} × ${fixed(ct.rowSpacingMm, 2)} × ${gap} mm`],
    ['Protocol', protocol],
    ['Guideline', guideline],
    ['Series', uid(ct.seriesInstanceUid)],
    ['Frame of reference', uid(ct.frameOfReferenceUid)],
  ])}</section>
`;
}

function setFacts({ label, date, time, approval, software, description, models, structureCount, sopInstanceUid }: ReportedSet): Html {
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
