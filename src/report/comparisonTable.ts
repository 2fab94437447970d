import { meanDsc, type Comparison, type StructureComparison } from './comparison.ts';
import { DICE_CONVENTION } from './dice.ts';
import { surfaceConventions } from './surfaceDistance.ts';

interface Column {
  title: string;
  text: (structure: StructureComparison) => string;
}

const columns: readonly Column[] = [
  { title: 'Structure', text: ({ name }) => name },
  { title: 'DSC', text: ({ dsc }) => dsc.toFixed(3) },
  { title: 'HD95 mm', text: ({ hd95Mm }) => hd95Mm.toFixed(2) },
  { title: 'pooled', text: ({ pooledHd95Mm }) => pooledHd95Mm.toFixed(2) },
  { title: 'MSD mm', text: ({ msdMm }) => msdMm.toFixed(2) },
  { title: 'ref cm³', text: ({ referenceCc }) => referenceCc.toFixed(1) },
  { title: 'test cm³', text: ({ testCc }) => testCc.toFixed(1) },
];

const missingIn = { test: 'MISSED: in the reference, not in the test', reference: 'extra: in the test, not in the reference' } as const;

/** A comparison as aligned lines of text for a terminal, with the missed structures and the definitions of the figures below it. */
export function comparisonTable(comparison: Comparison): string {
  const { structures, missing, empty } = comparison;
  const rows = [columns.map(({ title }) => title), ...structures.map((structure) => columns.map(({ text }) => text(structure)))];
  const names = [...rows.map(([name]) => name), ...missing.map(({ name }) => name), ...empty];
  const widths = columns.map((_, column) => Math.max(...(column === 0 ? names : rows.map((row) => row[column])).map((text) => text.length)));
  const aligned = rows.map((row) => row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column]))).join('  '));
  const missed = missing.filter((entry) => entry.in === 'test').length;
  const mean = meanDsc(comparison);
  return [
    aligned[0],
    aligned[0].replace(/./gu, '─'),
    ...aligned.slice(1),
    ...missing.map((entry) => `${entry.name.padEnd(widths[0])}  ${missingIn[entry.in]}`),
    ...empty.map((name) => `${name.padEnd(widths[0])}  empty on both sides, not scored`),
    '',
    mean === undefined
      ? 'The reference holds no structure to score.'
      : `Mean DSC ${mean.toFixed(3)} over ${structures.length + missed} structures of the reference, ${missed} missed (counted as 0)`,
    DICE_CONVENTION,
    ...Object.values(surfaceConventions),
  ].join('\n');
}
