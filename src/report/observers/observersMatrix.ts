import { figureOr, fixed, html, type Html, type HtmlValue } from '../page/index.ts';
import type { AgainstConsensus, ObserverPair } from './compareObservers.ts';
import type { ReportedStructure } from './observersReport.ts';

/** Classes of DSC, each with its colours, which hold on a light page and on a dark one: from vermillion, which calls for a look, to blue. */
export const HEAT: readonly { from: number; ground: string; ink: string }[] = [
  { from: 0.95, ground: '#00436b', ink: '#ffffff' },
  { from: 0.9, ground: '#1f6fa5', ink: '#ffffff' },
  { from: 0.8, ground: '#a3cfe9', ink: '#16202b' },
  { from: 0.7, ground: '#e3eff7', ink: '#16202b' },
  { from: 0.5, ground: '#fbe0c8', ink: '#16202b' },
  { from: 0, ground: '#e79a5f', ink: '#16202b' },
];

export const MATRIX_CSS = `
.matrix table{width:auto;border-collapse:separate;border-spacing:2px;font-size:clamp(7px,calc(88px * var(--room,1) / var(--count)),13px)}
.matrix th,.matrix td{border:0;text-align:center;vertical-align:middle;padding:.4em .3em;min-width:4em}
.matrix thead th{font-size:.95em;max-width:8.5em;overflow-wrap:break-word;vertical-align:bottom}
.matrix tbody th{text-align:right;padding-left:0;padding-right:.7em}
.matrix td{border-radius:3px}
.matrix td.self{background:none;color:var(--faint)}
.matrix td.missed{background:repeating-linear-gradient(45deg,var(--fail-soft),var(--fail-soft) 5px,var(--card) 5px,var(--card) 9px);color:var(--fail-ink);font-weight:600}
.matrix .agreed{font-style:italic}
${HEAT.map(({ ground, ink }, kind) => `.heat-${kind}{background:${ground};color:${ink}}`).join('\n')}
.heat-scale{display:flex;flex-wrap:wrap;gap:4px 8px;align-items:center;font-size:11.5px;color:var(--faint);margin-top:4px}
.heat-scale i{display:inline-block;width:16px;height:11px;border:1px solid var(--faint);border-radius:2px;margin-right:4px;vertical-align:-1px}
@media print{.matrix table{font-size:clamp(3pt,calc(40pt * var(--room,1) / var(--count)),7pt)}.matrix th,.matrix td{padding:.2em .15em;min-width:3.4em}.heat-scale{font-size:6.5pt}}
`;

/** DSC of all pairs and against the consensus: numbers on colours. */
export function dscMatrix(structure: ReportedStructure, names: readonly string[]): Html {
  return matrix(structure, names, 'DSC of each pair, and against the consensus', (row, column) => {
    const figures = entry(structure, row, column);
    if (figures === undefined) return html`<td>${figureOr(undefined, 0, 'neither drew it')}</td>`;
    return figures.presence === 'both' ? html`<td class="heat-${heatOf(figures.dsc)}">${fixed(figures.dsc, 3)}</td>` : html`<td class="missed" title="one of the two did not draw it: counted as 0">0<span class="unseen"> one of the two did not draw it</span></td>`;
  });
}

/** HD95 above the diagonal, mean surface distance below it, in mm. */
export function distanceMatrix(structure: ReportedStructure, names: readonly string[]): Html {
  return matrix(structure, names, 'Distances in mm: HD95 above the diagonal, mean surface distance (MSD) below it', (row, column) => {
    const figures = entry(structure, row, column);
    return html`<td>${row < column ? figureOr(figures?.hd95Mm, 1, 'not drawn by both') : figureOr(figures?.msdMm, 2, 'not drawn by both')}</td>`;
  });
}

/** The classes with their colours. */
export function heatScale(): Html {
  return html`<div class="heat-scale" role="group" aria-label="Colours of DSC">${HEAT.map(({ from, ground }, kind) => html`<span><i style="background:${ground}"></i>${kind === 0 ? `≥ ${from}` : kind === HEAT.length - 1 ? `< ${HEAT[kind - 1].from}` : `${from}–${HEAT[kind - 1].from}`}</span>`)}</div>`;
}

/** @param cell of observers by place; the place after the last is that of the consensus */
function matrix({ consensus, name }: ReportedStructure, names: readonly string[], caption: string, cell: (row: number, column: number) => Html): Html {
  const all: readonly HtmlValue[] = [...names, ...(consensus === undefined ? [] : [html`<span class="agreed">consensus</span>`])];
  return html`<div class="scroll matrix" style="--count:${all.length}"><table><caption>${caption}<span class="unseen"> of ${name}</span></caption><thead><tr><td></td>${all.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead><tbody>
${all.map((title, row) => html`<tr><th scope="row">${title}</th>${all.map((_, column) => (row === column ? html`<td class="self" aria-label="the same">·</td>` : cell(row, column)))}</tr>\n`)}</tbody></table></div>`;
}

function entry({ pairs, against, volumesCc }: ReportedStructure, row: number, column: number): ObserverPair | AgainstConsensus | undefined {
  const [low, high] = row < column ? [row, column] : [column, row];
  return high === volumesCc.length ? against[low] : pairs.find(({ observers: [a, b] }) => a === low && b === high);
}

function heatOf(dsc: number): number {
  // As it is printed: 0.9496 reads 0.950.
  return HEAT.findIndex(({ from }) => Number(dsc.toFixed(3)) >= from);
}
