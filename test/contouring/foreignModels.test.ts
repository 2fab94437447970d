import { describe, expect, it } from '@jest/globals';
import { LoadedNetworks, predict, readModel, type InferenceOptions, type Model, type ModelManifest, type PredictedStructure } from '../../src/contouring/index.ts';
import { mirrored } from '../../src/contouring/mirrored.ts';
import { loadNetwork, type Runner } from '../../src/contouring/network.ts';
import { inOtherOrder } from '../../src/contouring/tensorOrder.ts';
import { Volume, type Vector3 } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { makeModelFolder, type TinyNetwork } from '../support/models.ts';

/** Voxels of the network's own grid, so that nothing is resampled; uneven in size, and slices that are unevenly placed. */
const EVEN = makeGeometry({ size: [26, 20, 9], columnSpacingMm: 2, rowSpacingMm: 3, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], sliceOffsetsMm: Array.from({ length: 9 }, (_, k) => 4 * k) });
const UNEVEN = makeGeometry({ size: [26, 20, 6], columnSpacingMm: 2, rowSpacingMm: 3, rowDirection: [1, 0, 0], columnDirection: [0, 1, 0], sliceOffsetsMm: [0, 2, 3, 7.5, 9, 14] });

type Change = { input?: Partial<ModelManifest['input']>; output?: Partial<ModelManifest['output']>; inference?: InferenceOptions; mirroring?: ModelManifest['mirroring'] };

/** A tiny network whose manifest is written by hand, as of a model that was made elsewhere. */
async function foreign(network: TinyNetwork, { input, output, inference, mirroring }: Change): Promise<Model> {
  return await readModel(await makeModelFolder(network, (manifest) => ({
    ...manifest,
    input: { ...manifest.input, spacingMm: [2, 3, 4], intensity: { clipHu: [-1000, 1000], meanHu: 0, stdHu: 100 }, outsideHu: -1000, ...input },
    output: { ...manifest.output, ...output },
    inference: { ...manifest.inference, crop: 'none', ...inference },
    mirroring: mirroring ?? manifest.mirroring,
  })));
}

/** HU at each voxel as a function of its column, row and slice. */
function image(hu: (i: number, j: number, k: number) => number, geometry = EVEN): Volume<Int16Array> {
  const voxels = new Int16Array(geometry.voxelCount);
  for (let k = 0; k < geometry.size[2]; k++) for (let j = 0; j < geometry.size[1]; j++) for (let i = 0; i < geometry.size[0]; i++) voxels[geometry.offset(i, j, k)] = Math.round(hu(i, j, k));
  return new Volume(geometry, voxels);
}

const noise = (seed: number) => (i: number, j: number, k: number): number => 500 * Math.sin(seed + i * 12.9898 + j * 78.233 + k * 37.719);

/** Voxels that a structure holds and should not, or should and does not. */
function wrong({ mask }: PredictedStructure, { geometry }: Volume, expected: (i: number, j: number, k: number) => boolean): number {
  let count = 0;
  for (let k = 0; k < geometry.size[2]; k++) for (let j = 0; j < geometry.size[1]; j++) for (let i = 0; i < geometry.size[0]; i++) count += mask.has(i, j, k) === expected(i, j, k) ? 0 : 1;
  return count;
}

