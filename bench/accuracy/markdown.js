/** The tables of an accuracy record: all cases, harm, and each group. */
export function markdown({ structures, groups, notContoured }) {
  const parts = [
    table(
      ['structure', 'goal', 'met', 'scored', 'mean DSC', '5th percentile', 'least', 'mean HD95 mm', 'mean MSD mm'],
      structures.map((row) => [row.name, goal(row.goal), met(row), row.scored, fixed(row.dscMean, 3), fixed(row.dscP5, 3), fixed(row.dscMin, 3), fixed(row.hd95MmMean, 1), fixed(row.msdMmMean, 2)]),
    ),
    table(
      ['structure', 'missed', 'invented', 'invented ml, most', 'with specks', 'specks', 'on the other side', 'near the skin', 'too small to score'],
      structures.map((row) => [row.name, `${row.missed}/${row.scored}`, `${row.invented}/${row.absent}`, fixed(row.inventedMlMax, 1), `${row.specked}/${row.found}`, row.specks, row.swapped, row.nearSkin === undefined ? '–' : `${row.nearSkin}/${row.found}`, row.tooSmall]),
    ),
  ];
  if (groups.length > 0) {
    parts.push(table(
      ['mean DSC (missed)', ...groups.map(({ group, cases }) => `${group}, ${cases}`)],
      structures.map(({ name }) => [name, ...groups.map((group) => {
        const row = group.structures.find((other) => other.name === name);
        return row === undefined || row.scored === 0 ? '–' : `${fixed(row.dscMean, 3)} (${row.missed})`;
      })]),
    ));
  }
  if (notContoured.length > 0) parts.push(`Not contoured by these models: ${notContoured.join(', ')}.`);
  return parts.join('\n\n');
}

const fixed = (value, digits) => (value === undefined ? '–' : value.toFixed(digits));
const met = (row) => (row.met === undefined ? '–' : row.met ? 'yes' : 'NO');
const goal = (bar) => (bar === undefined ? '–' : bar.dsc === undefined ? `MSD ≤ ${bar.msdMm} mm` : `DSC ≥ ${bar.dsc}`);
const table = (header, rows) => [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
