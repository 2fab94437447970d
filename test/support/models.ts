import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { ModelManifest } from '../../src/contouring/index.ts';

/** A model folder round one of the tiny networks of test/contouring/networks; `change` may damage the manifest. */
export async function makeModelFolder(network: 'threshold' | 'blur' | 'levels', change: (manifest: ModelManifest) => unknown = (manifest) => manifest): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-model-'));
  const source = path.join(import.meta.dirname, '../contouring/networks', `${network}.onnx`);
  const weights = await readFile(source);
  await copyFile(source, path.join(folder, 'model.onnx'));
  const manifest: ModelManifest = {
    format: 'rondo-model/1',
    name: `test-${network}`,
    version: '1.0.0',
    task: 'Voxels above −200 HU',
    architecture: { name: network, parameters: 2, description: 'one convolution' },
    guideline: 'none',
    licence: 'Apache-2.0',
    trainingData: { kind: 'synthetic', description: 'none: weights set by hand', cases: 1 },
    input: {
      modality: 'CT',
      spacingMm: [3, 2, 4],
      orientation: 'LPS',
      patch: [24, 16, 32],
      divisor: 8,
      intensity: { clipHu: [-1000, 600], meanHu: -200, stdHu: 400 },
      outsideHu: -1000,
    },
    output: { activation: 'softmax', channels: 2, structures: [{ name: 'Dense', channels: [1] }, { name: 'Everything', channels: [0, 1] }] },
    mirroring: { axis: 'x', swap: [] },
    files: [{ name: 'model.onnx', sha256: createHash('sha256').update(weights).digest('hex'), bytes: weights.length }],
    accuracy: { testSet: 'none', method: 'none', structures: [] },
  };
  await writeFile(path.join(folder, 'model.yaml'), stringify(change(structuredClone(manifest))));
  return folder;
}