describe('a model that was made elsewhere, by its manifest alone', () => {
  const rising: Pick<ModelManifest['output'], 'structures'> = { structures: [{ name: 'Rising', channels: [1] }] };

  // The network marks what rises along the last axis of its tensor. An image that rises to the patient's left, posterior or head shows which axis that is, and which way.
  it.each([
    ['LPS', 'zyx', (i: number) => i, true],
    ['RAS', 'zyx', (i: number) => i, false],
    ['RPS', 'zyx', (i: number) => i, false],
    ['LAI', 'zyx', (i: number) => i, true],
    ['LPS', 'xyz', (_i: number, _j: number, k: number) => k, true],
    ['RAI', 'xyz', (_i: number, _j: number, k: number) => k, false],
    ['RAS', 'xyz', (_i: number, _j: number, k: number) => k, true],
  ] as const)('sees the image in the orientation %s, axes %s', async (orientation, axes, along, rises) => {
    const model = await foreign('slope', { input: { orientation, axes, patch: [32, 24, 16] }, output: rising });
    const ct = image((i, j, k) => 30 * along(i, j, k) - 200);
    const [structure] = await predict(model, ct);
    // One tile holds it all; its outermost samples have a neighbour beyond the image, which is air.
    const last = axes === 'zyx' ? 25 : 8;
    const middle = (i: number, j: number, k: number): boolean => along(i, j, k) > 0 && along(i, j, k) < last;
    expect(wrong(structure, ct, (i, j, k) => (middle(i, j, k) ? rises : structure.mask.has(i, j, k)))).toBe(0);
  });

  it('is asked slice by slice where it sees one, each slice as it is and where it is', async () => {
    const model = await foreign('slices', { input: { dimensions: 2, spacingMm: [2, 3, 'image'], patch: [16, 16, 1] }, output: { structures: [{ name: 'Dense', channels: [1] }] } });
    const ct = image(noise(1), UNEVEN);
    const [structure] = await predict(model, ct);
    expect(wrong(structure, ct, (i, j, k) => ct.voxels[UNEVEN.offset(i, j, k)] >= 0)).toBe(0);
    expect(structure.mask.voxelCount).toBeGreaterThan(500);
  });

  it('is asked slice by slice from the feet up, whichever way the slices are stored', async () => {
    const feetLast = makeGeometry({ size: [26, 20, 6], columnSpacingMm: 2, rowSpacingMm: 3, rowDirection: [-1, 0, 0], columnDirection: [0, 1, 0], sliceOffsetsMm: [0, 2, 3, 7.5, 9, 14] });
    const model = await foreign('slices', { input: { dimensions: 2, axes: 'xyz', spacingMm: [2, 3, 'image'], patch: [16, 16, 1] }, output: { structures: [{ name: 'Dense', channels: [1] }] } });
    const ct = image(noise(2), feetLast);
    expect(wrong((await predict(model, ct))[0], ct, (i, j, k) => ct.voxels[feetLast.offset(i, j, k)] >= 0)).toBe(0);
  });

  it('gives regions that overlap, by sigmoid', async () => {
    const model = await foreign('regions', { output: { activation: 'sigmoid', structures: [{ name: 'Wide', channels: [0] }, { name: 'Narrow', channels: [1] }, { name: 'Either', channels: [1, 0] }] } });
    const ct = image(noise(3));
    const [wide, narrow, either] = await predict(model, ct);
    const hu = (i: number, j: number, k: number): number => ct.voxels[EVEN.offset(i, j, k)];
    expect([wrong(wide, ct, (...at) => hu(...at) >= 0), wrong(narrow, ct, (...at) => hu(...at) >= 100), wrong(either, ct, (...at) => hu(...at) >= 0)]).toEqual([0, 0, 0]);
    expect(narrow.mask.voxelCount).toBeLessThan(wide.mask.voxelCount - 200);
  });

  // Channel c of the network is the likeliest where the intensity is nearest to c; half way between two none reaches a half.
  it('gives each voxel to its most probable class where the manifest says argmax', async () => {
    const structures = [{ name: 'Two', channels: [2] }, { name: 'Three', channels: [3] }, { name: 'Rest', channels: Array.from({ length: 32 }, (_, c) => c).filter((c) => c !== 2 && c !== 3) }];
    const soft = { input: { intensity: { clipHu: [-1000, 1000] as [number, number], meanHu: 0, stdHu: 100 } } };
    const ct = image((i, j, k) => 251 + 3 * ((i + j + k) % 2) - 3 * ((i * j) % 3));
    const most = await predict(await foreign('levels', { ...soft, output: { channels: 32, decision: 'argmax', structures } }), ct);
    const nearest = (i: number, j: number, k: number): number => Math.round(ct.voxels[EVEN.offset(i, j, k)] / 100);
    expect([wrong(most[0], ct, (...at) => nearest(...at) === 2), wrong(most[1], ct, (...at) => nearest(...at) === 3), most[2].mask.voxelCount]).toEqual([0, 0, 0]);
    expect(most[0].mask.voxelCount + most[1].mask.voxelCount).toBe(EVEN.voxelCount);
    expect(Math.min(most[0].mask.voxelCount, most[1].mask.voxelCount)).toBeGreaterThan(500);
  });

  it('is computed whole where the manifest says so, and the same where air is left out', async () => {
    const body = (i: number, j: number, k: number): number => (Math.hypot(i - 12, 1.5 * (j - 9), k - 4) < 8 ? 150 : -1000);
    const tiles = async (crop: 'body' | 'none'): Promise<[PredictedStructure, number]> => {
      let total = 0;
      const model = await foreign('threshold', { input: { patch: [8, 8, 8] }, inference: { crop }, output: { structures: [{ name: 'Dense', channels: [1] }] } });
      const [structure] = await predict(model, image(body, makeGeometry({ size: [90, 60, 30], columnSpacingMm: 2, rowSpacingMm: 3 })), { onProgress: (stage, _, all) => { if (stage === 'network') total = all; } });
      return [structure, total];
    };
    const [[cropped, few], [whole, many]] = [await tiles('body'), await tiles('none')];
    expect(few).toBeLessThan(many / 2);
    expect([cropped.mask.box, cropped.mask.voxels]).toEqual([whole.mask.box, whole.mask.voxels]);
  });

  it('lays tiles as closely as is asked for', async () => {
    const count = async (inference: InferenceOptions): Promise<number> => {
      let total = 0;
      await predict(await foreign('threshold', { input: { patch: [8, 8, 8] } }), image(noise(4)), { inference, onProgress: (stage, _, all) => { if (stage === 'network') total = all; } });
      return total;
    };
    expect(await count({ overlap: 0 })).toBe(4 * 3 * 2);
    expect(await count({ overlap: 0.5 })).toBe(6 * 4 * 2);
  });
});

