import { JUDGED_FIGURES } from '../goals/index.ts';
import { definitions, distanceConventions, type DistanceConvention, type Figure } from '../metrics/index.ts';
import { contourLegend, PICTURE_CSS, pictureSvg } from './casePictures.ts';
import { mapLegend, mapPlot, PLOT_CSS, slicePlots } from './casePlots.ts';
import type { CaseReport, CaseStructure, ReportedMetrics } from './caseReport.ts';
import type { ComparisonPicture } from './comparisonPictures.ts';
import { anchor, ctFacts, remarks, setFacts } from './setFacts.ts';
import { dataTable, figure, figureOr, fixed, html, page, verdictMark, type Column, type Html, type HtmlValue, type Verdict } from './page/index.ts';

/** Digits after the point of a figure. */
const DIGITS: Readonly<Partial<Record<Figure, number>>> = { addedPathMm: 0, changedSlices: 0, hd95Mm: 1, pooledHd95Mm: 1, hdMm: 1, msdMm: 2, centroidShiftMm: 1, firstSliceMm: 1, lastSliceMm: 1 };
const digitsOf = (name: Figure): number => DIGITS[name] ?? 3;

/** Figures of the table of all structures, in its order. */
const MAIN: readonly Figure[] = ['dsc', 'hd95Mm', 'pooledHd95Mm', 'msdMm', 'surfaceDsc', 'addedPathMm', 'changedSlices', 'centroidShiftMm'];

const VERDICTS: readonly { verdict: Verdict; meaning: string }[] = [
  { verdict: 'fail', meaning: 'beyond a limit, missed or invented' },
  { verdict: 'look', meaning: 'short of a threshold: look at it' },
  { verdict: 'pass', meaning: 'all thresholds met' },
  { verdict: 'not scored', meaning: 'no threshold, or nothing to score' },
];

/** The report of a case as an HTML document that needs nothing beside itself. */
export function casePage(report: CaseReport, pictures: ReadonlyMap<string, readonly ComparisonPicture[]>): string {
  const compared = report.structures.filter(({ presence }) => presence === 'both');
  return page({
    title: 'Comparison of two structure sets',
    lead: html`<strong>${report.test.label || 'Test'}</strong> (test) judged against <strong>${report.reference.label || 'Reference'}</strong> (reference), both drawn on one CT.`,
    css: PICTURE_CSS + PLOT_CSS + CASE_CSS,
    main: html`${summary(report)}
${remarks(report)}
<h2 id="all">All structures</h2>
${overview(report)}
${whatWasCompared(report)}
${compared.map((structure) => structureSection(structure, pictures.get(structure.name) ?? []))}
${conventions()}`,
    footer: html`<p>Made by Rondo ${report.rondoVersion} on ${report.createdAt.slice(0, 10)} at ${report.createdAt.slice(11, 16)} UTC. The same as data: report.json (${report.schema}) and report.csv.</p>`,
  });
}

function summary({ structures, meanDsc, thresholds }: CaseReport): Html {
  const [missed, extra] = (['missed', 'extra'] as const).map((presence) => structures.filter((one) => one.presence === presence));
  const held = structures.filter(({ presence }) => presence === 'both' || presence === 'missed').length;
  return html`<section aria-label="Verdict" class="verdicts">${VERDICTS.map(({ verdict, meaning }) => {
    const names = structures.filter((one) => one.verdict === verdict);
    return html`<div class="card"><p><span class="count">${names.length}</span> ${verdictMark(verdict)}</p><p class="small faint">${meaning}</p><p class="small">${names.map(({ name }, index) => html`${index > 0 && ', '}<a href="#${anchor(name)}">${name}</a>`)}</p></div>`;
  })}</section>
<p class="wide">${meanDsc === undefined ? 'The reference holds no structure to score.' : html`Mean DSC <strong>${fixed(meanDsc, 3)}</strong> over the ${held} structures of the reference; ${countOf(missed.length)} missed${missed.length > 0 && ', each counted as 0'}, ${countOf(extra.length)} invented.`} <span class="faint">Judged by ${thresholds}.</span></p>`;
}

function countOf(count: number): string | number {
  return count === 0 ? 'none' : count;
}

