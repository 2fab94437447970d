/**
 * Seconds and memory of the bridge between masks and RT-STRUCT on a chest of 512×512 pixels with Body, Heart, Lung_L and Lung_R,
 * beside rt-utils and plastimatch: `npm run bench:bridge [slices]`. Then how time and memory grow from 50 to 800 slices.
 *
 * Masks → RT-STRUCT is timed three ways:
 *   stages    masks in memory to a file, in a process that has read the CT: with rt-utils `add_roi` of each mask and `save`; with
 *             Rondo all that `from-masks` does with masks, once without and once with the check of the file (preflight and read-back),
 *             which rt-utils does not have. Rondo's threads were started before the masks were made, as in the command, where the
 *             CT is read meanwhile.
 *   library   the same by `rondo-rt/rtstruct` alone, in one thread.
 *   commands  whole processes, from files to a file: `rondo rtstruct from-masks` with NIfTI masks and a CT folder, read-back check
 *             included; Python that imports rt-utils, loads the CT folder and masks as plain bytes, adds and saves them.
 * A process of Rondo is slower the first time than later on, when its code is compiled: both are printed, `first` as a command
 * takes, `again` as a service does. Ratios are of one machine in one run; other load on it costs threads more than it costs rt-utils,
 * which has one. The CT is in memory, where plastimatch reads it from files.
 *
 *   python3 -m venv ~/rt-utils && ~/rt-utils/bin/pip install rt-utils==1.2.7     RT_UTILS_PYTHON=~/rt-utils/bin/python
 *   apt-get install plastimatch
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const MODES = ['exact', 'smooth'];
const PROCESSES = 3;
const RUNS = 5;
const ORDERS = ['planes', 'rows'];
const STRUCTURES = ['Body', 'Heart', 'Lung_L', 'Lung_R'];
const SERIES_OF_SLICES = [50, 100, 200, 400, 800];

const execute = promisify(execFile);
const python = process.env.RT_UTILS_PYTHON;
const slices = process.argv[2] ?? '180';
const folder = await mkdtemp(path.join(tmpdir(), 'rondo-bench-'));
try {
  await rondo('inputs', slices, folder);
  await masksToStructureSet();
  await wholeCommands();
  await structureSetToMasks();
  await growth();
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function masksToStructureSet() {
  console.log(`masks → RT-STRUCT, 512×512×${slices}, four structures; seconds, medians of ${PROCESSES} processes; ${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}`);
  const sides = [];
  for (const mode of MODES) sides.push(...(await rondoSides(`${mode}, stages`, () => rondo('command', slices, RUNS, mode, fileOf(mode)))));
  for (const mode of MODES) sides.push(...(await rondoSides(`${mode}, library`, () => rondo('write', slices, RUNS, mode, fileOf(mode)))));
  if (python === undefined) console.log('  rt-utils left out: RT_UTILS_PYTHON names no Python that has it; bench/bridge.js says how to get it');
  else {
    for (const order of ORDERS) {
      const { seconds, points } = JSON.parse((await rtUtils(order, PROCESSES)).stdout);
      sides.push({ name: `rt-utils, masks by ${order}`, seconds: medians(seconds), points });
    }
  }
  for (const { name, seconds, points, megabytes, peakMb } of sides) {
    const parts = seconds.check !== undefined ? `; then check ${s(seconds.check)}` : seconds.preflight === undefined ? '' : `, of which read back ${s(seconds.readBack)} and preflight ${s(seconds.preflight)}`;
    const more = megabytes === undefined ? '' : `, ${megabytes.toFixed(1)} MB, peak memory ${peakMb.toFixed(0)} MB`;
    console.log(`  ${name.padEnd(30)} ${s(total(seconds))}  (trace ${s(seconds.trace)}, write ${s(seconds.write)}${parts}); ${points} points${more}`);
  }
  for (const other of sides.filter(({ name }) => name.startsWith('rt-utils'))) {
    const ratios = sides.filter(({ name }) => name.startsWith('Rondo')).map((own) => {
      const times = (seconds) => (total(other.seconds) / seconds).toFixed(1);
      const checked = own.seconds.check === undefined ? '' : ` (checked ${times(own.seconds.whole + own.seconds.save)})`;
      return `${own.name.slice('Rondo '.length)} ${times(total(own.seconds))}${checked}`;
    });
    console.log(`  ${other.name} ÷ Rondo: ${ratios.join('; ')}`);
  }
}

/** From masks to the file. What rt-utils does is tracing and writing, the file included. */
function total({ whole, check, save, trace, write }) {
  if (whole !== undefined) return whole - check + save;
  return save === undefined ? trace + write : trace + write + save;
}

