import { JUDGED_FIGURES } from '../goals/index.ts';
import { definitions, distanceConventions, type DistanceConvention, type Figure } from '../metrics/index.ts';
import { anchor, digitsOf, unitOf, valueOf } from './caseFigures.ts';
import { contourLegend, pictureSvg } from './casePictures.ts';
import { mapLegend, mapPlot, slicePlots } from './casePlots.ts';
import type { CaseStructure, ReportedMetrics } from './caseReport.ts';
import type { ComparisonPicture } from './comparisonPictures.ts';
import { dataTable, figure, figureOr, fixed, html, verdictMark, type Html } from './page/index.ts';

/** All of one structure that both sets hold: figures, pictures and plots. */
export function structureSection(structure: CaseStructure, pictures: readonly ComparisonPicture[]): Html {
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

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
