import { anchor } from '../caseFigures.ts';
import { PICTURE_CSS, sectionSvg } from '../casePictures.ts';
import { dataTable, figure, figureOr, fixed, html, page, type Column, type Html, type HtmlValue } from '../page/index.ts';
import { ctFacts, remarks, setFacts } from '../setFacts.ts';
import type { AgainstConsensus } from './compareObservers.ts';
import { lineCss, lineLegend } from './observerLines.ts';
import { distanceMatrix, dscMatrix, heatScale, MATRIX_CSS } from './observersMatrix.ts';
import type { ObserversPicture } from './observersPictures.ts';
import { METHOD_NAMES, type ObserversReport, type ReportedObserver, type ReportedStructure } from './observersReport.ts';
import { volumesPlot } from './volumesPlot.ts';

/** Matrices of more observers stand below each other. */
const SIDE_BY_SIDE = 6;

/** The report of a comparison of observers as an HTML document that needs nothing beside itself. */
export function observersPage(report: ObserversReport, pictures: ReadonlyMap<string, readonly ObserversPicture[]>): string {
  const { observers, structures, method } = report;
  const names = observers.map(({ name }) => name);
  return page({
    title: `Comparison of ${names.length} observers`,
    lead: html`${names.slice(0, -1).map((name, index) => html`${index > 0 && ', '}<strong>${name}</strong>`)} and <strong>${names[names.length - 1]}</strong> on one CT. None of them is the reference: all pairs are compared, and each with the consensus by ${METHOD_NAMES[method]}.`,
    css: PICTURE_CSS + lineCss(names.length) + MATRIX_CSS + PAGE_CSS,
    main: html`${summary(report)}
${remarks(report)}
<h2>Structures</h2>
${overview(report)}
<h2>Observers</h2>
${observerTable(report)}
${structures.map((structure) => structureSection(structure, names, pictures.get(structure.name) ?? []))}
<h2>What was compared</h2>
<div class="cards">${observers.map(({ name, set }) => html`<section class="card"><h3>${name}</h3>${setFacts(set)}</section>`)}<section class="card"><h3>CT</h3>${ctFacts(report.ct)}</section></div>
${conventions(report)}`,
    footer: html`<p>Made by Rondo ${report.rondoVersion} on ${report.createdAt.slice(0, 10)} at ${report.createdAt.slice(11, 16)} UTC. The same as data: report.json (${report.schema}) and report.csv.</p>`,
  });
}

function summary({ structures, observers }: ObserversReport): Html {
  const missed = structures.reduce((sum, { missing }) => sum + missing.length, 0);
  const without = structures.filter(({ consensus }) => consensus === undefined);
  const counted = structures.map(({ dscCounted: { mean = 0 } }) => mean);
  const least = structures.toSorted((a, b) => (a.dscCounted.mean ?? 0) - (b.dscCounted.mean ?? 0)).slice(0, 3);
  const card = (count: HtmlValue, what: string, detail: HtmlValue): Html => html`<div class="card"><p><span class="count">${count}</span> ${what}</p><p class="small faint">${detail}</p></div>`;
  return html`<section aria-label="Summary" class="verdicts">
${card(structures.length, structures.length === 1 ? 'structure' : 'structures', `drawn by any of ${observers.length} observers`)}
${card(counted.length === 0 ? '–' : fixed(counted.reduce((sum, dsc) => sum + dsc, 0) / counted.length, 3), 'mean DSC of pairs', 'over all structures, missed ones counted as 0')}
${card(missed, 'missed', missed === 0 ? 'every observer drew every structure' : 'structures that an observer did not draw and another did')}
${card(without.length, 'without consensus', without.length === 0 ? 'each structure has one' : without.map(({ name }, index) => html`${index > 0 && ', '}<a href="#${anchor(name)}">${name}</a>`))}
</section>
${structures.length > 0 && html`<p class="wide">They differ most over ${least.map(({ name, dscCounted: { mean } }, index) => html`${index > 0 && ', '}<a href="#${anchor(name)}">${name}</a> (${figureOr(mean, 3, 'no pair')})`)}.</p>`}`;
}

