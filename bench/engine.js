/**
 * Seconds and memory of the engine on two cores: `npm run bench:engine [slices] [cores]`, by default 180 slices on cores 0,1.
 *
 * The CT is bench/largeCt.js: 512×512 pixels of 500 mm, slices 1.8 mm apart. Every process is fresh and bound to the two cores (Linux:
 * `taskset`). It prints
 *   network    multiply-adds of a tile, and what the two cores do in a product of two large matrices
 *   one model  `predict()` of organs at risk in memory, its time within onnxruntime and everything else, beside the same network and
 *              weights in PyTorch through MONAI's `sliding_window_inference`: the same image on the network's grid, tiles, least overlap
 *              and Gaussian importance, float32, `eval`, `inference_mode`, one tile at a time. MONAI computes the whole image where Rondo
 *              leaves out the air round the patient: tiles are counted on both sides. MONAI is given its image resampled and
 *              stops at probabilities; Rondo's same part is its stage `network`. Medians of three, the sides in turn.
 *   protocol   `rondo contour --protocol breast-left-whole-nodes` as a user types it, from DICOM files to a checked structure set
 *   growth     one model on 50 to 600 slices
 *
 *   python3 -m venv ~/monai && ~/monai/bin/pip install -r training/requirements.txt monai     MONAI_PYTHON=~/monai/bin/python
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeLargeCt } from './largeCt.js';

const PROTOCOL = 'breast-left-whole-nodes';
const MODEL = 'oar-thorax';
const PROCESSES = 3;
const SERIES_OF_SLICES = [50, 100, 200, 400, 600];

const execute = promisify(execFile);
const root = path.join(import.meta.dirname, '..');
const weights = path.join(root, 'models', MODEL, 'model.onnx');
const python = process.env.MONAI_PYTHON;
const [slices = '180', cores = '0,1'] = process.argv.slice(2);
const threads = process.platform === 'linux' ? cores.split(',').length : availableParallelism();
const folder = await mkdtemp(path.join(tmpdir(), 'rondo-bench-'));
try {
  console.log(`${cpus()[0].model}, ${process.platform === 'linux' ? `bound to cores ${cores}` : `${threads} cores, bound to none`}, load ${loadavg()[0].toFixed(1)} before; Node.js ${process.version}; CT 512×512×${slices}`);
  const machine = await network();
  await oneModel(machine);
  await protocol();
  await growth();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** What a tile costs and what the cores can do; undefined without Python. */
async function network() {
  await engine('grid', MODEL, slices, folder);
  if (python === undefined) {
    console.log('  matrix products, GFLOP of a tile and MONAI left out: MONAI_PYTHON names no Python that has it; bench/engine.js says how to get it');
    return undefined;
  }
  const { tileGflop, edge, gflopPerSecond } = await monai('work');
  const own = await engine('matmul', path.join(folder, 'matmul.onnx'), edge, threads);
  console.log(`network: ${tileGflop.toFixed(2)} GFLOP a tile; product of ${edge}×${edge} float32: torch.mm ${gflopPerSecond.toFixed(0)}, onnxruntime-node MatMul ${own.gflopPerSecond.toFixed(0)} GFLOP/s, ${threads} threads`);
  return { tileGflop, gflopPerSecond: Math.max(gflopPerSecond, own.gflopPerSecond) };
}

async function oneModel(machine) {
  const [runs, others] = [[], []];
  for (let n = 0; n < PROCESSES; n++) {
    runs.push(await engine('predict', MODEL, slices));
    if (python !== undefined) others.push(await monai('segment'));
  }
  const run = middle(runs, ({ stages }) => total(stages));
  console.log(`\none model, ${MODEL}: ${run.tiles} tiles of ${(run.bodyVoxels / 1e6).toFixed(1)} million body voxels; medians of ${PROCESSES} processes`);
  console.log(`  Rondo predict()      ${s(total(run.stages))} (${Object.entries(run.stages).map(([stage, seconds]) => `${stage} ${s(seconds)}`).join(', ')}); runs ${runs.map(({ stages }) => s(total(stages))).join(', ')}; peak memory ${mb(run)} with the CT (${run.beforeMb.toFixed(0)} MB before)`);
  console.log(`    onnxruntime ${s(run.networkSeconds)}, ${s(run.networkSeconds / run.tiles)} a tile; everything else ${share(total(run.stages), run.networkSeconds)}${rate(machine, run.tiles, run.networkSeconds)}`);
  if (python === undefined) return;
  const other = middle(others, ({ seconds }) => seconds);
  console.log(`  MONAI, PyTorch       ${s(other.seconds)}, ${other.tiles} tiles, ${s(other.seconds / other.tiles)} a tile; runs ${others.map(({ seconds }) => s(seconds)).join(', ')}; peak memory ${mb(other)} (${other.beforeMb.toFixed(0)} MB before)${rate(machine, other.tiles, other.seconds)}`);
  console.log(`    ${other.versions}; logits of a tile differ from onnxruntime's by at most ${other.difference.toExponential(1)}`);
  const times = (seconds) => (other.seconds / seconds).toFixed(2);
  console.log(`  MONAI ÷ Rondo: tiles and blending ${times(run.stages.network)}, all of predict() ${times(total(run.stages))}; a tile with its blending ${((times(run.stages.network) * run.tiles) / other.tiles).toFixed(2)}`);
}

