import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { ModelManifest } from '../../src/contouring/index.ts';
import { paritySamples, parityTile } from '../../src/contouring/parityTile.ts';

const PATCH: [number, number, number] = [24, 16, 32];
const INTENSITY: ModelManifest['input']['intensity'] = { clipHu: [-1000, 600], meanHu: -200, stdHu: 400 };

/** A file as a manifest lists it. */
export function listed(name: string, bytes: Uint8Array): ModelManifest['files'][number] {
  return { name, sha256: sha256(bytes), bytes: bytes.length };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The networks of test/contouring/networks, as its make.py describes them. */
export type TinyNetwork = keyof typeof LOGITS | 'slope' | 'slices' | 'regions' | 'unknown' | 'future' | 'format';

/**
 * A model folder round one of the tiny networks; `change` may damage the manifest. There are parity vectors of those whose logits are known here.
 * @param ensemble the networks of an ensemble, where there is more than one
 */
export async function makeModelFolder(network: TinyNetwork, change: (manifest: ModelManifest) => unknown = (manifest) => manifest, ensemble: readonly TinyNetwork[] = [network]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-model-'));
  const networks = await Promise.all(ensemble.map(async (name) => await readFile(path.join(import.meta.dirname, '../contouring/networks', `${name}.onnx`))));
  const names = networks.map((_, index) => (networks.length === 1 ? 'model.onnx' : `model-${index}.onnx`));
  const [weights] = networks;
  const parity = Buffer.from(JSON.stringify(network in LOGITS ? parityOf(network as keyof typeof LOGITS) : {}));
  for (const [index, bytes] of networks.entries()) await writeFile(path.join(folder, names[index]), bytes);
  await writeFile(path.join(folder, 'parity.json'), parity);
  await writeFile(path.join(folder, 'card.md'), `# test-${network} 1.0.0\n\nSHA-256 ${sha256(weights)}\n`);
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
      axes: 'zyx',
      dimensions: 3,
      patch: PATCH,
      divisor: 8,
      intensity: INTENSITY,
      outsideHu: -1000,
    },
    output: { activation: 'softmax', decision: 'half', channels: 2, structures: [{ name: 'Dense', channels: [1] }, { name: 'Everything', channels: [0, 1] }] },
    inference: { overlap: 1 / 3, mirroring: false, crop: 'body', tiling: 'spread', resampling: 'triangle' },
    mirroring: { axes: ['x'], swap: [] },
    files: [...networks.map((bytes, index) => listed(names[index], bytes)), listed('parity.json', parity)],
    accuracy: { testSet: 'none', method: 'none', structures: [] },
  };
  await writeFile(path.join(folder, 'model.yaml'), stringify(change(structuredClone(manifest))));
  return folder;
}

/** Vectors of a tiny network by what networks/make.py says of it, zeros beyond the tile. */
function parityOf(network: keyof typeof LOGITS): Record<string, unknown> {
  const { channels, reach, logit } = LOGITS[network];
  const hu = parityTile(PATCH);
  const [width, height, depth] = PATCH;
  const at = (x: number, y: number, z: number): number => {
    if (x < 0 || y < 0 || z < 0 || x >= width || y >= height || z >= depth) return 0;
    return (Math.min(Math.max(hu[(z * height + y) * width + x], INTENSITY.clipHu[0]), INTENSITY.clipHu[1]) - INTENSITY.meanHu) / INTENSITY.stdHu;
  };
  const logits = Array.from(paritySamples(channels * hu.length, 500), (position) => {
    const voxel = position % hu.length;
    const [x, y, z] = [voxel % width, Math.floor(voxel / width) % height, Math.floor(voxel / (width * height))];
    let sum = 0;
    for (let k = -reach; k <= reach; k++) for (let j = -reach; j <= reach; j++) for (let i = -reach; i <= reach; i++) sum += at(x + i, y + j, z + k);
    return logit(sum / (2 * reach + 1) ** 3, Math.floor(position / hu.length));
  });
  return {
    format: 'rondo-parity/1',
    patch: PATCH,
    inputSha256: sha256(new Uint8Array(hu.buffer)),
    channels,
    tolerance: 0.001 * channels,
    logits: Buffer.from(Float32Array.from(logits).buffer).toString('base64'),
  };
}

/** The logit of a channel from the mean intensity of the voxels within `reach`. */
const LOGITS = {
  threshold: { channels: 2, reach: 0, logit: (mean: number, channel: number) => 8 * channel * mean },
  blur: { channels: 2, reach: 2, logit: (mean: number, channel: number) => 8 * channel * mean },
  levels: { channels: 32, reach: 0, logit: (mean: number, channel: number) => 20 * (channel * mean - channel ** 2 / 2) },
} as const;
