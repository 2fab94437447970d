import { METHOD_NAMES, type ObserversReport } from './observersReport.ts';

/** A comparison of observers as aligned lines of text for a terminal, with what was missed and the definitions of the figures. */
export function observersTable({ structures, observers, empty, notes, refusedNames, definitions, method }: ObserversReport): string {
  const names = observers.map(({ name }) => name);
  const overview = structures.map(({ name, missing, dscCounted, dsc, conformityIndex, hd95Mm, msdMm, volume, volumeVariation, consensus }) => [
    name, `${names.length - missing.length}/${names.length}`, text(dscCounted.mean, 3), text(dsc.min, 3), text(dsc.max, 3), text(conformityIndex, 3), text(hd95Mm.mean, 2), text(msdMm.mean, 2),
    text(volume.mean, 1), text(volumeVariation === undefined ? undefined : 100 * volumeVariation, 1), text(consensus?.volumeCc, 1),
  ]);
  const against = structures.flatMap(({ name, against: each }) => each.map(({ observer, presence, dsc, hd95Mm, msdMm, sensitivity, specificity, biasCc, biasShare }) => [
    name, names[observer], presence === 'missed' ? '0 MISSED' : text(dsc, 3), text(hd95Mm, 2), text(msdMm, 2), text(sensitivity, 3), text(specificity, 3), text(biasCc, 1), text(biasShare === undefined ? undefined : 100 * biasShare, 1),
  ]));
  const matrices = structures.flatMap(({ name, pairs }) => ['', ...aligned([`${name}, DSC`, ...names], names.map((row, a) => [row, ...names.map((_, b) => {
    const pair = pairs.find(({ observers: [low, high] }) => low === Math.min(a, b) && high === Math.max(a, b));
    return pair === undefined ? '–' : pair.presence === 'one' ? '0' : pair.dsc.toFixed(3);
  })]))]);
  return [
    ...aligned(['Structure', 'drawn', 'DSC pairs', 'least', 'most', 'CI gen', 'HD95 mm', 'MSD mm', 'cm³', 'CV %', 'consensus cm³'], overview),
    ...structures.filter(({ missing }) => missing.length > 0).map(({ name, missing }) => `MISSED: ${name} by ${missing.join(', ')}, counted as DSC 0 in each pair with who drew it`),
    ...structures.flatMap(({ name, noConsensus }) => (noConsensus === undefined ? [] : [`NO CONSENSUS: ${name}: ${noConsensus}`])),
    ...empty.map((name) => `${name}: empty with everybody, not scored`),
    ...matrices,
    '',
    ...(against.length === 0 ? [] : aligned([`Consensus (${METHOD_NAMES[method]})`, 'observer', 'DSC', 'HD95 mm', 'MSD mm', 'sens.', 'spec.', 'bias cm³', 'bias %'], against)),
    '',
    ...Object.entries(definitions).map(([figure, definition]) => `${figure}: ${definition}`),
    ...refusedNames.map(({ names: left, reason }) => `NOT JOINED: ${left.join(', ')}: ${reason}`),
    ...notes.map((note) => `note: ${note}`),
  ].join('\n');
}

function text(value: number | undefined, digits: number): string {
  return value?.toFixed(digits) ?? '–';
}

function aligned(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ');
  return [line(header), line(header).replace(/./gu, '─'), ...rows.map(line)];
}
