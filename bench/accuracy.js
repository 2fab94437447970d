/**
 * Accuracy on synthetic patients by the path that a user takes: each case is written as a DICOM CT series with its true structure
 * set, contoured by `rondo contour`, and compared by `rondo compare` on the CT's own grid.
 *
 *   node bench/accuracy.js <folder of phantom cases> --out <folder> [--model <name>]… [--jobs <n>]
 *
 * Each job is kept to cores of its own, where the system has taskset: threads of networks that share cores wait for each other.
 *
 * Writes <out>/<case>.json for each case and <out>/accuracy.json, which `rondo_training.accuracy` takes. A case's JSON is used again
 * when Rondo's version, the weights of all models and the case's own files are the same. Ends with 1, without a summary, when a case fails.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util';
import { bundledModelNames, openModel, packageVersion } from '../dist/pipeline/index.js';
import { summariseAccuracy } from '../dist/report/index.js';
import { markdown } from './accuracy/markdown.js';

const LOCKED_FROM = 900_000;
const METHOD =
  'rondo contour and rondo compare on DICOM files: DSC, HD95 (larger of the two directed, area weighted) and mean surface distance (mean of both directions, area weighted) on the grid of the CT, through the written structure set; a missed structure counts as DSC 0 and has no distance. Not scored: less than 1 cm³ of a structure in the scan (A_LAD 0.2, External 100, heart, lungs, liver and breasts 20).';

const run = promisify(execFile);
const { positionals: [casesFolder], values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, model: { type: 'string', multiple: true }, jobs: { type: 'string', default: '1' } },
});
const jobs = Number(values.jobs);
if (casesFolder === undefined || values.out === undefined || !Number.isInteger(jobs) || jobs < 1) {
  console.error('usage: node bench/accuracy.js <folder of phantom cases> --out <folder> [--model <name>]… [--jobs <n>]');
  process.exit(2);
}

const models = (await Promise.all((values.model ?? (await bundledModelNames())).map(openModel))).map(({ manifest }) => manifest);
const structures = models.flatMap(({ output }) => output.structures.map(({ name }) => name));
const names = (await readdir(casesFolder, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
const common = { rondo: await packageVersion(), models: models.map(({ name, version, files: [{ sha256 }] }) => ({ name, version, sha256 })) };
const summaryFile = path.join(values.out, 'accuracy.json');
await mkdir(values.out, { recursive: true });
// Where this run fails, the summary of an earlier one must not be taken for its own.
await rm(summaryFile, { force: true });

const prefixes = await corePrefixes(jobs);
const outcomes = new Array(names.length);
const failures = [];
const waiting = [...names.keys()];
await Promise.all(prefixes.map(async (prefix) => {
  for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) {
    try {
      outcomes[n] = await outcomeOf(names[n], prefix);
      console.log(lineOf(outcomes[n]));
    } catch (error) {
      failures.push(names[n]);
      console.error(`${names[n]} FAILED: ${error.stderr || error.message}`);
    }
  }
}));
if (failures.length > 0 || names.length === 0) {
  console.error(`No summary: ${failures.length} of ${names.length} cases failed.`);
  process.exit(1);
}

const summary = summariseAccuracy(outcomes);
const inPhantoms = [...new Set(outcomes.flatMap(({ inPhantom }) => inPhantom))];
const record = {
  testSet: testSet(),
  method: METHOD,
  ...common,
  cases: outcomes.length,
  notContoured: inPhantoms.filter((name) => !structures.includes(name)),
  ...summary,
};
await writeFile(summaryFile, `${JSON.stringify(record, undefined, 1)}\n`);
console.log(`\n${markdown(record)}`);

/** The outcome of a case: that of an earlier run where nothing that it depends on has changed. */
async function outcomeOf(name, prefix) {
  const folder = path.join(casesFolder, name);
  const file = path.join(values.out, `${name}.json`);
  const made = { ...common, caseSha256: await hashOfFolder(folder) };
  const earlier = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
  if (isDeepStrictEqual(earlier?.made, made)) return earlier.outcome;
  const request = JSON.stringify({ folder, models: models.map((model) => model.name), structures });
  const { stdout } = await run(...commandOf([...prefix, process.execPath, path.join(import.meta.dirname, 'accuracy/judgeCase.js'), request]), { maxBuffer: 2 ** 26 });
  const outcome = JSON.parse(stdout);
  // A run that is broken off must not leave half a result.
  await writeFile(`${file}.part`, JSON.stringify({ made, outcome }, undefined, 1));
  await rename(`${file}.part`, file);
  return outcome;
}

/** For each job what its command begins with, so that it runs on its own share of the cores that this process may use; nothing where that cannot be had. */
async function corePrefixes(count) {
  const free = Array.from({ length: count }, () => []);
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const cores = (/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '').split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const share = Math.floor(cores.length / count);
  const pinned = free.map((_, job) => ['taskset', '-c', cores.slice(job * share, (job + 1) * share).join(',')]);
  return share > 0 && (await run(...commandOf([...pinned[0], 'true'])).then(() => true, () => false)) ? pinned : free;
}

function commandOf([command, ...args]) {
  return [command, args];
}

async function hashOfFolder(folder) {
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).sort()) hash.update(file).update(await readFile(path.join(folder, file)));
  return hash.digest('hex');
}

function lineOf({ name, group, structures: rows }) {
  const found = rows.map(({ name: structure, trueCc, foundCc, agreement }) => {
    if (trueCc === 0) return `${structure} ${foundCc > 0 ? 'INVENTED' : 'absent'}`;
    return `${structure} ${agreement ? agreement.dsc.toFixed(3) : 'MISSED'}`;
  });
  return `${name}${group ? ` (${group})` : ''}: ${found.join('  ')}`;
}

function testSet() {
  const kind = outcomes.every(({ seed }) => seed >= LOCKED_FROM) ? 'locked' : 'unlocked';
  const groups = summary.groups.map(({ group, cases }) => `${cases} ${group}`).join(', ');
  return `${kind} phantoms ${names[0]} to ${names[names.length - 1]}, ${names.length} cases${groups ? ` (${groups})` : ''}`;
}