function overview({ structures, observers, empty, definitions }: ObserversReport): Html {
  const columns: Column<ReportedStructure>[] = [
    { title: 'Structure', cell: ({ name }) => html`<a href="#${anchor(name)}">${name}</a>` },
    { title: 'Drawn by', cell: ({ missing }) => html`${observers.length - missing.length} of ${observers.length}${missing.length > 0 && html`<div class="small missing-names">missed: ${missing.join(', ')}</div>`}` },
    { title: 'DSC of pairs', unit: 'mean, missed as 0', hint: definitions.dsc, isNumber: true, cell: ({ dscCounted }) => figureOr(dscCounted.mean, 3, 'no pair') },
    { title: 'Where drawn', unit: 'least–most', hint: 'DSC of the pairs who both drew it', isNumber: true, cell: ({ dsc: { min, max } }) => (min === undefined || max === undefined ? figureOr(undefined, 3, 'no two drew it') : `${fixed(min, 3)}–${fixed(max, 3)}`) },
    { title: 'CI gen', hint: definitions.conformityIndex, isNumber: true, cell: ({ conformityIndex }) => fixed(conformityIndex, 3) },
    { title: 'HD95', unit: 'mm, mean (most)', hint: definitions.hd95Mm, isNumber: true, cell: ({ hd95Mm: { mean, max } }) => html`${figureOr(mean, 1, 'no two drew it')}${max !== undefined && ` (${fixed(max, 1)})`}` },
    { title: 'MSD', unit: 'mm, mean', hint: definitions.msdMm, isNumber: true, cell: ({ msdMm: { mean } }) => figureOr(mean, 2, 'no two drew it') },
    { title: 'Volume', unit: 'cm³, mean', isNumber: true, cell: ({ volume: { mean } }) => figureOr(mean, 1, 'nobody drew it') },
    { title: 'CV', unit: '%', hint: definitions.volumeVariation, isNumber: true, cell: ({ volumeVariation }) => figureOr(percent(volumeVariation), 1, 'one alone drew it') },
    { title: 'Consensus', unit: 'cm³', hint: definitions.consensus, isNumber: true, cell: ({ consensus, noConsensus = '' }) => figureOr(consensus?.volumeCc, 1, noConsensus) },
    { title: 'Published', unit: 'DSC', hint: 'what observers reach among themselves elsewhere; the source stands with the structure', isNumber: true, cell: ({ published }) => (published === undefined ? figureOr(undefined, 2, 'no figure is known to us') : bandText(published)) },
  ];
  return html`${dataTable({ caption: 'One row for each structure that anybody drew. A dash is a figure without a value; point at it for the reason.', columns, rows: structures })}${empty.length > 0 && html`<p class="small faint">Without a voxel of anybody, not scored: ${empty.join(', ')}.</p>`}`;
}

function bandText({ low, high }: { low: number; high: number }): string {
  return low === high ? fixed(low, 2) : `${fixed(low, 2)}–${fixed(high, 2)}`;
}

function observerTable({ observers, structures }: ObserversReport): Html {
  const columns: Column<ReportedObserver>[] = [
    { title: 'Observer', cell: ({ name }) => name },
    { title: 'Drew', isNumber: true, cell: ({ drew }) => `${drew} of ${structures.length}` },
    { title: 'DSC to the consensus', unit: 'mean, missed as 0', isNumber: true, cell: ({ meanDsc }) => figureOr(meanDsc, 3, 'there is no consensus') },
    { title: 'Volume to the consensus', unit: '%, mean ± SD', hint: 'of what the observer drew', isNumber: true, cell: ({ meanBiasShare, sdBiasShare }) => (meanBiasShare === undefined ? figureOr(undefined, 1, 'there is no consensus') : html`${signed(meanBiasShare)}${sdBiasShare !== undefined && ` ± ${fixed(100 * sdBiasShare, 1)}`}`) },
    { title: 'Missed', cell: ({ missing }) => (missing.length === 0 ? 'none' : html`<span class="missing-names">${missing.join(', ')}</span>`) },
  ];
  return dataTable({ caption: 'A structure that an observer missed and the consensus holds counts as DSC 0.', columns, rows: observers });
}

