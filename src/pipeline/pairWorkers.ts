import type { Mask } from '../geometry/index.ts';
import type { PairMetrics, PairOptions } from '../metrics/index.ts';
import { shared } from './packed.ts';
import { WorkerPool } from './workerPool.ts';
import type { Slab } from './workerTasks.ts';

/** Measures pairs of structures in threads of their own: the figures of `pairMetrics`. */
export class PairWorkers {
  readonly #pool: WorkerPool;

  /** Starts them: best before the structures are read, so that they are ready when these are. Whoever starts them closes them. */
  constructor(pool = new WorkerPool(undefined, false)) {
    this.#pool = pool;
  }

  /** The figures of each pair, in their order. @throws RondoError as `pairMetrics` does */
  async measure(pairs: readonly { reference: Mask; test: Mask; options: PairOptions }[]): Promise<PairMetrics[]> {
    const inputs = function* (): Generator<{ reference: Slab['mask']; test: Slab['mask']; options: PairOptions }> {
      // Copied when a thread is free for it: not all masks are in memory twice at once.
      for (const { reference, test, options } of pairs) yield { reference: sharedMask(reference), test: sharedMask(test), options };
    };
    return await this.#pool.map('compare', inputs());
  }

  /** Ends the threads; see `WorkerPool.close`. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** In memory that threads share, so that its voxels are not sent. */
function sharedMask(mask: Mask): Slab['mask'] {
  const { geometry, box, voxels } = mask.cropped();
  return { geometry, box, voxels: shared(voxels) };
}
