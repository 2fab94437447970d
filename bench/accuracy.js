/**
 * Accuracy on synthetic patients by the path that a user takes: each case is written as a DICOM CT series with its true structure
 * set, contoured by `rondo contour`, and compared by `rondo compare` on the CT's own grid.
 *
 *   node bench/accuracy.js <folder of phantom cases> [--json <file>]
 *
 * A structure that is in the truth and was not found counts as DSC 0; one that is found and is not in the truth is counted apart.
 * Structures of which the scan holds less than 1 cm³ are left out, and their number is printed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { readPhantom, writePhantom } from '../dist/phantom/index.js';

const LEAST_CC = 1;
const run = promisify(execFile);
const rondo = path.join(import.meta.dirname, '../dist/cli/rondo.js');
const { positionals, values } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const cases = (await readdir(positionals[0], { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();

const scores = new Map();
const of = (name) => scores.get(name) ?? scores.set(name, { dsc: [], hd95: [], missed: 0, invented: 0, tooSmall: 0 }).get(name);
for (const name of cases) {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-accuracy-'));
  try {
    const phantom = await readPhantom(path.join(positionals[0], name));
    const { ctFolder, truthFile } = await writePhantom(phantom, folder);
    const result = path.join(folder, 'contours.dcm');
    await run(process.execPath, [rondo, 'contour', ctFolder, '--out', result, '--json'], { maxBuffer: 2 ** 26 });
    const { stdout } = await run(process.execPath, [rondo, 'compare', truthFile, result, '--ct', ctFolder, '--json'], { maxBuffer: 2 ** 26 });
    const { structures, missing } = JSON.parse(stdout);
    for (const { name: structure, dsc, hd95Mm, referenceCc } of structures) {
      if (referenceCc < LEAST_CC) of(structure).tooSmall++;
      else {
        of(structure).dsc.push(dsc);
        of(structure).hd95.push(hd95Mm);
      }
    }
    const volumes = new Map(phantom.structures.map(({ name: structure, mask }) => [structure, mask.volumeCc]));
    for (const entry of missing) {
      if (entry.in === 'reference') of(entry.name).invented++;
      else if (volumes.get(entry.name) < LEAST_CC) of(entry.name).tooSmall++;
      else {
        of(entry.name).missed++;
        of(entry.name).dsc.push(0);
      }
    }
    console.log(`${name}: ${structures.map((row) => `${row.name} ${row.dsc.toFixed(3)}`).join('  ')}${missing.map((entry) => `  ${entry.name} missing in ${entry.in}`).join('')}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
const fifthPercentile = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(0.05 * (numbers.length - 1))];
const rows = [...scores].map(([name, { dsc, hd95, ...counts }]) => ({ name, cases: dsc.length, dscMean: mean(dsc), dscP5: fifthPercentile(dsc), hd95MmMean: mean(hd95), ...counts }));
console.log(`\n| structure | cases | mean DSC | 5th percentile | mean HD95 mm | missed | invented | under ${LEAST_CC} cm³ |\n| --- | --- | --- | --- | --- | --- | --- | --- |`);
for (const row of rows) console.log(`| ${row.name} | ${row.cases} | ${row.dscMean.toFixed(3)} | ${row.dscP5.toFixed(3)} | ${row.hd95MmMean.toFixed(1)} | ${row.missed} | ${row.invented} | ${row.tooSmall} |`);
if (values.json !== undefined) await writeFile(values.json, JSON.stringify({ cases: cases.length, structures: rows }, undefined, 2));
