import * as ort from 'onnxruntime-node';
import { RondoError } from '../errors.ts';
import type { Vector3 } from '../geometry/index.ts';
import type { Model } from './modelManifest.ts';

/** A model's network, loaded and ready to run tiles. Release it when done: it holds native memory. */
export interface Network {
  /**
   * Logits of one tile.
   * @param tile normalized intensities, [z][y][x], x fastest
   * @param size tile size along x, y, z in voxels, multiples of the manifest's divisor
   * @returns logits [channel][z][y][x]
   */
  run(tile: Float32Array, size: Vector3): Promise<Float32Array>;
  release(): Promise<void>;
}

const INPUT = 'image';
const OUTPUT = 'logits';

/**
 * Loads a model's network into onnxruntime.
 * @throws RondoError `model-network` when onnxruntime refuses the file or the file contradicts its manifest.
 */
export async function loadNetwork(model: Model): Promise<Network> {
  const { manifest, folder } = model;
  let session: ort.InferenceSession;
  try {
    session = await ort.InferenceSession.create(model.weights, { executionProviders: ['cpu'], graphOptimizationLevel: 'all' });
  } catch (cause) {
    throw new RondoError('model-network', `onnxruntime cannot load the network of ${manifest.name}: ${String(cause)}`, { file: folder }, { cause });
  }
  const problem = signatureProblem(session, manifest.output.channels);
  if (problem !== undefined) {
    await session.release();
    throw new RondoError('model-network', `The network of ${manifest.name} contradicts its manifest: ${problem}.`, { file: folder });
  }
  return {
    async run(tile, [width, height, depth]) {
      const input = new ort.Tensor('float32', tile, [1, 1, depth, height, width]);
      const results = await session.run({ [INPUT]: input });
      const logits = results[OUTPUT];
      const expected = [1, manifest.output.channels, depth, height, width];
      if (logits.type !== 'float32' || logits.dims.join() !== expected.join()) {
        throw new RondoError('model-network', `The network of ${manifest.name} returned ${logits.type} [${logits.dims.join(', ')}], expected float32 [${expected.join(', ')}].`, { file: folder });
      }
      return logits.data as Float32Array;
    },
    release: () => session.release(),
  };
}

function signatureProblem(session: ort.InferenceSession, channels: number): string | undefined {
  if (session.inputNames.join() !== INPUT) return `its inputs are "${session.inputNames.join(', ')}", expected "${INPUT}"`;
  if (!session.outputNames.includes(OUTPUT)) return `its outputs are "${session.outputNames.join(', ')}", expected "${OUTPUT}"`;
  const [input] = session.inputMetadata;
  const output = session.outputMetadata.find(({ name }) => name === OUTPUT);
  for (const [what, tensor] of [['takes', input], ['returns', output]] as const) {
    if (tensor?.isTensor === true && (tensor.type !== 'float32' || tensor.shape.length !== 5)) return `it ${what} ${tensor.type} of ${tensor.shape.length} axes, expected float32 [1, channel, z, y, x]`;
  }
  const differs = (tensor: typeof output, expected: number): boolean => tensor?.isTensor === true && typeof tensor.shape[1] === 'number' && tensor.shape[1] > 0 && tensor.shape[1] !== expected;
  if (differs(input, 1)) return 'it takes several channels, a CT has one';
  if (differs(output, channels)) return `it returns ${output?.isTensor === true ? output.shape[1] : ''} channels, the manifest says ${channels}`;
  return undefined;
}