describe('mirroring', () => {
  /** Marks channel 1 or 2 as the voxel lies in the left or the right half of the tile, as a network that knows sides by place alone. */
  const sided: Runner = {
    run: (tile, [width]) => {
      const logits = new Float32Array(3 * tile.length);
      for (let index = 0; index < tile.length; index++) logits[(index % width < width / 2 ? 1 : 2) * tile.length + index] = tile[index];
      return Promise.resolve(logits);
    },
  };
  const size: Vector3 = [4, 3, 2];
  const tile = Float32Array.from({ length: 24 }, (_, index) => index + 1);

  it('lets left and right change places, so that sides stay where they are', async () => {
    const plain = await sided.run(tile, size);
    expect(await mirrored(sided, { axes: ['x'], channelSwap: [0, 2, 1] }).run(tile, size)).toEqual(plain);
    expect(await mirrored(sided, { axes: ['x', 'y', 'z'], channelSwap: [0, 2, 1] }).run(tile, size)).toEqual(plain);
    expect(await mirrored(sided, { axes: ['x'], channelSwap: [0, 1, 2] }).run(tile, size)).not.toEqual(plain);
  });

  it('averages the network over all flips', async () => {
    const seen: number[] = [];
    const first: Runner = { run: (given) => { seen.push(given[0]); return Promise.resolve(Float32Array.from(given, () => given[0])); } };
    const mean = await mirrored(first, { axes: ['x', 'z'], channelSwap: [0] }).run(tile, size);
    // The corners of the tile that flips along x and z bring to its first place.
    expect(seen.sort((a, b) => a - b)).toEqual([1, 4, 13, 16]);
    expect(mean).toEqual(new Float32Array(24).fill((1 + 4 + 13 + 16) / 4));
  });

  it('is refused for a model that was not trained for it, before it is loaded', async () => {
    const model = await foreign('threshold', { mirroring: { axes: [], swap: [] } });
    await expect(predict(model, image(noise(5)), { inference: { mirroring: true } })).rejects.toMatchObject({ code: 'contour-inference' });
  });

  it('gives the same where the network sees single voxels', async () => {
    const model = await foreign('threshold', { inference: { mirroring: true }, mirroring: { axes: ['x', 'y', 'z'], swap: [] }, output: { structures: [{ name: 'Dense', channels: [1] }] } });
    const ct = image(noise(6));
    expect(wrong((await predict(model, ct))[0], ct, (i, j, k) => ct.voxels[EVEN.offset(i, j, k)] >= 0)).toBe(0);
  });
});

