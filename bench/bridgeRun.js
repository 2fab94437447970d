/**
 * One way over the bridge in a process of its own, as bench/bridge.js asks for it; prints seconds and memory as JSON.
 *
 *   node bench/bridgeRun.js command <slices> <runs> <exact|smooth> <file>  masks to an RT Structure Set as `from-masks` does it, in threads
 *   node bench/bridgeRun.js write <slices> <runs> <exact|smooth> <file>   the same by the library alone, in one thread
 *   node bench/bridgeRun.js read <slices> <runs> <file>                   and back
 *   node bench/bridgeRun.js inputs <slices> <folder>                      the CT as DICOM, and the masks as NIfTI and as bytes, for whole commands
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeCtSeries } from '../dist/ct/index.js';
import { readDicom, uidFrom } from '../dist/dicom/index.js';
import { writeMaskFile } from '../dist/nifti/index.js';
import { masksToStructureSet, StructureSetWorkers } from '../dist/pipeline/index.js';
import { maskOfStructure, preflight, readStructureSet, referenceTo, traceContours, traceSmoothContours, writeStructureSet } from '../dist/rtstruct/index.js';
import { chestCt, chestMasks } from './chest.js';

/** Runs it several times and prints the seconds of each stage, run by run. */
const printRuns = async (runs, run) => {
  const beforeMb = process.resourceUsage().maxRSS / 1024;
  const seconds = [];
  let result;
  for (let n = 0; n < Number(runs); n++) {
    seconds.push({});
    result = await run(async (stage, work) => {
      const start = performance.now();
      const done = await work();
      seconds[n][stage] = (performance.now() - start) / 1000;
      return done;
    });
  }
  console.log(JSON.stringify({ seconds, ...result, beforeMb, peakMb: process.resourceUsage().maxRSS / 1024 }));
};

const [task, slices, ...rest] = process.argv.slice(2);
const ct = chestCt(Number(slices));
const tasks = { command, write, read, inputs };
await tasks[task](...rest);

/** The threads start before the masks are there, as they do in the command, which reads the CT meanwhile. */
async function command(runs, mode, file) {
  const workers = new StructureSetWorkers();
  try {
    const masks = chestMasks(ct.volume.geometry);
    await printRuns(runs, async (timed) => {
      const step = (name) => (...given) => timed(name, () => workers[name](...given));
      const measured = { trace: step('trace'), write: step('write'), check: step('check') };
      const { bytes, structureSet } = await timed('whole', () => masksToStructureSet(ct, masks, measured, { mode }));
      await timed('save', () => writeFile(file, bytes));
      return { points: pointsOf(structureSet.structures), megabytes: bytes.length / 1e6 };
    });
  } finally {
    await workers.close();
  }
}

async function write(runs, mode, file) {
  const masks = chestMasks(ct.volume.geometry);
  const trace = mode === 'exact' ? traceContours : (mask) => traceSmoothContours({ mask });
  await printRuns(runs, async (timed) => {
    const structures = await timed('trace', () => [...masks].map(([name, mask], index) => ({ number: index + 1, name, type: name === 'Body' ? 'EXTERNAL' : 'ORGAN', algorithm: '', contours: trace(mask) })));
    const bytes = await timed('write', () => writeStructureSet(setOf(structures), ct));
    await timed('save', () => writeFile(file, bytes));
    // What writing did within itself, once more, to tell its parts.
    const written = await timed('readBack', () => readDicom(bytes));
    await timed('preflight', () => preflight(written, { ct }));
    return { points: pointsOf(structures), megabytes: bytes.length / 1e6 };
  });
}

function pointsOf(structures) {
  const rings = structures.flatMap(({ contours }) => contours.flatMap(({ points, holes }) => [points, ...holes]));
  return rings.reduce((sum, ring) => sum + ring.length / 3, 0);
}

function setOf(structures) {
  return {
    sopInstanceUid: uidFrom('bench', 'set', ct.seriesInstanceUid),
    seriesInstanceUid: uidFrom('bench', 'set series', ct.seriesInstanceUid),
    label: 'BENCH',
    date: '20200101',
    time: '120000',
    structures,
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'Rondo', softwareVersions: ['bench'] },
  };
}

async function read(runs, file) {
  await printRuns(runs, async (timed) => {
    const set = await timed('read', async () => readStructureSet(await readFile(file)));
    const masks = await timed('masks', () => set.structures.map((structure) => maskOfStructure(set, structure, ct.volume.geometry).mask));
    // Whole volumes, as other tools write them, without a header.
    await timed('save', () => Promise.all(masks.map((mask, index) => writeFile(`${file}.${index}.raw`, mask.toDense()))));
    return {};
  });
}

async function inputs(folder) {
  await mkdir(folder, { recursive: true });
  await writeCtSeries(ct, path.join(folder, 'ct'));
  for (const [name, mask] of chestMasks(ct.volume.geometry)) {
    await writeFile(path.join(folder, `${name}.raw`), mask.toDense());
    await writeMaskFile(mask, path.join(folder, `${name}.nii.gz`));
  }
}
