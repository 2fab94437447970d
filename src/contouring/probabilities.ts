import { RondoError } from '../errors.ts';
import { withGraph } from './graphSession.ts';
import type { ModelManifest } from './modelManifest.ts';
import type { GraphNode } from './onnxGraph.ts';
import { Tensor } from './onnxruntime.ts';

/** Voxels that are made probabilities of at once: their channels stay in the processor's cache. */
const STRETCH = 16384;

/** What becomes of logits: probabilities, or what they are. */
export type Activation = ModelManifest['output']['activation'] | 'none';

const ACTIVATIONS: Readonly<Record<Activation, GraphNode>> = {
  none: { op: 'Identity', inputs: ['logits'], outputs: ['probabilities'] },
  softmax: { op: 'Softmax', inputs: ['logits'], outputs: ['probabilities'], attributes: { axis: 0 } },
  sigmoid: { op: 'Sigmoid', inputs: ['logits'], outputs: ['probabilities'] },
};

/**
 * Weighted sums of logits become their means, and those probabilities, in place.
 * @param sums one array per channel
 * @param importance sum of the weights at each voxel
 * @throws RondoError `model-network` when a logit is not finite
 */
export async function activate(sums: readonly Float32Array[], importance: Float32Array, activation: Activation): Promise<void> {
  await withGraph({
    inputs: [{ name: 'sums', type: 'float32', shape: ['channels', 'voxels'] }, { name: 'importance', type: 'float32', shape: ['voxels'] }],
    outputs: [{ name: 'probabilities', type: 'float32', shape: ['channels', 'voxels'] }, { name: 'damage', type: 'float32', shape: [1, 1] }],
    scalars: { nothing: 0 },
    nodes: [
      { op: 'Div', inputs: ['sums', 'importance'], outputs: ['logits'] },
      ACTIVATIONS[activation],
      // What is not finite gives no zero.
      { op: 'Mul', inputs: ['logits', 'nothing'], outputs: ['zeros'] },
      { op: 'ReduceSum', inputs: ['zeros'], outputs: ['damage'] },
    ],
  }, async (run) => {
    for (let start = 0; start < importance.length; start += STRETCH) {
      const count = Math.min(STRETCH, importance.length - start);
      const stretch = new Float32Array(sums.length * count);
      for (const [channel, sum] of sums.entries()) stretch.set(sum.subarray(start, start + count), channel * count);
      const { probabilities, damage } = await run({ sums: new Tensor('float32', stretch, [sums.length, count]), importance: new Tensor('float32', importance.subarray(start, start + count), [count]) });
      if (damage.data[0] !== 0) throw new RondoError('model-network', 'The network returned numbers that are not finite; its weights or the intensities given to it are damaged.');
      for (const [channel, sum] of sums.entries()) sum.set((probabilities.data as Float32Array).subarray(channel * count, (channel + 1) * count), start);
    }
  });
}
