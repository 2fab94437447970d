import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { verifyModel, type ModelManifest } from '../../src/contouring/index.ts';
import { listed, makeModelFolder } from '../support/models.ts';

type Change = (folder: string) => Promise<unknown>;

const inFile = (name: string, change: (bytes: Buffer) => Uint8Array | string): Change => async (folder) => {
  const file = path.join(folder, name);
  await writeFile(file, change(await readFile(file)));
};
const inManifest = (change: (manifest: ModelManifest) => unknown): Change => inFile('model.yaml', (text) => stringify(change(parse(text.toString()) as ModelManifest)));
/** Changes the vectors and lists them anew: all is consistent, but the network gives something else. */
const inVectors = (change: (parity: { logits: string }) => unknown): Change => async (folder) => {
  const bytes = Buffer.from(JSON.stringify(change(JSON.parse(await readFile(path.join(folder, 'parity.json'), 'utf8')) as { logits: string })));
  await writeFile(path.join(folder, 'parity.json'), bytes);
  await inManifest((manifest) => ({ ...manifest, files: [manifest.files[0], listed('parity.json', bytes)] }))(folder);
};
const flipped = (bytes: Buffer): Buffer => {
  bytes[bytes.length >> 1] ^= 1;
  return bytes;
};
/** One logit more by 0.01. */
const nudged = (logits: string): string => {
  const bytes = Buffer.from(logits, 'base64');
  bytes.writeFloatLE(bytes.readFloatLE(400) + 0.01, 400);
  return bytes.toString('base64');
};

/** What each check gave: ok, not run, or the code of the failure. */
async function resultsOf(folder: string): Promise<Record<string, string>> {
  const { checks } = await verifyModel(folder);
  return Object.fromEntries(checks.map(({ check, result, problem }) => [check, problem?.code ?? result]));
}

const ALL_OK = { manifest: 'ok', weights: 'ok', vectors: 'ok', card: 'ok', network: 'ok', parity: 'ok' };

describe('verifying a model', () => {
  it.each(['threshold', 'blur'] as const)('finds nothing wrong with a whole one, %s', async (network) => {
    expect(await resultsOf(await makeModelFolder(network))).toEqual(ALL_OK);
  });

  it.each<[string, Change, Partial<Record<keyof typeof ALL_OK, string>>]>([
    ['a flipped bit of the weights', inFile('model.onnx', flipped), { weights: 'model-checksum', network: 'not run', parity: 'not run' }],
    ['missing weights', (folder) => rm(path.join(folder, 'model.onnx')), { weights: 'model-missing', network: 'not run', parity: 'not run' }],
    ['a size that is not the file\'s', inManifest(({ files: [weights, vectors], ...manifest }) => ({ ...manifest, files: [{ ...weights, bytes: 7 }, vectors] })), { weights: 'model-checksum', network: 'not run', parity: 'not run' }],
    ['another number of channels', inManifest((manifest) => ({ ...manifest, output: { ...manifest.output, channels: 3 } })), { network: 'model-network', parity: 'not run' }],
    ['altered vectors', inFile('parity.json', flipped), { vectors: 'model-checksum', parity: 'not run' }],
    ['vectors of another network', inVectors((parity) => ({ ...parity, logits: nudged(parity.logits) })), { parity: 'model-parity' }],
    ['vectors of another tile', inVectors((parity) => ({ ...parity, inputSha256: '0'.repeat(64) })), { parity: 'model-parity-input' }],
    ['vectors for other channels', inVectors((parity) => ({ ...parity, channels: 6 })), { parity: 'model-parity-file' }],
    ['vectors of another format', inVectors((parity) => ({ ...parity, format: 'rondo-parity/9' })), { parity: 'model-parity-file' }],
    ['vectors that any network would pass', inVectors((parity) => ({ ...parity, logits: '' })), { parity: 'model-parity-file' }],
    ['a tolerance that any network would pass', inVectors((parity) => ({ ...parity, tolerance: 1000 })), { parity: 'model-parity-file' }],
    ['no card', (folder) => rm(path.join(folder, 'card.md')), { card: 'model-card' }],
    ['a card of another version', inFile('card.md', (text) => text.toString().replace('1.0.0', '1.0.1')), { card: 'model-card' }],
    ['a card of other weights', inFile('card.md', (text) => text.toString().replace(/SHA-256 ./, 'SHA-256 x')), { card: 'model-card' }],
    ['no manifest', (folder) => rm(path.join(folder, 'model.yaml')), { manifest: 'model-missing', weights: 'not run', vectors: 'not run', card: 'not run', network: 'not run', parity: 'not run' }],
    ['a manifest that contradicts itself', inManifest((manifest) => ({ ...manifest, files: manifest.files.toReversed() })), { manifest: 'model-manifest', weights: 'not run', vectors: 'not run', card: 'not run', network: 'not run', parity: 'not run' }],
  ])('names %s', async (_, change, expected) => {
    const folder = await makeModelFolder('threshold');
    await change(folder);
    expect(await resultsOf(folder)).toEqual({ ...ALL_OK, ...expected });
  });

  it('names a file that onnxruntime cannot read, though its checksum is right', async () => {
    const rubbish = Buffer.from('no network');
    const folder = await makeModelFolder('threshold', (manifest) => ({ ...manifest, files: [listed('model.onnx', rubbish), manifest.files[1]] }));
    await writeFile(path.join(folder, 'model.onnx'), rubbish);
    expect(await resultsOf(folder)).toEqual({ ...ALL_OK, card: 'model-card', network: 'model-network', parity: 'not run' });
  });
});
