/**
 * Seconds and memory of the metrics: `npm run bench:metrics [slices]`.
 *
 *   core      DSC, HD95 and surface DSC of the left lung of a chest of 512×512 pixels against the same lung drawn a little elsewhere: masks in
 *             memory to figures, here in one thread, and by DeepMind's surface-distance in Python on the same voxels. `first` is a process'
 *             first run, when its code is not compiled yet, of several processes; `again` the later ones of one. Whole volumes are given to
 *             both; here they are first cropped to their boxes, as they are when a structure set is read: that is timed apart.
 *   pair      all figures of `pairMetrics` of that pair.
 *   compare   `rondo compare` of 20 structures of a bundled phantom at 512×512 pixels and uneven slices, drawn by two observers
 *             (bench/comparedSets.js): from a CT folder and two RT-STRUCT files to JSON, with and without a report; the whole command.
 *   parts     what that work takes in one thread, part by part.
 *
 * Times are best and median of several runs: other work on the machine, which the load shows, makes them longer, never shorter. Where there is
 * time(1), seconds of CPU stand beside those of the clock: they say more on a machine that others use.
 *
 *   python3 -m venv ~/metrics && ~/metrics/bin/pip install surface-distance==0.1 numpy==1.26.4     METRICS_PYTHON=~/metrics/bin/python
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { readCtGrid, writeCtSeries } from '../dist/ct/index.js';
import { Mask, VolumeGeometry } from '../dist/geometry/index.js';
import { dice, pairMetrics, surfaceDice, surfaceDistances, surfaceFigures } from '../dist/metrics/index.js';
import { maskOfStructure, readStructureSet } from '../dist/rtstruct/index.js';
import { chestCt, chestMasks } from './chest.js';
import { comparedSets, structureSetFile } from './comparedSets.js';

const RUNS = 7;
const PROCESSES = 5;
const COMMANDS = 5;
const TOLERANCE_MM = 2;
const STRUCTURES = 20;
const ANOTHER_OBSERVER = [3, -2, 1];
const GEOMETRY_KEYS = ['size', 'columnSpacingMm', 'rowSpacingMm', 'rowDirection', 'columnDirection', 'originMm', 'sliceOffsetsMm', 'frameOfReferenceUid'];

const execute = promisify(execFile);
const [given, first] = process.argv.slice(2);
if (given === 'first') {
  await firstRun(first);
} else {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-bench-'));
  try {
    const slices = Number(given ?? 180);
    console.log(`512×512×${slices}; ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`);
    await core(folder, slices);
    await compare(folder, slices);
    console.log(`load ${loadavg()[0].toFixed(1)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function core(folder, slices) {
  const { geometry } = chestCt(slices).volume;
  const lung = chestMasks(geometry).get('Lung_L');
  const volumes = [lung, moved(lung, ANOTHER_OBSERVER)].map((mask) => mask.toDense());
  await Promise.all(volumes.map((voxels, n) => writeFile(path.join(folder, `${n}.raw`), voxels)));
  await writeFile(path.join(folder, 'geometry.json'), JSON.stringify(Object.fromEntries(GEOMETRY_KEYS.map((key) => [key, geometry[key]]))));
  const started = [];
  for (let run = 0; run < PROCESSES; run++) started.push(Number((await execute(process.execPath, [import.meta.filename, 'first', folder])).stdout));

  const [crop, again, all] = [[], [], []];
  let result;
  for (let run = 0; run <= RUNS; run++) {
    const pair = timed(crop, () => cropped(geometry, volumes));
    result = timed(again, () => coreFigures(pair));
    const other = cropped(geometry, volumes);
    timed(all, () => pairMetrics(...other, { toleranceMm: TOLERANCE_MM }));
  }
  for (const seconds of [crop, again, all]) seconds.shift();
  console.log(`core    rondo: first ${s(started)}; again ${s(again)}; to crop the volumes ${s(crop)}`);
  console.log(`pair    rondo: again ${s(all)}; peak memory of this process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
  const python = process.env.METRICS_PYTHON;
  if (python === undefined) {
    console.log('        surface-distance left out: METRICS_PYTHON names no Python that has it; bench/metrics.js says how to get it');
    return;
  }
  const { columnSpacingMm, rowSpacingMm, sliceOffsetsMm } = geometry;
  const spacing = [sliceOffsetsMm[1], rowSpacingMm, columnSpacingMm].map(String);
  const { stdout } = await execute(python, [path.join(import.meta.dirname, 'surfaceDistance.py'), folder, String(slices), ...spacing, String(TOLERANCE_MM), String(RUNS)]);
  const other = JSON.parse(stdout);
  for (const [name, value] of Object.entries(result)) {
    if (Math.abs(value - other.figures[name]) > 1e-9 * value) throw new Error(`${name} differs: ${value} and ${other.figures[name]}`);
  }
  const ratio = (of, seconds) => (of(other.seconds) / of(seconds)).toFixed(1);
  console.log(`        surface-distance: ${s(other.seconds)}, its figures the same; ÷ rondo: first ${ratio(best, started)} (median ${ratio(median, started)}), again ${ratio(best, again)} (median ${ratio(median, again)})`);
}

/** In a process of its own: seconds of the core, run once. */
async function firstRun(folder) {
  const geometry = new VolumeGeometry(JSON.parse(await readFile(path.join(folder, 'geometry.json'), 'utf8')));
  const pair = cropped(geometry, await Promise.all([0, 1].map((n) => readFile(path.join(folder, `${n}.raw`)))));
  const seconds = [];
  timed(seconds, () => coreFigures(pair));
  console.log(seconds[0]);
}

