import { Mask, type VolumeGeometry } from '../geometry/index.ts';
import type { PairMetrics, PairOptions } from '../metrics/index.ts';
import type { FileContour, Structure, StructureMask, StructureSet } from '../rtstruct/index.ts';
import { packFileContours, shared } from './packed.ts';
import { WorkerPool } from './workerPool.ts';
import type { MaskValues } from './workerTasks.ts';

/** A pair of structures on one grid, and how it is measured. */
export interface MeasuredPair {
  reference: Mask;
  test: Mask;
  options: PairOptions;
}

/** Draws structures on a CT and measures pairs of them in threads of their own. What they give is what the functions of `rtstruct/` and `metrics/` give. */
export class PairWorkers {
  readonly #pool: WorkerPool;

  /** Starts them: best before the structures are read, so that they are ready when these are. Whoever starts them closes them. */
  constructor(pool = new WorkerPool(undefined, false)) {
    this.#pool = pool;
  }

  /**
   * The masks of structures of a set as `maskOfStructure` draws them, in their order, each in the smallest box that holds it and in memory that threads share.
   * @throws RondoError as `maskOfStructure` does
   */
  async draw({ reference }: Pick<StructureSet<FileContour>, 'reference'>, structures: readonly Structure<FileContour>[], geometry: VolumeGeometry): Promise<StructureMask[]> {
    const sizes = structures.map(({ contours }) => contours.reduce((sum, { points }) => sum + points.length, 0));
    const drawn = await largestFirst(sizes, (order) => this.#pool.map('draw', (function* () {
      for (const index of order) yield { reference: { ...reference, series: [] }, contours: packFileContours(structures[index].contours), geometry };
    })()));
    return drawn.map(({ mask: { box, voxels }, ...placing }) => ({ mask: new Mask(geometry, box, voxels), ...placing }));
  }

  /** The figures of each pair, in their order. @throws RondoError as `pairMetrics` does */
  async measure(pairs: readonly MeasuredPair[]): Promise<PairMetrics[]> {
    return await largestFirst(pairs.map(({ reference, test }) => reference.voxels.length + test.voxels.length), (order) => this.#pool.map('compare', (function* () {
      // Copied when a thread is free for it: not all masks are in memory twice at once.
      for (const { reference, test, options } of order.map((index) => pairs[index])) yield { reference: sharedMask(reference), test: sharedMask(test), options };
    })()));
  }

  /** Ends the threads; see `WorkerPool.close`. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** What is done in the order of falling size, in its own order: a large one begun last would be waited for by all threads but one. */
async function largestFirst<T>(sizes: readonly number[], inOrder: (order: readonly number[]) => Promise<T[]>): Promise<T[]> {
  const order = [...sizes.keys()].sort((one, other) => sizes[other] - sizes[one]);
  const outputs = await inOrder(order);
  const results: T[] = [];
  for (const [place, index] of order.entries()) results[index] = outputs[place];
  return results;
}

/** In memory that threads share, so that its voxels are not sent. */
function sharedMask(mask: Mask): MaskValues {
  const { geometry, box, voxels } = mask.voxels.buffer instanceof SharedArrayBuffer ? mask : mask.cropped();
  return { geometry, box, voxels: voxels.buffer instanceof SharedArrayBuffer ? voxels : shared(voxels) };
}
