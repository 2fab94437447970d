/**
 * Seconds and memory of the metrics: `npm run bench:metrics [slices]`.
 *
 *   core      DSC, HD95 and surface DSC of the left lung of a chest of 512×512 pixels against the same lung drawn a little elsewhere: masks in
 *             memory to figures, here in one thread, and by DeepMind's surface-distance in Python on the same voxels. `first` is a process'
 *             first run, when its code is not compiled yet, `again` the median of the later ones. Whole volumes are given to both; here
 *             they are first cropped to their boxes, as they are when a structure set is read: that is timed apart.
 *   pair      all figures of `pairMetrics` of that pair.
 *   compare   `rondo compare` of 20 structures, from a CT folder and two RT-STRUCT files to JSON, and its peak memory.
 *
 *   python3 -m venv ~/metrics && ~/metrics/bin/pip install surface-distance==0.1 numpy==1.26.4     METRICS_PYTHON=~/metrics/bin/python
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeCtSeries } from '../dist/ct/index.js';
import { Mask } from '../dist/geometry/index.js';
import { dice, pairMetrics, surfaceDice, surfaceDistances, surfaceFigures } from '../dist/metrics/index.js';
import { uidFrom } from '../dist/dicom/index.js';
import { referenceTo, traceContours, writeStructureSet } from '../dist/rtstruct/index.js';
import { chestCt, chestMasks } from './chest.js';

const RUNS = 7;
const TOLERANCE_MM = 2;
const STRUCTURES = 20;
const ANOTHER_OBSERVER = [3, -2, 1];

const execute = promisify(execFile);
const slices = Number(process.argv[2] ?? 180);
const ct = chestCt(slices);
const masks = chestMasks(ct.volume.geometry);
const folder = await mkdtemp(path.join(tmpdir(), 'rondo-bench-'));
try {
  console.log(`512×512×${slices}; ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`);
  await core();
  await compare();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function core() {
  const volumes = [masks.get('Lung_L'), moved(masks.get('Lung_L'), ANOTHER_OBSERVER)].map((mask) => mask.toDense());
  const [crop, figures, all] = [[], [], []];
  let result;
  for (let run = 0; run < RUNS; run++) {
    const [a, b] = timed(crop, () => volumes.map((voxels) => Mask.fromVoxels(ct.volume.geometry, voxels, (value) => value === 1)));
    result = timed(figures, () => {
      const distances = surfaceDistances(a, b);
      return { dsc: dice(a, b), hd95: surfaceFigures(distances).hd95Mm, surfaceDsc: surfaceDice(distances, TOLERANCE_MM) };
    });
    timed(all, () => pairMetrics(a, b, { toleranceMm: TOLERANCE_MM }));
  }
  console.log(`core    rondo: first ${s(figures[0])}, again ${s(median(figures.slice(1)))}; to crop the volumes ${s(median(crop.slice(1)))}`);
  console.log(`pair    rondo: first ${s(all[0])}, again ${s(median(all.slice(1)))}; peak memory of this process ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`);
  const python = process.env.METRICS_PYTHON;
  if (python === undefined) {
    console.log('        surface-distance left out: METRICS_PYTHON names no Python that has it; bench/metrics.js says how to get it');
    return;
  }
  await Promise.all(volumes.map((voxels, n) => writeFile(path.join(folder, `${n}.raw`), voxels)));
  const { columnSpacingMm, rowSpacingMm, sliceOffsetsMm } = ct.volume.geometry;
  const spacing = [sliceOffsetsMm[1], rowSpacingMm, columnSpacingMm].map(String);
  const { stdout } = await execute(python, [path.join(import.meta.dirname, 'surfaceDistance.py'), folder, String(slices), ...spacing, String(TOLERANCE_MM), String(RUNS)]);
  const other = JSON.parse(stdout);
  for (const [name, value] of Object.entries(result)) {
    if (Math.abs(value - other.figures[name]) > 1e-9 * value) throw new Error(`${name} differs: ${value} and ${other.figures[name]}`);
  }
  const seconds = median(other.seconds);
  console.log(`        surface-distance: ${s(seconds)}, its figures the same; ÷ rondo: first ${(seconds / figures[0]).toFixed(1)}, again ${(seconds / median(figures.slice(1))).toFixed(1)}`);
}

async function compare() {
  await writeCtSeries(ct, path.join(folder, 'ct'));
  const own = [...masks];
  const structures = Array.from({ length: STRUCTURES }, (_, n) => ({ name: `${own[n % own.length][0]}_${n}`, mask: moved(own[n % own.length][1], [n, n, 0]) }));
  await writeSet('reference.dcm', structures);
  await writeSet('test.dcm', structures.map(({ name, mask }) => ({ name, mask: moved(mask, ANOTHER_OBSERVER) })));
  const seconds = [];
  let peakMb = 0;
  for (let run = 0; run < 3; run++) {
    const words = [path.join(import.meta.dirname, '../dist/cli/rondo.js'), 'compare', 'reference.dcm', 'test.dcm', '--ct', 'ct', '--json'];
    const start = performance.now();
    const { stderr } = await execute('/usr/bin/env', ['time', '-f', '%M', process.execPath, ...words], { cwd: folder, maxBuffer: 2 ** 28 }).catch(async (error) => {
      if (error.code !== 127) throw error;
      return await execute(process.execPath, words, { cwd: folder, maxBuffer: 2 ** 28 });
    });
    seconds.push((performance.now() - start) / 1000);
    peakMb = Number(stderr.trim().split('\n').at(-1)) / 1024;
  }
  console.log(`compare ${STRUCTURES} structures, whole command: ${s(median(seconds))}${Number.isFinite(peakMb) && peakMb > 0 ? `, peak memory ${peakMb.toFixed(0)} MB` : ''}`);
}

async function writeSet(name, structures) {
  const set = {
    sopInstanceUid: uidFrom('bench', name), seriesInstanceUid: uidFrom('bench series', name), label: 'BENCH', date: '20200101', time: '120000', approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'bench', softwareVersions: ['1'] }, reference: referenceTo(ct),
    structures: structures.map((structure, index) => ({ number: index + 1, name: structure.name, type: 'ORGAN', algorithm: '', contours: traceContours(structure.mask) })),
  };
  await writeFile(path.join(folder, name), await writeStructureSet(set, ct));
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

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function s(seconds) {
  return `${seconds.toFixed(3)} s`;
}
