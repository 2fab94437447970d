import { definitions, type Figure } from '../metrics/index.ts';
import { anchor, digitsOf, unitOf, valueOf } from './caseFigures.ts';
import type { CaseReport, CaseStructure } from './caseReport.ts';
import { dataTable, fixed, html, verdictMark, type Column, type Html, type HtmlValue, type Verdict } from './page/index.ts';

/** Figures of the table of all structures, in its order. */
const MAIN: readonly Figure[] = ['dsc', 'hd95Mm', 'pooledHd95Mm', 'msdMm', 'surfaceDsc', 'addedPathMm', 'changedSlices', 'centroidShiftMm'];

const VERDICTS: readonly { verdict: Verdict; meaning: string }[] = [
  { verdict: 'fail', meaning: 'beyond a limit, missed, invented or elsewhere' },
  { verdict: 'look', meaning: 'short of a threshold: look at it' },
  { verdict: 'pass', meaning: 'all thresholds met' },
  { verdict: 'not scored', meaning: 'no threshold, or nothing to score' },
];

/** How many structures have which verdict, and their mean. */
export function verdictSummary({ structures, meanDsc, thresholds }: CaseReport): Html {
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

/** The table of all structures. */
export function structureTable({ structures }: CaseReport): Html {
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
