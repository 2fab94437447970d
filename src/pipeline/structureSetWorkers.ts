import type { CtGrid, PlanningCt } from '../dicom/index.ts';
import { Mask } from '../geometry/index.ts';
import type { Contour, SmoothField, StructureSet, TpsName, VerifiedStructure } from '../rtstruct/index.ts';
import type { ContourMode } from './structureOfMask.ts';
import { WorkerPool } from './workerPool.ts';
import type { Slab } from './workerTasks.ts';

/** Slices that a thread draws at a time: few enough to share a structure out evenly, more than handing them over costs. */
const SLAB_SLICES = 12;

/** Draws, writes and reads back structure sets in threads of their own. What they give is what the functions of `rtstruct/` give, to the last bit. */
export class StructureSetWorkers {
  readonly #pool: WorkerPool;

  /** Starts them: best before the CT is read, so that they are ready when it is. Whoever starts them closes them. */
  constructor(pool = new WorkerPool()) {
    this.#pool = pool;
  }

  /**
   * The contours of each field, as `traceContours` or `traceSmoothContours` draws them.
   * @param onField called with the place of a field when it is begun
   * @throws RondoError as those do
   */
  async trace(fields: readonly SmoothField[], mode: ContourMode, onField?: (index: number) => void): Promise<Contour[][]> {
    const fieldOf: number[] = [];
    const slabs = function* (): Generator<Slab> {
      for (const [index, field] of fields.entries()) {
        onField?.(index);
        for (const slab of slabsOf(shared(field.mask), field.probability, mode)) {
          fieldOf.push(index);
          yield slab;
        }
      }
    };
    const drawn = await this.#pool.map('trace', slabs());
    return fields.map((_, index) => drawn.filter((_contours, slab) => fieldOf[slab] === index).flat());
  }

  /** The file, as `writeStructureSet` writes it. @throws RondoError as that does */
  async write(set: StructureSet, ct: PlanningCt, profile: TpsName): Promise<Uint8Array> {
    return await this.#pool.run('write', { set, ct: gridOf(ct), profile });
  }

  /** What `verifyStructureSet` finds. @throws RondoError as that does */
  async verify(bytes: Uint8Array, ct: PlanningCt, masks: ReadonlyMap<string, Mask>): Promise<VerifiedStructure[]> {
    return await this.#pool.run('verify', { bytes, ct: gridOf(ct), masks: new Map(Array.from(masks, ([name, mask]) => [name, valuesOf(shared(mask))])) });
  }

  /** Ends the threads; see `WorkerPool.close`. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** A mask in memory that threads share, so that none of them is sent its voxels; the mask itself where it lies there already. */
export function shared(mask: Mask): Mask {
  if (mask.voxels.buffer instanceof SharedArrayBuffer) return mask;
  const voxels = new Uint8Array(new SharedArrayBuffer(mask.voxels.length));
  voxels.set(mask.voxels);
  return new Mask(mask.geometry, mask.box, voxels);
}

function* slabsOf(mask: Mask, probability: SmoothField['probability'], mode: ContourMode): Generator<Slab> {
  const { geometry, box, voxels } = mask;
  const [columns, rows, slices] = box.size;
  for (let first = 0; first < slices; first += SLAB_SLICES) {
    const count = Math.min(SLAB_SLICES, slices - first);
    const probabilities = probability && Array.from({ length: count }, (_, index) => {
      const slice = box.min[2] + first + index;
      return mask.slice(slice)?.includes(1) ? probability(slice) : undefined;
    });
    yield {
      mode,
      mask: {
        geometry,
        box: { min: [box.min[0], box.min[1], box.min[2] + first], size: [columns, rows, count] },
        voxels: voxels.subarray(first * columns * rows, (first + count) * columns * rows),
      },
      probabilities,
    };
  }
}

function valuesOf({ geometry, box, voxels }: Mask): Slab['mask'] {
  return { geometry, box, voxels };
}

function gridOf({ volume: { geometry }, ...ct }: PlanningCt): CtGrid {
  return { ...ct, volume: { geometry } };
}
