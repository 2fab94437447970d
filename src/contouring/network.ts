import { availableParallelism } from 'node:os';
import { RondoError } from '../errors.ts';
import type { Vector3 } from '../geometry/index.ts';
import { networkFiles, type ModelManifest } from './modelManifest.ts';
import * as ort from './onnxruntime.ts';
import type { Model } from './readModel.ts';
import { inOtherOrder } from './tensorOrder.ts';

/** What runs tiles: one network, the mean of several, or of a network and its view of the mirrored tile. */
export interface Runner {
  /**
   * Logits of one tile.
   * @param tile normalized intensities, [z][y][x], x fastest
   * @param size tile size along x, y, z in voxels, multiples of the manifest's divisor
   * @returns logits [channel][z][y][x]
   */
  run(tile: Float32Array, size: Vector3): Promise<Float32Array>;
}

/** A model's networks, loaded. Release it when done: it holds native memory. */
export interface Network extends Runner {
  /** Where it runs. */
  provider: Provider;
  /** Why it does not run where it was asked to; undefined where it does. */
  fallback: string | undefined;
  release(): Promise<void>;
}

/** What computes: onnxruntime's execution providers, as users name them. */
export const PROVIDERS = ['cpu', 'cuda', 'coreml', 'directml'] as const;
export type Provider = (typeof PROVIDERS)[number];

const PROVIDER_NAMES: Readonly<Record<Provider, string>> = { cpu: 'cpu', cuda: 'cuda', coreml: 'coreml', directml: 'dml' };

/** Names of tensors in the networks that Rondo's training exports; others may name their one input and their one output as they like. */
const INPUT = 'image';
const OUTPUT = 'logits';

/**
 * Left to itself onnxruntime takes as many threads as the machine has cores and binds each to one, whatever the process was
 * granted: on two of four cores a tile took twice as long. Its plan of memory over a whole run costs 160 MB and gains no time.
 */
export const SESSION: ort.InferenceSession.SessionOptions = { graphOptimizationLevel: 'all', intraOpNumThreads: availableParallelism(), enableMemPattern: false };

/** What onnxruntime says of a network that is whole, but made of what it does not know. */
const UNSUPPORTED = /not a registered function\/op|No Op registered|NOT_IMPLEMENTED|Could not find an implementation|opset|ir_version|Unsupported model IR|custom domain/i;

/**
 * Loads a model's networks into onnxruntime.
 * @param wanted the provider to run on; where it cannot, the CPU does, and `fallback` says why
 * @throws RondoError `model-operator` for an operator, opset or format that this onnxruntime does not know, `model-network` when it refuses the
 *   file otherwise, or the file contradicts its manifest
 */
export async function loadNetwork(model: Model, wanted: Provider = 'cpu'): Promise<Network> {
  const networks: LoadedNetwork[] = [];
  try {
    for (const [index, weights] of model.weights.entries()) networks.push(await loadOne(model.manifest, weights, wanted, { file: `${model.folder}/${networkFiles(model.manifest)[index].name}` }));
  } catch (error) {
    await Promise.all(networks.map(({ session }) => session.release()));
    throw error;
  }
  const fallback = networks.find((network) => network.fallback !== undefined)?.fallback;
  return {
    provider: fallback === undefined ? wanted : 'cpu',
    fallback,
    run: meanOf(networks.map((network) => (tile, size) => runOne(network, model.manifest, tile, size))),
    async release() {
      await Promise.all(networks.map(({ session }) => session.release()));
    },
  };
}

/** The mean of the logits of several. */
export function meanOf(runs: readonly Runner['run'][]): Runner['run'] {
  if (runs.length === 1) return runs[0];
  return async (tile, size) => {
    const mean = (await runs[0](tile, size)).slice();
    for (const run of runs.slice(1)) {
      const logits = await run(tile, size);
      for (let index = 0; index < mean.length; index++) mean[index] += logits[index];
    }
    for (let index = 0; index < mean.length; index++) mean[index] /= runs.length;
    return mean;
  };
}

interface LoadedNetwork {
  session: ort.InferenceSession;
  input: string;
  output: string;
  fallback: string | undefined;
  /** For errors. */
  subject: { file: string };
}

async function loadOne(manifest: ModelManifest, weights: Uint8Array, wanted: Provider, subject: { file: string }): Promise<LoadedNetwork> {
  const { session, fallback } = await openSession(manifest, weights, wanted, subject);
  const [input, output] = [nameIn(session.inputNames, INPUT), nameIn(session.outputNames, OUTPUT)];
  const problem = signatureProblem(session, manifest, input, output);
  if (problem === undefined && input !== undefined && output !== undefined) return { session, input, output, fallback, subject };
  await session.release();
  throw new RondoError('model-network', `The network of ${manifest.name} contradicts its manifest: ${problem ?? ''}.`, subject);
}