function whatWasCompared({ reference, test, ct, protocol, guideline }: CaseReport): Html {
  return html`<h2>What was compared</h2>
<div class="cards">
<section class="card"><h3>Reference</h3>${setFacts(reference)}</section>
<section class="card"><h3>Test</h3>${setFacts(test)}</section>
</div>
<section class="card ct-facts"><h3>CT</h3>${ctFacts(ct, [['Protocol', protocol], ['Guideline', guideline]])}</section>
`;
}

function overview({ structures }: CaseReport): Html {
  const columns: Column<CaseStructure>[] = [
    { title: 'Structure', cell: ({ name, testName, presence }) => html`${presence !== 'both' ? html`<span id="${anchor(name)}">${name}</span>` : html`<a href="#${anchor(name)}">${name}</a>`}${testName !== undefined && html`<div class="small faint alias">test: ${testName}</div>`}` },
    { title: 'Verdict', cell: ({ verdict, reason }) => html`${verdictMark(verdict)}${verdict === 'fail' && reason !== undefined && html` <span class="small faint">${reason.split(':')[0]}</span>`}` },
    ...MAIN.flatMap((name): Column<CaseStructure>[] => {
      const { title, definition } = definitions[name];
      const tolerance: Column<CaseStructure> = { title: 'τ', unit: 'mm', hint: 'tolerance of the surface DSC', isNumber: true, cell: ({ metrics }) => metrics?.toleranceMm };
      return [
        { title, unit: name === 'changedSlices' ? 'of all' : unitOf(name), hint: definition, isNumber: true, cell: (structure) => cellOf(structure, name) },
        ...(name === 'surfaceDsc' ? [tolerance] : []),
      ];
    }),
    { title: 'Reference', unit: 'cm³', isNumber: true, cell: ({ referenceCc }) => fixed(referenceCc, 1) },
    { title: 'Test', unit: 'cm³', isNumber: true, cell: ({ testCc }) => fixed(testCc, 1) },
    { title: 'Ratio', hint: definitions.volumeRatio.definition, isNumber: true, cell: (structure) => valueOf(structure, 'volumeRatio', 2) },
  ];
  return dataTable({ caption: 'One row for each structure of either set. A dash is a figure without a value; point at it for the reason.', columns, rows: structures });
}

function cellOf(structure: CaseStructure, name: Figure): HtmlValue {
  const value = valueOf(structure, name, digitsOf(name));
  const slices = structure.metrics?.slices.length;
  return name === 'changedSlices' && slices !== undefined ? html`${value} / ${slices}` : value;
}

function valueOf({ metrics, reason = '' }: Pick<CaseStructure, 'metrics' | 'reason'>, name: Figure, digits: number): HtmlValue {
  return figureOr(metrics?.figures[name], digits, metrics?.undefinedBecause[name] ?? reason);
}

function unitOf(name: Figure): string | undefined {
  const { unit } = definitions[name] as { unit?: string };
  return unit;
}

function structureSection(structure: CaseStructure, pictures: readonly ComparisonPicture[]): Html {
  const { name, testName, verdict, reason, judged, metrics } = structure;
  if (metrics === undefined) return html``;
  const { slices, surfaceMap, toleranceMm, figures } = metrics;
  const against = judged.map(({ figure: judgedName, pass, value }) => `${definitions[judgedName].title} ${fixed(value, digitsOf(judgedName))}, asked for at ${JUDGED_FIGURES[judgedName]} ${pass}${unitOf(judgedName) === undefined ? '' : ' mm'}`).join('; ');
  return html`<section class="structure" id="${anchor(name)}" aria-labelledby="${anchor(name)}-title">
<h2 id="${anchor(name)}-title">${name} ${verdictMark(verdict)}</h2>
<p class="small faint">${testName !== undefined && `“${testName}” in the test. `}${reason !== undefined ? `${sentence(reason)}.` : `${against}.`}</p>
${keyFigures(structure)}
${pictures.length > 0 && html`<p class="small faint contour-key">${contourLegend()}</p><div class="pictures">${pictures.map((picture) => figure(pictureSvg(picture, name), picture.title))}</div>
<p class="small faint caption">${windowText(pictures[0])}. The worst slice is the one with the largest area that only one of both holds (${areaText(slices)}).${surfaceMap && html` The cross marks the greatest surface distance: ${fixed(Math.abs(surfaceMap.farthest.distanceMm), 1)} mm, where the test ${surfaceMap.farthest.distanceMm < 0 ? 'stays behind' : 'reaches beyond'} the reference.`}</p>`}
<div class="plots">
${figure(slicePlots(slices, name), html`Slice by slice: DSC, added path length, and area of the test − area of the reference. ${effort(figures, slices.length)}`)}
${surfaceMap && figure(html`${mapPlot(surfaceMap, toleranceMm, name)}${mapLegend(toleranceMm)}`, 'Where the surfaces differ: unrolled around the middle of the reference, in each field the farthest element of either surface.')}
</div>
<details><summary>All figures of ${name}, with their definitions</summary>
${allFigures(metrics)}</details>
</section>`;
}