async function wholeCommands() {
  console.log(`\nwhole commands, masks and CT from files to an RT-STRUCT file; seconds, medians of ${PROCESSES}`);
  const command = path.join(import.meta.dirname, '..', 'dist', 'cli', 'rondo.js');
  const masks = STRUCTURES.map((name) => path.join(folder, `${name}.nii.gz`));
  const own = [];
  for (const mode of MODES) {
    const seconds = await processSeconds(async () => {
      await rm(fileOf('command'), { force: true });
      await execute(process.execPath, [command, 'rtstruct', 'from-masks', ...masks, '--ct', path.join(folder, 'ct'), '--out', fileOf('command'), '--mode', mode]);
    });
    own.push({ mode, seconds });
    console.log(`  ${`rondo from-masks, ${mode}`.padEnd(30)} ${s(seconds)}`);
  }
  if (python === undefined) return;
  for (const order of ORDERS) {
    const seconds = await processSeconds(() => rtUtils(order, 1));
    console.log(`  ${`Python, rt-utils, by ${order}`.padEnd(30)} ${s(seconds)}  ÷ rondo: ${own.map((side) => `${side.mode} ${(seconds / side.seconds).toFixed(1)}`).join(', ')}`);
  }
}

async function processSeconds(run) {
  const seconds = [];
  for (let n = 0; n < PROCESSES; n++) {
    const start = performance.now();
    await run();
    seconds.push((performance.now() - start) / 1000);
  }
  return median(seconds);
}

/** Adds and saves the masks as often as asked for, in a process of its own. */
async function rtUtils(order, runs) {
  return await execute(python, [path.join(import.meta.dirname, 'rtUtils.py'), folder, slices, order, String(runs)]);
}

async function structureSetToMasks() {
  console.log(`\nRT-STRUCT → masks, 512×512×${slices}; reading the file included, no compression`);
  for (const mode of MODES) {
    const sides = await rondoSides(mode, () => rondo('read', slices, RUNS, fileOf(mode)));
    for (const { name, seconds, peakMb } of sides) {
      console.log(`  ${name.padEnd(26)} ${s(seconds.read + seconds.masks)}  (read ${s(seconds.read)}, masks ${s(seconds.masks)}); and to write them as whole volumes ${s(seconds.save)}; peak memory ${peakMb.toFixed(0)} MB`);
    }
    const other = await plastimatch(fileOf(mode));
    if (typeof other === 'string') console.log(`  plastimatch left out: ${other}`);
    else {
      console.log(`  ${`plastimatch convert, ${mode}`.padEnd(26)} ${s(other)}  (with the CT read and the masks written)`);
      const ratios = sides.map(({ name, seconds }) => `${name} ${(other / (seconds.read + seconds.masks)).toFixed(1)}, its masks written too ${(other / (seconds.read + seconds.masks + seconds.save)).toFixed(1)}`);
      console.log(`  plastimatch ÷ ${ratios.join('; ')}`);
    }
  }
}

async function growth() {
  console.log('\n slices   points   masks → RT-STRUCT again: s  ms/slice  µs/point  peak MB   → masks again: s  ms/slice  µs/point  peak MB');
  for (const count of SERIES_OF_SLICES) {
    const written = await rondo('write', count, RUNS, 'exact', fileOf('growth'));
    const back = await rondo('read', count, RUNS, fileOf('growth'));
    const [out, home] = [medians(written.seconds.slice(1)), medians(back.seconds.slice(1))];
    const row = (seconds, { peakMb }) => `${s(seconds)} ${((seconds * 1000) / count).toFixed(2).padStart(9)} ${((seconds * 1e6) / written.points).toFixed(2).padStart(9)} ${peakMb.toFixed(0).padStart(8)}`;
    console.log(` ${String(count).padStart(6)} ${String(written.points).padStart(8)} ${row(out.trace + out.write, written).padStart(54)} ${row(home.read + home.masks, back).padStart(42)}`);
  }
}

/** The first run and the later ones of a task, each as the median of several processes. */
async function rondoSides(mode, run) {
  const processes = [];
  for (let n = 0; n < PROCESSES; n++) processes.push(await run());
  const [{ points, megabytes }] = processes;
  const peakMb = median(processes.map((one) => one.peakMb));
  return [
    { name: `Rondo ${mode}, first`, seconds: medians(processes.map(({ seconds }) => seconds[0])), points, megabytes, peakMb },
    { name: `Rondo ${mode}, again`, seconds: medians(processes.map(({ seconds }) => medians(seconds.slice(1)))), points, megabytes, peakMb },
  ];
}

/** Seconds of `plastimatch convert`, or why it cannot be run. */
async function plastimatch(file) {
  const seconds = [];
  for (let n = 0; n < PROCESSES; n++) {
    const out = path.join(folder, 'plastimatch');
    const start = performance.now();
    try {
      await execute('plastimatch', ['convert', '--input', file, '--referenced-ct', path.join(folder, 'ct'), '--output-prefix', out, '--prefix-format', 'mha']);
    } catch (error) {
      if (error.code === 'ENOENT') return 'it is not installed; bench/bridge.js says how to get it';
      throw error;
    }
    seconds.push((performance.now() - start) / 1000);
    await rm(out, { recursive: true });
  }
  return median(seconds);
}

async function rondo(...args) {
  const { stdout } = await execute(process.execPath, [path.join(import.meta.dirname, 'bridgeRun.js'), ...args.map(String)]);
  return stdout === '' ? undefined : JSON.parse(stdout);
}

function fileOf(name) {
  return path.join(folder, `${name}.dcm`);
}

/** Median of each stage. */
function medians(runs) {
  return Object.fromEntries(Object.keys(runs[0]).map((stage) => [stage, median(runs.map((run) => run[stage]))]));
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function s(seconds) {
  return seconds.toFixed(2);
}