function structureSection(structure: ReportedStructure, names: readonly string[], pictures: readonly ObserversPicture[]): Html {
  const { name, missing, noConsensus, consensus, published, worstSlice, volume, toleranceMm } = structure;
  const drawn = names.length - missing.length;
  return html`<section class="structure" id="${anchor(name)}" aria-labelledby="${anchor(name)}-title">
<h2 id="${anchor(name)}-title">${name}</h2>
${missing.length > 0 && html`<p class="missing-names">Missed by ${missing.join(', ')}: a failure, counted as DSC 0 in each pair with who drew it.</p>`}
${noConsensus !== undefined && html`<p class="missing-names">No consensus: ${noConsensus}.</p>`}
${keyFigures(structure)}
${published && html`<p class="small faint">Published: DSC ${bandText(published)}. ${published.source}.</p>`}
<div class="${names.length > SIDE_BY_SIDE ? 'matrices many' : 'matrices'}">${figure(html`${dscMatrix(structure, names)}${heatScale()}`, 'Colours and numbers: DSC. Hatched: one of the two did not draw it.')}${drawn > 1 && figure(distanceMatrix(structure, names), `Of pairs who both drew it.`)}</div>
${pictures.length > 0 && html`<p class="small faint contour-key">${lineLegend(names, consensus !== undefined)}</p><div class="pictures">${pictures.map((picture) => figure(sectionSvg(picture, `${picture.title}: ${name}`, `contours of ${names.filter((one) => !missing.includes(one)).join(', ')}${consensus === undefined ? '' : ' and of the consensus, white,'} on the CT`, picture.contours), picture.title))}</div>
<p class="small faint caption">CT in a ${pictures[0].window.name} window, level ${fixed(pictures[0].window.levelHu, 0)} HU, width ${fixed(pictures[0].window.widthHu, 0)} HU. On the slice where they differ most, ${fixed(worstSlice.apartMm2 / 100, 1)} cm² were drawn by some of them and not by all.</p>`}
<div class="plots">
${figure(volumesPlot(structure, names), html`Volumes. Band: mean ± SD of those who drew it (${figureOr(volume.mean, 1, 'none')} ± ${figureOr(volume.sd, 1, 'one alone')} cm³).${consensus !== undefined && ' Line: consensus.'}`)}
${consensus !== undefined && againstTable(structure, names, toleranceMm)}
</div>
</section>`;
}

function keyFigures({ dscCounted, conformityIndex, hd95Mm, msdMm, volumeVariation, consensus }: ReportedStructure): Html {
  const entries: readonly (readonly [title: string, value: HtmlValue, unit: string])[] = [
    ['DSC of pairs', figureOr(dscCounted.mean, 3, 'no pair'), ''],
    ['Generalised conformity index', fixed(conformityIndex, 3), ''],
    ['HD95 of pairs', figureOr(hd95Mm.mean, 1, 'no two drew it'), 'mm'],
    ['MSD of pairs', figureOr(msdMm.mean, 2, 'no two drew it'), 'mm'],
    ['Volumes, CV', figureOr(percent(volumeVariation), 1, 'one alone drew it'), '%'],
    ['Consensus', figureOr(consensus?.volumeCc, 1, 'none'), 'cm³'],
  ];
  return html`<dl class="key">${entries.map(([title, value, unit]) => html`<div><dt>${title}</dt><dd>${value}${unit !== '' && html` <span class="unit">${unit}</span>`}</dd></div>`)}</dl>`;
}

function againstTable({ against, consensus }: ReportedStructure, names: readonly string[], toleranceMm: number): Html {
  const missed = 'missed: counted as DSC 0';
  const columns: Column<AgainstConsensus>[] = [
    { title: 'Observer', cell: ({ observer }) => names[observer] },
    { title: 'DSC', isNumber: true, cell: ({ dsc, presence }) => (presence === 'missed' ? html`<span class="missing-names">missed<span class="unseen">, counted as 0</span></span>` : fixed(dsc, 3)) },
    { title: 'Sensitivity', isNumber: true, cell: ({ sensitivity }) => figureOr(sensitivity, 3, missed) },
    { title: 'Specificity', isNumber: true, cell: ({ specificity, presence }) => figureOr(specificity, 3, presence === 'missed' ? missed : 'nothing lies outside') },
    { title: 'HD95', unit: 'mm', isNumber: true, cell: ({ hd95Mm }) => figureOr(hd95Mm, 1, missed) },
    { title: 'Surface DSC', unit: `${toleranceMm} mm`, isNumber: true, cell: ({ surfaceDsc, presence }) => (presence === 'missed' ? figureOr(undefined, 3, missed) : fixed(surfaceDsc, 3)) },
    { title: 'Volume', unit: '± cm³', hint: 'volume of the observer − volume of the consensus', isNumber: true, cell: ({ biasCc, biasShare }) => (biasCc === undefined || biasShare === undefined ? figureOr(undefined, 1, missed) : `${biasCc > 0 ? '+' : ''}${fixed(biasCc, 1)} (${signed(biasShare)} %)`) },
  ];
  const { observers = 0, tiedCc, iterations, prior } = consensus ?? {};
  const how = [
    `Against the consensus of ${observers} of ${names.length} observers`,
    ...(tiedCc === undefined || tiedCc === 0 ? [] : [`${fixed(tiedCc, 1)} cm³ that exactly half of them drew were left out`]),
    ...(iterations === undefined || prior === undefined ? [] : [`prior ${fixed(prior, 3)}, ${iterations} iterations`]),
  ];
  return figure(dataTable({ caption: `${how.join('; ')}.`, columns, rows: against }), '');
}

