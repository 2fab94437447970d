import { definitions, distanceConventions, type Definition, type DistanceConvention, type Figure } from '../metrics/index.ts';
import { meanDsc, type Comparison, type StructureComparison } from './comparison.ts';

interface Column {
  title: string;
  text: (structure: StructureComparison) => string;
}

/** A figure and its digits after the point. */
const shown: readonly (readonly [Figure, number])[] = [['dsc', 3], ['hd95Mm', 2], ['pooledHd95Mm', 2], ['msdMm', 2], ['surfaceDsc', 3], ['addedPathMm', 0]];

const missingIn = { test: 'MISSED: in the reference, not in the test', reference: 'extra: in the test, not in the reference' } as const;

/** A comparison as aligned lines of text for a terminal, with the missed structures and the definitions of the figures below it. */
export function comparisonTable(comparison: Comparison): string {
  const { structures, missing, empty } = comparison;
  const conventions = [...new Set(structures.flatMap(({ otherDistances }) => Object.keys(otherDistances) as DistanceConvention[]))];
  const columns = columnsWith(conventions);
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
    ...shown.map(([figure]) => `${definitions[figure].title}: ${definitions[figure].definition}`),
    ...conventions.map((convention) => `HD95 ${convention}: ${distanceConventions[convention]}`),
    `τ of the surface DSC stands in its column; tolerance of the added path ${structures.at(0)?.addedPathToleranceMm ?? 0} mm`,
  ].join('\n');
}

function columnsWith(conventions: readonly DistanceConvention[]): Column[] {
  return [
    { title: 'Structure', text: ({ name }) => name },
    ...shown.map(([figure, digits]): Column => ({ title: titleOf(definitions[figure]), text: ({ [figure]: value }) => value?.toFixed(digits) ?? '–' })),
    { title: 'τ mm', text: ({ toleranceMm }) => String(toleranceMm) },
    ...conventions.map((convention): Column => ({ title: `HD95 ${convention}`, text: ({ otherDistances }) => otherDistances[convention]?.hd95Mm.toFixed(2) ?? '–' })),
    { title: 'ref cm³', text: ({ referenceCc }) => referenceCc.toFixed(1) },
    { title: 'test cm³', text: ({ testCc }) => testCc.toFixed(1) },
  ];
}

function titleOf({ title, unit }: Definition): string {
  return unit === undefined ? title : `${title} ${unit}`;
}
