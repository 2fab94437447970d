import { html, type Html } from '../page/index.ts';

/** Colours on the grey of a CT that all can tell apart (Okabe and Ito 2008, lightened for a dark ground), and dashes: lines are told apart without colour too. */
const COLOURS = ['#56b4e9', '#f0a500', '#33c79c', '#e19bc8', '#f0e442', '#ff7a45'] as const;
const DASHES = ['', '7 3', '2 2.5', '9 3 2 3', '4 2'] as const;

/** The colour of an observer's line. With thirty observers the pairs of colour and dash begin anew. */
export function observerColour(observer: number): string {
  return COLOURS[observer % COLOURS.length];
}

/** The class by which an observer's line is drawn. */
export function observerClass(observer: number): string {
  return `o${observer}`;
}

export const CONSENSUS_CLASS = 'consensus';

/** The lines as a style sheet. */
export function lineCss(observers: number): string {
  const each = Array.from({ length: observers }, (_, observer) => `.${observerClass(observer)}{stroke:${observerColour(observer)};stroke-width:1.7;stroke-dasharray:${DASHES[observer % DASHES.length] || 'none'}}`);
  return `${each.join('\n')}\n.${CONSENSUS_CLASS}{stroke:#fff;stroke-width:3.6}\n`;
}

/** All lines with whose they are. */
export function lineLegend(names: readonly string[], hasConsensus: boolean): Html {
  const entry = (className: string, name: string): Html => html`<span class="legend"><svg viewBox="0 0 40 12" aria-hidden="true"><rect width="40" height="12" rx="2"/><path class="${className}" d="M3 6H37"/></svg> ${name}</span>`;
  return html`${names.map((name, observer) => entry(observerClass(observer), name))}${hasConsensus && entry(CONSENSUS_CLASS, 'consensus')}`;
}
