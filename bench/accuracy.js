/**
 * Accuracy on synthetic patients by the path that a user takes: each case is written as a DICOM CT series with its true structure
 * set, contoured by `rondo contour`, and compared by `rondo compare` on the CT's own grid.
 *
 *   node bench/accuracy.js <folder of phantom cases> [--json <file>]
 *
 * A structure that the scan holds and that was not found counts as DSC 0. For those that it does not hold, what was invented is
 * printed. Structures of which the scan holds less than 1 cm³ are left out. The JSON is what `rondo_training.export --accuracy` takes.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { readPhantom, writePhantom } from '../dist/phantom/index.js';
import { packageVersion } from '../dist/pipeline/index.js';

const LEAST_CC = 1;
const run = promisify(execFile);
const rondo = path.join(import.meta.dirname, '../dist/cli/rondo.js');
const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const cases = (await readdir(positionals[0], { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();

const scores = new Map();
const of = (name) => scores.get(name) ?? scores.set(name, { dsc: [], hd95: [], absent: 0, inventedMl: [0], tooSmall: 0 }).get(name);
for (const name of cases) {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-accuracy-'));
  try {
    const phantom = await readPhantom(path.join(positionals[0], name));
    const { ctFolder, truthFile } = await writePhantom(phantom, folder, await packageVersion());
    const result = path.join(folder, 'contours.dcm');
    await run(process.execPath, [rondo, 'contour', ctFolder, '--out', result, '--json'], { maxBuffer: 2 ** 26 });
    const { stdout } = await run(process.execPath, [rondo, 'compare', truthFile, result, '--ct', ctFolder, '--json'], { maxBuffer: 2 ** 26 });
    const compared = new Map(JSON.parse(stdout).structures.map((row) => [row.name, row]));
    const found = new Map(JSON.parse(stdout).found.map((row) => [row.name, row.volumeCc]));
    const line = phantom.structures.map(({ name: structure, mask }) => {
      const score = of(structure);
      const row = compared.get(structure);
      if (mask.isEmpty) {
        score.absent++;
        score.inventedMl.push(found.get(structure) ?? 0);
        return `${structure} ${found.has(structure) ? 'INVENTED' : 'absent'}`;
      }
      if (mask.volumeCc < LEAST_CC) {
        score.tooSmall++;
        return `${structure} (under ${LEAST_CC} cm³)`;
      }
      score.dsc.push(row?.dsc ?? 0);
      if (row) score.hd95.push(row.hd95Mm);
      return `${structure} ${row ? row.dsc.toFixed(3) : 'MISSED'}`;
    });
    console.log(`${name}: ${line.join('  ')}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
/** Linear between the two nearest ranks. */
function fifthPercentile(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const rank = 0.05 * (sorted.length - 1);
  const below = Math.floor(rank);
  return sorted[below] + (rank - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
const structures = [...scores].map(([name, { dsc, hd95, absent, inventedMl, tooSmall }]) => ({
  name,
  scored: dsc.length,
  missed: dsc.length - hd95.length,
  absent,
  tooSmall,
  inventedMlMax: Math.max(...inventedMl),
  dscMean: mean(dsc),
  dscP5: fifthPercentile(dsc),
  dscMin: Math.min(...dsc),
  hd95MmMean: mean(hd95),
}));
console.log('\n| structure | scored | missed | mean DSC | 5th percentile | least | mean HD95 mm | absent | invented ml, most |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
for (const row of structures) {
  console.log(`| ${row.name} | ${row.scored} | ${row.missed} | ${row.dscMean.toFixed(3)} | ${row.dscP5.toFixed(3)} | ${row.dscMin.toFixed(3)} | ${row.hd95MmMean.toFixed(1)} | ${row.absent} | ${row.inventedMlMax.toFixed(1)} |`);
}
const record = {
  testSet: `locked phantoms ${cases[0]} to ${cases[cases.length - 1]}, ${cases.length} cases`,
  method: 'rondo contour and rondo compare on DICOM files: DSC and HD95 (larger of the two directed, area weighted) on the grid of the CT, through the written structure set; a missed structure counts as DSC 0.',
  structures,
};
if (values.json !== undefined) await writeFile(values.json, JSON.stringify(record, undefined, 2));
