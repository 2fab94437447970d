/**
 * One task of bench/engine.js in a process of its own; prints JSON.
 *
 *   node bench/engineRun.js predict <model> <slices>           one model on the large CT, in memory
 *   node bench/engineRun.js grid <model> <slices> <folder>     what its network sees of that CT, as bytes for Python
 *   node bench/engineRun.js matmul <model.onnx> <edge> <threads>  a product of square matrices
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { predict, readModel } from '../dist/contouring/index.js';
import { layModelGrid } from '../dist/contouring/modelGrid.js';
import { resampleToGrid } from '../dist/contouring/resample.js';
import { largeCt } from './largeCt.js';

const PRODUCTS = 5;
const MODELS = path.join(import.meta.dirname, '..', 'models');

const [task, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(await { predict: predictModel, grid, matmul }[task](...rest)));

async function predictModel(name, slices) {
  const [model, { volume }] = [await readModel(path.join(MODELS, name)), await largeCt(Number(slices))];
  const beforeMb = process.resourceUsage().maxRSS / 1024;
  const stages = {};
  let [stage, since, tiles] = ['', performance.now(), 0];
  const enter = (next) => {
    const now = performance.now();
    if (stage !== '') stages[stage] = (stages[stage] ?? 0) + (now - since) / 1000;
    [stage, since] = [next, now];
  };
  const structures = await predict(model, volume, {
    onProgress: (next, _, total) => {
      enter(next);
      if (next === 'network') tiles = total;
    },
  });
  enter('');
  return { stages, tiles, bodyVoxels: structures.find((structure) => structure.name === 'External').mask.voxelCount, beforeMb };
}

async function grid(name, slices, folder) {
  const [{ manifest: { input, output } }, { volume }] = [await readModel(path.join(MODELS, name)), await largeCt(Number(slices))];
  const axes = layModelGrid(volume.geometry, input);
  await writeFile(path.join(folder, 'grid.raw'), await resampleToGrid(volume, axes, input.intensity));
  const outside = (Math.max(input.outsideHu, input.intensity.clipHu[0]) - input.intensity.meanHu) / input.intensity.stdHu;
  await writeFile(path.join(folder, 'grid.json'), JSON.stringify({ size: axes.map(({ size }) => size), patch: input.patch, channels: output.channels, outside }));
  return {};
}

async function matmul(file, edge, threads) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: Number(threads) });
  const matrix = () => new Tensor('float32', Float32Array.from({ length: edge * edge }, Math.random), [Number(edge), Number(edge)]);
  const feeds = { a: matrix(), b: matrix() };
  await session.run(feeds);
  const start = performance.now();
  for (let n = 0; n < PRODUCTS; n++) await session.run(feeds);
  return { gflopPerSecond: (2e-9 * PRODUCTS * edge ** 3) / ((performance.now() - start) / 1000) };
}