function coreFigures([a, b]) {
  const distances = surfaceDistances(a, b);
  return { dsc: dice(a, b), hd95: surfaceFigures(distances).hd95Mm, surfaceDsc: surfaceDice(distances, TOLERANCE_MM) };
}

function cropped(geometry, volumes) {
  return volumes.map((voxels) => Mask.fromVoxels(geometry, voxels, (value) => value === 1));
}

async function compare(folder, slices) {
  const { ct, structures } = await comparedSets(slices, STRUCTURES);
  await writeCtSeries(ct, path.join(folder, 'ct'));
  for (const [place, label] of ['REFERENCE', 'TEST'].entries()) {
    await writeFile(path.join(folder, `${label.toLowerCase()}.dcm`), await structureSetFile(label, structures.map(([name, ...masks]) => [name, masks[place]]), ct));
  }
  for (const [what, words] of [['to JSON', ['--json']], ['with --report', ['--report', 'report']]]) {
    const [seconds, cpuSeconds] = [[], []];
    let peakMb = 0;
    for (let run = 0; run < COMMANDS; run++) {
      await rm(path.join(folder, 'report'), { recursive: true, force: true });
      const start = performance.now();
      const rondo = [path.join(import.meta.dirname, '../dist/cli/rondo.js'), 'compare', 'reference.dcm', 'test.dcm', '--ct', 'ct', ...words];
      const { stderr } = await execute('/usr/bin/env', ['time', '-f', '%M %U %S', process.execPath, ...rondo], { cwd: folder, maxBuffer: 2 ** 28 }).catch(async (error) => {
        if (error.code !== 127) throw error;
        return await execute(process.execPath, rondo, { cwd: folder, maxBuffer: 2 ** 28 });
      });
      seconds.push((performance.now() - start) / 1000);
      const [peakKb, user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
      peakMb = Math.max(peakMb, peakKb / 1024);
      cpuSeconds.push(user + system);
    }
    console.log(`compare ${structures.length} structures, whole command ${what}: ${s(seconds)}${peakMb > 0 ? `; of all threads ${s(cpuSeconds)} of CPU; peak memory ${peakMb.toFixed(0)} MB` : ''}`);
  }
  await parts(folder);
}

async function parts(folder) {
  const seconds = Array.from({ length: 5 }, () => []);
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    const ct = await readCtGrid(path.join(folder, 'ct'));
    seconds[0].push((performance.now() - start) / 1000);
    const files = await Promise.all(['reference.dcm', 'test.dcm'].map((name) => readFile(path.join(folder, name))));
    const sets = timed(seconds[1], () => files.map((bytes) => readStructureSet(bytes)));
    const [a, b] = timed(seconds[2], () => sets.map((set) => set.structures.map((structure) => maskOfStructure(set, structure, ct.volume.geometry).mask.cropped())));
    timed(seconds[3], () => a.forEach((mask, n) => surfaceDistances(mask, b[n])));
    timed(seconds[4], () => a.forEach((mask, n) => pairMetrics(mask, b[n], { toleranceMm: TOLERANCE_MM })));
  }
  const names = ['CT geometry', 'two structure sets', 'contours to masks', 'surfaces and distances', 'all figures, distances once more'];
  console.log(`parts   in one thread: ${names.map((name, n) => `${name} ${best(seconds[n]).toFixed(2)} s`).join(', ')}`);
}

/** A mask that lies elsewhere by whole voxels; what leaves the image is cut. */
function moved(mask, steps) {
  const { geometry, box: { min, size } } = mask;
  const shifted = min.map((low, axis) => Math.min(Math.max(low + steps[axis], 0), geometry.size[axis] - size[axis]));
  return new Mask(geometry, { min: shifted, size }, mask.voxels);
}

function timed(seconds, work) {
  const start = performance.now();
  const result = work();
  seconds.push((performance.now() - start) / 1000);
  return result;
}

function best(numbers) {
  return Math.min(...numbers);
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function s(seconds) {
  return `best ${best(seconds).toFixed(3)} s, median ${median(seconds).toFixed(3)} s`;
}