async function openSession({ name }: ModelManifest, weights: Uint8Array, wanted: Provider, subject: { file: string }): Promise<{ session: ort.InferenceSession; fallback: string | undefined }> {
  const open = (provider: Provider): Promise<ort.InferenceSession> => ort.InferenceSession.create(weights, { ...SESSION, executionProviders: [PROVIDER_NAMES[provider]] });
  let fallback: string | undefined;
  if (wanted !== 'cpu') {
    try {
      return { session: await open(wanted), fallback };
    } catch (error) {
      fallback = `${wanted} cannot be used on this machine (${reasonOf(error).slice(0, -1)}), so ${name} ran on the CPU`;
    }
  }
  try {
    return { session: await open('cpu'), fallback };
  } catch (cause) {
    if (UNSUPPORTED.test(String(cause))) {
      throw new RondoError('model-operator', `The network of ${name} is made of what this onnxruntime (${ort.env.versions.node ?? ''}) does not know: ${reasonOf(cause)} Export it anew with standard ONNX operators, opset 17 for instance.`, subject, { cause });
    }
    throw new RondoError('model-network', `onnxruntime cannot load the network of ${name}: ${reasonOf(cause)}`, subject, { cause });
  }
}

async function runOne({ session, input, output, subject }: LoadedNetwork, manifest: ModelManifest, tile: Float32Array, size: Vector3): Promise<Float32Array> {
  const { axes, dimensions } = manifest.input;
  const { channels } = manifest.output;
  const [width, height, depth] = size;
  const spatial = axes === 'zyx' ? [depth, height, width] : [width, height, depth];
  // A network for slices has no axis z, which has one voxel here and takes no room.
  const shape = dimensions === 3 ? spatial : axes === 'zyx' ? spatial.slice(1) : spatial.slice(0, 2);
  const given = axes === 'zyx' ? tile : inOtherOrder(tile, [width, height, depth], 1);
  const logits = (await session.run({ [input]: new ort.Tensor('float32', given, [1, 1, ...shape]) }))[output];
  const expected = [1, channels, ...shape];
  if (logits.type !== 'float32' || logits.dims.join() !== expected.join()) {
    throw new RondoError('model-network', `The network of ${manifest.name} returned ${logits.type} [${logits.dims.join(', ')}], expected float32 [${expected.join(', ')}].`, subject);
  }
  return axes === 'zyx' ? (logits.data as Float32Array) : inOtherOrder(logits.data as Float32Array, [depth, height, width], channels);
}

/** The tensor that is meant: the only one, or that of the name. */
function nameIn(names: readonly string[], name: string): string | undefined {
  return names.length === 1 ? names[0] : names.find((one) => one === name);
}

function signatureProblem(session: ort.InferenceSession, { input: { dimensions, axes, patch }, output: { channels } }: ModelManifest, input: string | undefined, output: string | undefined): string | undefined {
  if (session.inputNames.length !== 1) return `its inputs are "${session.inputNames.join(', ')}", expected one`;
  if (output === undefined) return `its outputs are "${session.outputNames.join(', ')}", expected one, or one named "${OUTPUT}"`;
  const spatial = (axes === 'zyx' ? patch.toReversed() : patch).filter((_, axis) => dimensions === 3 || axis !== (axes === 'zyx' ? 0 : 2));
  const letters = Array.from(axes).filter((letter) => dimensions === 3 || letter !== 'z').join(', ');
  for (const [what, metadata, name, expected] of [['takes', session.inputMetadata, input, 1], ['returns', session.outputMetadata, output, channels]] as const) {
    const tensor = metadata.find((one) => one.name === name);
    if (tensor?.isTensor !== true) continue;
    if (tensor.type !== 'float32' || tensor.shape.length !== dimensions + 2) return `it ${what} ${tensor.type} of ${tensor.shape.length} axes, expected float32 [1, channel, ${letters}]`;
    const fixed = (at: number): number | undefined => { const size = tensor.shape[at]; return typeof size === 'number' && size > 0 ? size : undefined; };
    if ((fixed(1) ?? expected) !== expected) return what === 'takes' ? `it takes ${fixed(1) ?? ''} channels, a CT has one` : `it returns ${fixed(1) ?? ''} channels, the manifest says ${expected}`;
    if (spatial.some((size, axis) => (fixed(axis + 2) ?? size) !== size)) return `it ${what} [${tensor.shape.join(', ')}], the manifest's patch is ${patch.join('×')} (x, y, z)`;
  }
  return undefined;
}

/** What onnxruntime says, without the place in its own source that it may begin with. */
function reasonOf(error: unknown): string {
  const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
  const reason = line.replace(/^.*\/onnxruntime_src\/.*\) (?=\S)/, '').trim();
  return reason.endsWith('.') ? reason : `${reason}.`;
}