describe('networks', () => {
  it('of an ensemble give the mean of their logits', async () => {
    const folder = await makeModelFolder('threshold', undefined, ['threshold', 'blur']);
    const [both, threshold, blur] = await Promise.all([readModel(folder), readModel(await makeModelFolder('threshold')), readModel(await makeModelFolder('blur'))].map(async (model) => loadNetwork(await model)));
    const tile = Float32Array.from({ length: 24 * 16 * 32 }, (_, index) => Math.sin(index * 12.9898));
    const [mean, one, other] = await Promise.all([both, threshold, blur].map((network) => network.run(tile, [24, 16, 32])));
    expect(Math.max(...mean.map((value, index) => Math.abs(value - (one[index] + other[index]) / 2)))).toBeLessThan(1e-5);
    await Promise.all([both, threshold, blur].map((network) => network.release()));
  });

  it('stay loaded from one image to the next, and are loaded again after they were closed', async () => {
    const networks = new LoadedNetworks();
    const model = await readModel(await makeModelFolder('threshold'));
    const first = await networks.of(model);
    expect(await networks.of(await readModel(await makeModelFolder('threshold')))).toBe(first);
    await predict(model, image(noise(7)), { networks });
    expect(await networks.of(model)).toBe(first);
    await networks.close();
    expect(await networks.of(model)).not.toBe(first);
    await networks.close();
  });

  it('of the same weights are others under another manifest', async () => {
    const networks = new LoadedNetworks();
    const [one, other] = [await foreign('slope', { input: { axes: 'zyx' } }), await foreign('slope', { input: { axes: 'xyz' } })];
    expect(one.manifest.files).toEqual(other.manifest.files);
    const ct = image((i) => 30 * i - 200);
    const alone = await predict(other, ct);
    await predict(one, ct, { networks });
    expect((await predict(other, ct, { networks })).map(({ mask }) => mask)).toEqual(alone.map(({ mask }) => mask));
    expect(await networks.of(one)).not.toBe(await networks.of(other));
    await networks.close();
  });

  it('run on the CPU, and say why, where the provider that was asked for cannot be used', async () => {
    const network = await loadNetwork(await readModel(await makeModelFolder('threshold')), 'coreml');
    // A machine that has CoreML uses it.
    if (process.platform === 'darwin') expect(network.fallback).toBeUndefined();
    else expect([network.provider, network.fallback]).toEqual(['cpu', expect.stringContaining('coreml cannot be used on this machine')]);
    await network.release();
  });

  it.each([
    ['an operator that onnxruntime does not know', 'unknown', {}, 'model-operator', 'No Op registered for Divine'],
    ['an opset of the future', 'future', {}, 'model-operator', 'does not know: ONNX Runtime only *guarantees*'],
    ['a format of the future', 'format', {}, 'model-operator', 'Unsupported model IR version: 99'],
    ['another number of axes', 'slices', {}, 'model-network', 'float32 of 4 axes, expected float32 [1, channel, z, y, x]'],
    ['tiles where it takes slices', 'threshold', { input: { dimensions: 2, patch: [16, 16, 1] } }, 'model-network', 'float32 of 5 axes, expected float32 [1, channel, y, x]'],
    ['more channels than it has', 'regions', { output: { activation: 'sigmoid', channels: 3 } }, 'model-network', 'returns 2 channels, the manifest says 3'],
  ] as const)('are refused for %s', async (_, network, change, code, message) => {
    await expect(loadNetwork(await foreign(network, change as Change))).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
  });
});

it('values in the other order of axes come back as they were', () => {
  const values = Float32Array.from({ length: 2 * 24 }, (_, index) => index);
  const turned = inOtherOrder(values, [4, 3, 2], 2);
  expect([turned[0], turned[1], turned[2], turned[6]]).toEqual([0, 12, 4, 1]);
  expect(inOtherOrder(turned, [2, 3, 4], 2)).toEqual(values);
});
