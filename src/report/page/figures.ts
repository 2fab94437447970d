import { html, type Html, type HtmlValue } from './html.ts';

/** What is said of a figure or a structure against thresholds. */
export type Verdict = 'pass' | 'look' | 'fail' | 'not scored';

/** A shape for each verdict in a square of 12: disc, triangle, cross, ring. Colour alone says nothing to many. */
const shapes: Readonly<Record<Verdict, { name: string; path: string }>> = {
  pass: { name: 'pass', path: 'M6 0a6 6 0 1 0 0 12a6 6 0 1 0 0-12z' },
  look: { name: 'look', path: 'M6 .5L12 11.5H0z' },
  fail: { name: 'fail', path: 'M2.2 0L6 3.8L9.8 0L12 2.2L8.2 6L12 9.8L9.8 12L6 8.2L2.2 12L0 9.8L3.8 6L0 2.2z' },
  'not scored': { name: 'none', path: 'M1 4.5H11V7.5H1z' },
};

/** A traffic light: a word, a shape and a colour. */
export function verdictMark(verdict: Verdict): Html {
  const { name, path } = shapes[verdict];
  return html`<span class="verdict verdict-${name}"><svg viewBox="0 0 12 12" aria-hidden="true"><path d="${path}"/></svg>${verdict}</span>`;
}

/** A number with a fixed count of digits after the point and a true minus sign. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

/** The same where it has a value; else a dash that says why it has none. */
export function figureOr(value: number | undefined, digits: number, reason: string): HtmlValue {
  return value === undefined ? html`<span class="dash" title="${reason}">–<span class="unseen"> ${reason}</span></span>` : fixed(value, digits);
}

export interface Column<Row> {
  title: string;
  /** Stands below the title. */
  unit?: string | undefined;
  /** What the column is, for whoever points at it. */
  hint?: string | undefined;
  /** Figures stand to the right, so that with equal digits their points stand below each other. */
  isNumber?: boolean;
  cell: (row: Row) => HtmlValue;
}

export interface DataTable<Row> {
  caption: HtmlValue;
  /** The first column names the row. */
  columns: readonly Column<Row>[];
  rows: readonly Row[];
}

/** A table with headed rows and columns; where it is wider than the page, it scrolls in itself. */
export function dataTable<Row>({ caption, columns, rows }: DataTable<Row>): Html {
  const kind = ({ isNumber }: Column<Row>): HtmlValue => isNumber === true && html` class="number"`;
  const head = columns.map((column) => html`<th scope="col"${kind(column)}${column.hint !== undefined && html` title="${column.hint}"`}>${column.title}${column.unit !== undefined && html`<span class="unit">${column.unit}</span>`}</th>`);
  const body = rows.map((row) => html`<tr>${columns.map((column, index) => (index === 0 ? html`<th scope="row"${kind(column)}>${column.cell(row)}</th>` : html`<td${kind(column)}>${column.cell(row)}</td>`))}</tr>\n`);
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table></div>`;
}

/** A picture or plot with what it shows below it. */
export function figure(picture: Html, caption: HtmlValue): Html {
  return html`<figure>${picture}<figcaption>${caption}</figcaption></figure>`;
}

/** Names and what they stand for, in two columns. Entries without a value are left out. */
export function factList(facts: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  return html`<dl class="facts">${facts.filter(([, value]) => value !== undefined && value !== false && value !== '').map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
