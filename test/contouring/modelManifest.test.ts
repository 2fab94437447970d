import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { predict, readModel, type ModelManifest } from '../../src/contouring/index.ts';
import { Volume } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { makeModelFolder } from '../support/models.ts';

describe('a model folder', () => {
  it('is read with its weights when all agrees', async () => {
    const model = await readModel(await makeModelFolder('threshold'));
    expect(model.manifest.output.structures.map(({ name }) => name)).toEqual(['Dense', 'Everything']);
    expect(model.weights[0].length).toBe(model.manifest.files[0].bytes);
  });

  it('is refused when a single byte of the weights was changed', async () => {
    const folder = await makeModelFolder('threshold');
    await appendFile(path.join(folder, 'model.onnx'), 'x');
    await expect(readModel(folder)).rejects.toMatchObject({ code: 'model-checksum', subject: { file: path.join(folder, 'model.onnx') } });
  });

  it('is refused when there is no manifest or no YAML in it', async () => {
    const folder = await makeModelFolder('threshold');
    await expect(readModel(path.join(folder, 'elsewhere'))).rejects.toMatchObject({ code: 'model-missing' });
    await writeFile(path.join(folder, 'model.yaml'), 'a: [1');
    await expect(readModel(folder)).rejects.toMatchObject({ code: 'model-manifest' });
  });

  const withOutput = (output: Partial<ModelManifest['output']>) => (manifest: ModelManifest) => ({ ...manifest, output: { ...manifest.output, ...output } });
  it.each([
    ['an unknown key', (manifest: ModelManifest) => ({ ...manifest, colour: 'red' }), 'colour'],
    ['a spacing of zero', (manifest: ModelManifest) => ({ ...manifest, input: { ...manifest.input, spacingMm: [3, 0, 3] } }), 'spacingMm'],
    ['a patch that the network cannot halve', (manifest: ModelManifest) => ({ ...manifest, input: { ...manifest.input, patch: [24, 20, 32] } }), 'input, patch: 24×20×32 is not a multiple of the divisor'],
    ['a channel that does not exist', withOutput({ structures: [{ name: 'Dense', channels: [2] }] }), 'output, structures, entry 1 (Dense): uses channel 2'],
    ['a structure named twice', withOutput({ structures: [{ name: 'A', channels: [1] }, { name: 'A', channels: [0] }] }), 'entry 2 (A): the structure occurs twice'],
    ['a mirror of unknown structures', (manifest: ModelManifest) => ({ ...manifest, mirroring: { axes: ['x'], swap: [['Lung_L', 'Dense']] } }), 'mirroring, swap, entry 1: Lung_L is mentioned'],
    ['pairs whose channels are in another order', (manifest: ModelManifest) => ({
      ...manifest,
      output: { ...manifest.output, channels: 5, structures: [{ name: 'A_L', channels: [1, 2] }, { name: 'A_R', channels: [4, 3] }, { name: 'B_L', channels: [2] }, { name: 'B_R', channels: [4] }] },
      mirroring: { axes: ['x'], swap: [['A_L', 'A_R'], ['B_L', 'B_R']] },
    }), 'mirroring, swap: channel 2 is paired with several others'],
    ['weights in another folder', (manifest: ModelManifest) => ({ ...manifest, files: [{ ...manifest.files[0], name: '../model.onnx' }] }), 'files'],
  ])('is refused for %s', async (_, change, message) => {
    await expect(readModel(await makeModelFolder('threshold', change))).rejects.toMatchObject({ code: 'model-manifest', message: expect.stringContaining(message) as unknown });
  });

  it('is refused with the line of each fault', async () => {
    const folder = await makeModelFolder('threshold');
    const file = path.join(folder, 'model.yaml');
    const lines = (await readFile(file, 'utf8')).split('\n');
    const [at, other] = ['outsideHu', 'modality'].map((key) => lines.findIndex((line) => line.includes(key)));
    await writeFile(file, lines.map((line, index) => (index === at ? line.replace(/outsideHu: .*/, 'outsideHu: air') : index === other ? line.replace('CT', 'MR') : line)).join('\n'));
    const message = await readModel(folder).then(() => '', (error: unknown) => (error as Error).message);
    expect(message).toContain(`line ${at + 1}, input, outsideHu: `);
    expect(message).toContain(`line ${other + 1}, input, modality: `);
  });

  it('is refused when the network returns other channels than the manifest says', async () => {
    const folder = await makeModelFolder('threshold', withOutput({ channels: 3 }));
    const geometry = makeGeometry();
    await expect(predict(await readModel(folder), new Volume(geometry, new Int16Array(geometry.voxelCount)))).rejects.toMatchObject({ code: 'model-network' });
  });
});
