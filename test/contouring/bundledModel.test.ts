import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readModel } from '../../src/contouring/index.ts';
import { layModelGrid } from '../../src/contouring/modelGrid.ts';
import { loadNetwork } from '../../src/contouring/network.ts';
import { resampleToGrid } from '../../src/contouring/resample.ts';
import { runTiled } from '../../src/contouring/tiledInference.ts';
import type { Vector3 } from '../../src/geometry/index.ts';
import { bundledPhantoms, readPhantom } from '../../src/phantom/index.ts';

/**
 * How far tiling may move the result of the bundled model: Dice between its structures in tiles and in one pass. It is not 1, because
 * instance norm and squeeze-and-excitation take their statistics from the tile; the model was trained on tiles.
 */
const LEAST_DICE: Readonly<Record<string, number>> = {
  External: 0.99, Heart: 0.93, Lung_L: 0.97, Lung_R: 0.97, SpinalCord: 0.85, Esophagus: 0.85, Trachea: 0.9, Glnd_Thyroid: 0.85, Liver: 0.93,
  Humerus_L: 0.87, Humerus_R: 0.87, Breast_L: 0.95, A_LAD: 0.5,
};

describe('the bundled model', () => {
  it('finds the same in tiles as in one pass over the trunk, within the stated tolerance', async () => {
    const model = await readModel(path.join(import.meta.dirname, '../../models/oar-thorax'));
    const { input, output } = model.manifest;
    const [, { folder }] = await bundledPhantoms();
    const { ct: { volume }, structures } = await readPhantom(folder);
    const present = new Set(structures.filter(({ mask }) => !mask.isEmpty).map(({ name }) => name));
    const grid = layModelGrid(volume.geometry, input);
    const intensities = await resampleToGrid(volume, grid, input.intensity);
    const size: Vector3 = [grid[0].size, grid[1].size, grid[2].size];
    const whole = { intensities, size, box: { min: [0, 0, 0] as Vector3, size }, overlap: model.manifest.inference.overlap, channels: output.channels, activation: output.activation, outside: (input.outsideHu - input.intensity.meanHu) / input.intensity.stdHu };
    const network = await loadNetwork(model);
    const onePass = size.map((extent) => Math.ceil(extent / input.divisor) * input.divisor) as unknown as Vector3;
    const tiled = await runTiled(network, { ...whole, patch: input.patch });
    const single = await runTiled(network, { ...whole, patch: onePass });
    await network.release();
    const dice = output.structures.map(({ name, channels }) => {
      const sum = (probabilities: readonly Float32Array[], index: number): number => channels.reduce((total, channel) => total + probabilities[channel][index], 0);
      let [both, either] = [0, 0];
      for (let index = 0; index < tiled[0].length; index++) {
        const [a, b] = [sum(tiled, index) >= 0.5, sum(single, index) >= 0.5];
        both += a && b ? 2 : 0;
        either += Number(a) + Number(b);
      }
      // Where neither marks a voxel both are the same.
      return [name, either === 0 ? 1 : both / either] as const;
    });
    expect(dice.filter(([name, value]) => present.has(name) && !(value >= LEAST_DICE[name]))).toEqual([]);
  }, 300_000);
});
