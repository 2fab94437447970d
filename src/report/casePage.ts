import { whatWasCompared } from './caseFacts.ts';
import { structureTable, verdictSummary } from './caseOverview.ts';
import { PICTURE_CSS } from './casePictures.ts';
import { PLOT_CSS } from './casePlots.ts';
import type { CaseReport } from './caseReport.ts';
import { structureSection } from './caseSection.ts';
import type { ComparisonPicture } from './comparisonPictures.ts';
import { html, page, type Html } from './page/index.ts';
import { remarks } from './setFacts.ts';

/** The report of a case as an HTML document that needs nothing beside itself. */
export function casePage(report: CaseReport, pictures: ReadonlyMap<string, readonly ComparisonPicture[]>): string {
  const compared = report.structures.filter(({ presence }) => presence === 'both');
  return page({
    title: 'Comparison of two structure sets',
    lead: html`<strong>${report.test.label || 'Test'}</strong> (test) judged against <strong>${report.reference.label || 'Reference'}</strong> (reference), both drawn on one CT.`,
    css: PICTURE_CSS + PLOT_CSS + CASE_CSS,
    main: html`${verdictSummary(report)}
${remarks(report)}
<h2 id="all">All structures</h2>
${structureTable(report)}
${whatWasCompared(report)}
${compared.map((structure) => structureSection(structure, pictures.get(structure.name) ?? []))}
${conventions()}`,
    footer: html`<p>Made by Rondo ${report.rondoVersion} on ${report.createdAt.slice(0, 10)} at ${report.createdAt.slice(11, 16)} UTC. The same as data: report.json (${report.schema}) and report.csv.</p>`,
  });
}

function conventions(): Html {
  return html`<h2>Conventions</h2>
<p class="lead small">Reference is what is compared with, test what is judged. Distances are in mm, positions in DICOM patient coordinates (LPS). Both structures are voxels of the CT, each slice with its own thickness. Verdicts compare single figures with thresholds; they are no clinical judgement. A missed structure counts as DSC 0 in the mean and has no distance. Each figure is defined in the foldable part of its structure and in report.json.</p>`;
}

const CASE_CSS = `
.wide{max-width:115ch}
.card h3{margin:0 0 6px}
.alias{font-weight:400}
.ct-facts{margin-top:12px}
.contour-key{margin-bottom:4px}
.structure{border-top:1px solid var(--line);margin-top:36px}
.structure h2{display:flex;align-items:center;gap:12px;margin:22px 0 2px}
.key{display:flex;flex-wrap:wrap;gap:6px 30px;margin:10px 0 14px}
.key dt{font-size:12.5px;color:var(--faint)}
.key dd{font-size:19px;font-weight:600;font-variant-numeric:tabular-nums}
.key .unit{font-size:13px;font-weight:400;color:var(--faint)}
.pictures{display:grid;gap:10px;grid-template-columns:repeat(4,1fr)}
.caption{margin-top:6px;max-width:110ch}
.plots{display:grid;gap:18px 26px;grid-template-columns:1fr 1fr;margin-top:16px;align-items:start}
.plots svg{width:100%;height:auto}
@media screen and (max-width:820px){.verdicts,.pictures{grid-template-columns:1fr 1fr}.plots{grid-template-columns:1fr}}
@media print{.small.contour-key{margin:0}.verdicts{gap:6px;margin:12px 0 8px}.verdicts .card{padding:6px 9px}.count{font-size:15pt}.structure{break-inside:avoid;margin-top:14px}.structure h2{margin-top:10px}.key{gap:3px 22px;margin:6px 0 8px}.key dt{font-size:7.5pt}.key dd{font-size:11pt}.key .unit{font-size:8pt}.pictures{gap:5px}.plots{gap:8px 16px;margin-top:4px}.plots .plot{max-height:34mm}.strip{width:84%}.strip .plot{max-height:none}.pictures{width:84%}.structure{position:relative}.structure .small,.structure figcaption{font-size:7.2pt;line-height:1.3;margin-top:2px}.contour-key{position:absolute;right:0;top:10pt}.scale{font-size:6.5pt;gap:2px 4px}.scale i{width:9px;height:8px}details{display:none}}
`;