function conventions({ definitions, method }: ObserversReport): Html {
  const titles: Readonly<Record<string, string>> = { consensus: `Consensus (${METHOD_NAMES[method]})`, dsc: 'DSC', hd95Mm: 'HD95', msdMm: 'MSD', surfaceDsc: 'Surface DSC', conformityIndex: 'Generalised conformity index', volumeVariation: 'Coefficient of variation (CV)', sensitivity: 'Sensitivity', specificity: 'Specificity', biasCc: 'Bias of volume' };
  return html`<h2>Conventions</h2>
<p class="lead small">Observers have equal rank and stand by their names. There is a consensus where more than half of them drew the structure; it is of those who did. A consensus is what they share, not the truth: all may err alike. Distances are in mm, each slice has its own thickness.</p>
<dl class="facts definitions">${Object.entries(definitions).map(([name, definition]) => html`<dt>${titles[name] ?? name}</dt><dd>${definition}</dd>`)}</dl>`;
}

function percent(share: number | undefined): number | undefined {
  return share === undefined ? undefined : 100 * share;
}

function signed(share: number): string {
  const text = fixed(100 * share, 1);
  return share > 0 && Number(text) !== 0 ? `+${text}` : text;
}

const PAGE_CSS = `
.wide{max-width:115ch}
.card h3{margin:0 0 6px}
.missing-names{color:var(--fail-ink)}
.structure{border-top:1px solid var(--line);margin-top:36px}
.structure h2{margin:22px 0 2px}
.key{display:flex;flex-wrap:wrap;gap:6px 30px;margin:10px 0 14px}
.key dt{font-size:12.5px;color:var(--faint)}
.key dd{font-size:19px;font-weight:600;font-variant-numeric:tabular-nums}
.key .unit{font-size:13px;font-weight:400;color:var(--faint)}
.matrices{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,500px),1fr));gap:14px 26px;align-items:start;margin:14px 0}
.matrices figure{min-width:0}
.matrices.many{grid-template-columns:minmax(0,1fr);--room:2}
.contour-key{margin:16px 0 6px;line-height:2}
.legend svg{width:40px}
.pictures{display:grid;gap:10px;grid-template-columns:repeat(3,1fr)}
.caption{margin-top:6px;max-width:110ch}
.plots{display:grid;gap:18px 26px;grid-template-columns:minmax(0,5fr) minmax(0,6.5fr);margin-top:16px;align-items:start}
.plots svg{width:100%;height:auto}
.plots table{font-size:12.5px}
.plots th,.plots td{padding:4px 4px}
.definitions{max-width:110ch;margin-top:12px}
@media screen and (max-width:820px){.verdicts{grid-template-columns:1fr 1fr}.pictures,.plots{grid-template-columns:minmax(0,1fr)}}
@media print{.verdicts{gap:6px;margin:12px 0 8px}.verdicts .card{padding:6px 9px}.count{font-size:15pt}.structure{break-before:page;margin-top:0;border:0}.structure h2{margin-top:0}.key{gap:3px 22px;margin:6px 0 8px}.key dt{font-size:7.5pt}.key dd{font-size:11pt}.key .unit{font-size:8pt}.matrices:not(.many){grid-template-columns:1fr 1fr}.matrices{gap:8px 16px;margin:6px 0}.contour-key{margin:6px 0 2px;line-height:1.5}.pictures{gap:5px}.plots{grid-template-columns:minmax(0,1fr);gap:6px;margin-top:6px}.plots .plot{width:56%}.plots table{font-size:7.5pt}.plots th,.plots td{padding:1.5pt 3pt}}
`;