function keyFigures(structure: CaseStructure): Html {
  const names: readonly Figure[] = ['dsc', 'surfaceDsc', 'hd95Mm', 'msdMm', 'addedPathMm', 'volumeRatio'];
  return html`<dl class="key">${names.map((name) => html`<div><dt>${definitions[name].title}${name === 'surfaceDsc' && ` at ${structure.metrics?.toleranceMm ?? ''} mm`}</dt><dd>${valueOf(structure, name, digitsOf(name))}${unitOf(name) !== undefined && html` <span class="unit">${unitOf(name)}</span>`}</dd></div>`)}</dl>`;
}

function effort({ addedPathMm, addedPathShare, changedSlices }: ReportedMetrics['figures'], slices: number): string {
  if (addedPathMm === undefined || addedPathShare === undefined || changedSlices === undefined) return '';
  return `To draw anew: ${fixed(addedPathMm, 0)} mm, ${fixed(100 * addedPathShare, 0)} % of the reference's contours, in ${changedSlices} of ${slices} slices.`;
}

function windowText({ window }: ComparisonPicture): string {
  return `CT in a ${window.name} window, level ${fixed(window.levelHu, 0)} HU, width ${fixed(window.widthHu, 0)} HU`;
}

function areaText(slices: ReportedMetrics['slices']): string {
  return `${fixed(Math.max(...slices.map(({ referenceMm2, testMm2, commonMm2 }) => referenceMm2 + testMm2 - 2 * commonMm2)) / 100, 1)} cm²`;
}

function allFigures(metrics: ReportedMetrics): Html {
  const { otherDistances, centroidShiftLpsMm, figures, undefinedBecause } = metrics;
  const rows = (Object.keys(definitions) as Figure[]).map((name) => ({
    title: definitions[name].title,
    unit: unitOf(name) ?? '',
    value: figureOr(figures[name], digitsOf(name), undefinedBecause[name] ?? ''),
    definition: definitions[name].definition + (name === 'centroidShiftMm' && centroidShiftLpsMm ? ` (${centroidShiftLpsMm.map((mm) => fixed(mm, 1)).join(', ')} mm)` : ''),
  }));
  const others = Object.entries(otherDistances).flatMap(([convention, { hdMm, hd95Mm, msdMm }]) => {
    const definition = distanceConventions[convention as DistanceConvention];
    return ([['HD', hdMm], ['HD95', hd95Mm], ['MSD', msdMm]] as const).map(([title, value]) => ({ title: `${title}, ${convention}`, unit: 'mm', value: fixed(value, 2), definition }));
  });
  return dataTable({
    caption: `τ ${metrics.toleranceMm} mm; tolerance of the added path ${metrics.addedPathToleranceMm} mm`,
    columns: [
      { title: 'Figure', cell: ({ title }) => title },
      { title: 'Value', isNumber: true, cell: ({ value }) => value },
      { title: 'Unit', cell: ({ unit }) => unit },
      { title: 'Definition', cell: ({ definition }) => html`<span class="small">${definition}</span>` },
    ],
    rows: [...rows, ...others],
  });
}

function conventions(): Html {
  return html`<h2>Conventions</h2>
<p class="lead small">Reference is what is compared with, test what is judged. Distances are in mm, positions in DICOM patient coordinates (LPS). Both structures are voxels of the CT, each slice with its own thickness. Verdicts compare single figures with thresholds; they are no clinical judgement. A missed structure counts as DSC 0 in the mean and has no distance. Each figure is defined in the foldable part of its structure and in report.json.</p>`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const CASE_CSS = `
.verdicts{display:grid;gap:12px;grid-template-columns:repeat(4,1fr);margin:20px 0 14px}
.verdicts .card{padding:10px 14px}
.verdicts a{color:inherit;text-decoration-color:var(--faint)}
.wide{max-width:115ch}
.count{font-size:26px;font-weight:650;line-height:1.2;margin-right:6px;font-variant-numeric:tabular-nums}
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
