import { SESSION } from './network.ts';
import { onnxModel, type Graph } from './onnxGraph.ts';
import * as ort from './onnxruntime.ts';

/** Runs a graph: tensors by name in, tensors by name out. */
export type RunGraph = (feeds: Readonly<Record<string, ort.Tensor>>) => Promise<ort.InferenceSession.ReturnType>;

/** Loads a graph into onnxruntime, on the CPU, for as long as `work` takes. */
export async function withGraph<T>(graph: Graph, work: (run: RunGraph) => Promise<T>): Promise<T> {
  const session = await ort.InferenceSession.create(onnxModel(graph), SESSION);
  try {
    return await work(async (feeds) => await session.run(feeds));
  } finally {
    await session.release();
  }
}
