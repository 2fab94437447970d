/**
 * Seconds and memory of `rondo contour` on a large CT, and how much of it is not the network: `npm run bench [slices]`.
 * Prints the median of three runs; ratios are of one machine in one run.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readModel } from '../dist/contouring/index.js';
import { loadNetwork } from '../dist/contouring/network.js';
import { writeLargeCt } from './largeCt.js';

const root = path.join(import.meta.dirname, '..');
const REPORT_PEAK = `data:text/javascript,process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS))`;
const slices = Number(process.argv[2] ?? 180);
const folder = await mkdtemp(path.join(tmpdir(), 'rondo-bench-'));
try {
  const ct = path.join(folder, 'ct');
  await writeLargeCt(ct, slices);
  const runs = [];
  for (let n = 0; n < 3; n++) runs.push(await contour(ct, path.join(folder, `contours-${n}.dcm`)));
  runs.sort((a, b) => a.wall - b.wall);
  const run = runs[1];
  const pure = await pureInference(run.tiles);
  console.log(`CT 512×512×${slices}, ${run.tiles} tiles, ${run.structures} structures`);
  for (const [stage, seconds] of Object.entries(run.seconds)) console.log(`  ${stage.padEnd(12)} ${seconds.toFixed(2)} s`);
  console.log(`  whole command ${run.wall.toFixed(2)} s (runs: ${runs.map(({ wall }) => wall.toFixed(1)).join(', ')}), peak memory ${(run.peakMb / 1000).toFixed(2)} GB`);
  console.log(`  onnxruntime alone on the same number of tiles ${pure.toFixed(2)} s; ratio ${(run.wall / pure).toFixed(2)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** One `rondo contour` as a user runs it, timed from outside; the peak is the operating system's own account. */
async function contour(ct, out) {
  const start = performance.now();
  const child = spawn(process.execPath, ['--import', REPORT_PEAK, path.join(root, 'dist/cli/rondo.js'), 'contour', ct, '--out', out, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = await Promise.all([collect(child.stdout), collect(child.stderr), new Promise((resolve) => child.once('exit', resolve))]);
  const peak = /^peak (\d+)$/m.exec(errors);
  if (child.exitCode !== 0 || peak === null) throw new Error(`rondo contour failed: ${output}${errors}`);
  const result = JSON.parse(output);
  return { wall: (performance.now() - start) / 1000, peakMb: Number(peak[1]) / 1024, seconds: result.seconds, tiles: result.tiles, structures: result.structures.length };
}

async function collect(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

/** Seconds that onnxruntime takes for this many training-size tiles and nothing else. */
async function pureInference(tiles) {
  const model = await readModel(path.join(root, 'models/oar-thorax'));
  const network = await loadNetwork(model);
  const { patch } = model.manifest.input;
  const tile = new Float32Array(patch[0] * patch[1] * patch[2]).map((_, index) => Math.sin(index));
  await network.run(tile, patch);
  const start = performance.now();
  for (let n = 0; n < tiles; n++) await network.run(tile, patch);
  const seconds = (performance.now() - start) / 1000;
  await network.release();
  return seconds;
}