async function protocol() {
  const ct = path.join(folder, 'ct');
  await writeLargeCt(ct, Number(slices));
  const start = performance.now();
  const run = await node(path.join(root, 'dist/cli/rondo.js'), 'contour', ct, '--out', path.join(folder, 'contours.dcm'), '--protocol', PROTOCOL, '--json');
  const wall = (performance.now() - start) / 1000;
  console.log(`\nrondo contour --protocol ${PROTOCOL}: ${s(wall)}, peak memory ${mb(run)}; ${run.tiles} tiles, ${run.structures.length} structures`);
  console.log(`  ${Object.entries(run.seconds).map(([stage, seconds]) => `${stage} ${s(seconds)}`).join(', ')}`);
  console.log(`  onnxruntime ${s(run.networkSeconds)}; everything else ${share(wall, run.networkSeconds)}`);
}

async function growth() {
  console.log(`\n slices  tiles  body Mvoxel  predict() s  s/Mvoxel  s/tile  not onnxruntime  peak MB  (CT in memory included)`);
  const points = [];
  for (const count of SERIES_OF_SLICES) {
    const run = await engine('predict', MODEL, count);
    const [seconds, millions] = [total(run.stages), run.bodyVoxels / 1e6];
    points.push({ seconds, millions });
    const columns = [[count, 7], [run.tiles, 7], [millions.toFixed(1), 13], [seconds.toFixed(2), 13], [(seconds / millions).toFixed(3), 10], [(seconds / run.tiles).toFixed(2), 8], [(seconds - run.networkSeconds).toFixed(2), 17], [run.peakMb.toFixed(0), 9]];
    console.log(columns.map(([text, width]) => String(text).padStart(width)).join(''));
  }
  const { slope, offset, determination } = straightLine(points);
  console.log(`  straight line: ${offset.toFixed(1)} s + ${slope.toFixed(3)} s a million body voxels, R² ${determination.toFixed(4)}`);
}

/** Least squares. */
function straightLine(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [middleMillions, middleSeconds] = [mean(({ millions }) => millions), mean(({ seconds }) => seconds)];
  const slope = mean(({ millions, seconds }) => (millions - middleMillions) * (seconds - middleSeconds)) / mean(({ millions }) => (millions - middleMillions) ** 2);
  const offset = middleSeconds - slope * middleMillions;
  const unexplained = mean(({ millions, seconds }) => (seconds - offset - slope * millions) ** 2);
  return { slope, offset, determination: 1 - unexplained / mean(({ seconds }) => (seconds - middleSeconds) ** 2) };
}

async function engine(...args) {
  return await node(path.join(import.meta.dirname, 'engineRun.js'), ...args);
}

/** What a script prints as JSON, with what bench/sessionClock.js says of its process. */
async function node(...args) {
  const { stdout, stderr } = await bound(process.execPath, '--import', path.join(import.meta.dirname, 'sessionClock.js'), ...args);
  return { ...JSON.parse(stdout), ...JSON.parse(stderr.trim().split('\n').at(-1)) };
}

async function monai(task) {
  return JSON.parse((await bound(python, path.join(import.meta.dirname, 'monaiEngine.py'), task, weights, threads, folder)).stdout);
}

async function bound(...command) {
  const [file, ...args] = [...(process.platform === 'linux' ? ['taskset', '-c', cores] : []), ...command].map(String);
  return await execute(file, args, { maxBuffer: 2 ** 26 });
}

function middle(runs, of) {
  return runs.toSorted((a, b) => of(a) - of(b))[Math.floor(runs.length / 2)];
}

function total(stages) {
  return Object.values(stages).reduce((sum, seconds) => sum + seconds, 0);
}

function share(wall, networkSeconds) {
  return `${s(wall - networkSeconds)} = ${((1 - networkSeconds / wall) * 100).toFixed(0)} %`;
}

function rate(machine, tiles, seconds) {
  if (machine === undefined) return '';
  const gflopPerSecond = (machine.tileGflop * tiles) / seconds;
  return `; ${gflopPerSecond.toFixed(0)} GFLOP/s = ${((gflopPerSecond / machine.gflopPerSecond) * 100).toFixed(0)} % of the matrix product`;
}

function mb({ peakMb }) {
  return `${peakMb.toFixed(0)} MB`;
}

function s(seconds) {
  return `${seconds.toFixed(2)} s`;
}
