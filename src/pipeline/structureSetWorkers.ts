import type { CtGrid } from '../dicom/index.ts';
import { Mask } from '../geometry/index.ts';
import { checkWritable, needsXor, TPS_PROFILES, type Contour, type SliceRange, type SmoothField, type Structure, type StructureSet, type TpsName, type VerifiedStructure } from '../rtstruct/index.ts';
import { packContours, shared, unpackContours } from './packed.ts';
import type { ContourMode } from './structureOfMask.ts';
import { WorkerPool } from './workerPool.ts';
import type { MaskValues, Slab, WorkerTasks } from './workerTasks.ts';

/** Slices that a thread draws at a time: few enough to share a structure out evenly, more than handing them over costs. */
const SLAB_SLICES = 12;

/** Points that a thread encodes at a time, for the same reasons. */
const PART_POINTS = 5_000;

/** Draws, writes, checks and reads back structure sets in threads of their own. What they give is what the functions of `rtstruct/` give, to the last bit. */
export class StructureSetWorkers {
  readonly #pool: WorkerPool;
  /** Masks that were drawn, in memory that threads share: the check asks for them once more. */
  readonly #shared = new WeakMap<Mask, Mask>();

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
    const copies = fields.map(({ mask }) => roomFor(mask));
    const slabs = function* (): Generator<Slab> {
      for (const [index, field] of fields.entries()) {
        onField?.(index);
        for (const slab of slabsOf(field, copies[index], mode)) {
          fieldOf.push(index);
          yield slab;
        }
        // While the threads draw: by the time that the volume is asked for they would stand idle.
        field.mask.countVolume();
      }
    };
    const drawn = await this.#pool.map('trace', slabs());
    fields.forEach(({ mask }, index) => this.#shared.set(mask, copies[index]));
    return fields.map((_, index) => drawn.filter((_contours, slab) => fieldOf[slab] === index).flatMap(unpackContours));
  }

  /** The file, as `writeStructureSet` writes it, to be checked by `check` yet. @throws RondoError as `checkWritable`, `encodedContours` and `structureSetBytes` say */
  async write(set: StructureSet, ct: CtGrid, profile: TpsName): Promise<Uint8Array> {
    const grid = gridOf(ct);
    checkWritable(set, ct);
    const structureOf: Structure[] = [];
    const parts = function* (): Generator<Parameters<WorkerTasks['encode']>[0]> {
      for (const structure of set.structures) {
        const xor = needsXor(structure.contours, TPS_PROFILES[profile].holes.value);
        for (const contours of partsOf(structure.contours)) {
          structureOf.push(structure);
          yield { contours: packContours(contours), encoding: { name: structure.name, ct: grid, xor } };
        }
      }
    };
    const encoded = await this.#pool.map('encode', parts());
    const structures = set.structures.map((structure) => ({ ...structure, contours: encoded.filter((_, part) => structureOf[part] === structure) }));
    return (await this.#pool.run('write', { set: { ...set, structures }, ct: grid })).slice();
  }

  /**
   * Whether a written file may leave: by the preflight of its profile, and by the masks that it was made from.
   * @returns what `verifyStructureSet` finds
   * @throws RondoError as `checkFile` says, else as `verifyStructureSet` does
   */
  async check(bytes: Uint8Array, ct: CtGrid, profile: TpsName, masks: ReadonlyMap<string, Mask>): Promise<VerifiedStructure[]> {
    const grid = gridOf(ct);
    const file = shared(bytes);
    const drawn = new Map(Array.from(masks, ([name, mask]) => [name, valuesOf(this.#shared.get(mask) ?? filled(roomFor(mask), mask))]));
    const ranges = rangesOf([...masks.values()], ct.slices.length, this.#pool.threadsFor('verify'));
    const [checked, verified] = await Promise.allSettled([
      this.#pool.run('check', { bytes: file, ct: grid, profile }),
      this.#pool.map('verify', ranges.map((range) => ({ bytes: file, ct: grid, masks: drawn, range }))),
    ]);
    if (checked.status === 'rejected') throw checked.reason;
    if (verified.status === 'fulfilled') return joined(verified.value);
    // A part knows of its own slices only: what is wrong with the whole is said by looking at the whole.
    await this.#pool.map('verify', [{ bytes: file, ct: grid, masks: drawn }]);
    throw verified.reason;
  }

  /** Ends the threads; see `WorkerPool.close`. */
  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** All slices in `count` ranges at most, with about as many slices of masks in each. */
function rangesOf(masks: readonly Mask[], slices: number, count: number): SliceRange[] {
  const drawn = Array.from({ length: slices }, (_, k) => masks.filter(({ box: { min, size } }) => k >= min[2] && k < min[2] + size[2]).length);
  const share = drawn.reduce((sum, value) => sum + value, 0) / count;
  const ranges: SliceRange[] = [];
  let [first, room] = [0, share];
  for (const [k, value] of drawn.entries()) {
    room -= value;
    if ((room > 0 || ranges.length === count - 1) && k < slices - 1) continue;
    ranges.push({ first, end: k + 1 });
    [first, room] = [k + 1, room + share];
  }
  return ranges;
}

/** What was found in ranges of slices, as of the whole. */
function joined(parts: readonly (readonly VerifiedStructure[])[]): VerifiedStructure[] {
  return parts[0].map((structure, index) => ({ ...structure, volumeCc: parts.reduce((sum, part) => sum + part[index].volumeCc, 0) }));
}

/** Contours in parts of about `PART_POINTS` points, in their order. */
function partsOf(contours: readonly Contour[]): Contour[][] {
  const parts: Contour[][] = [];
  let room = 0;
  for (const contour of contours) {
    if (room <= 0) {
      parts.push([]);
      room = PART_POINTS;
    }
    parts[parts.length - 1].push(contour);
    room -= pointCountOf(contour);
  }
  return parts;
}

function pointCountOf({ points, holes }: Contour): number {
  return holes.reduce((sum, hole) => sum + hole.length, points.length) / 3;
}

/** Room for a mask in memory that threads share, so that none of them is sent its voxels. */
function roomFor({ geometry, box, voxels }: Mask): Mask {
  return new Mask(geometry, box, new Uint8Array(new SharedArrayBuffer(voxels.length)));
}

function filled(copy: Mask, { voxels }: Mask): Mask {
  copy.voxels.set(voxels);
  return copy;
}

/** The slabs of a field, each copied when it is asked for: the threads draw the first ones meanwhile. */
function* slabsOf({ mask, probability }: SmoothField, copy: Mask, mode: ContourMode): Generator<Slab> {
  const { geometry, box } = mask;
  const [columns, rows, slices] = box.size;
  for (let first = 0; first < slices; first += SLAB_SLICES) {
    const count = Math.min(SLAB_SLICES, slices - first);
    const [start, end] = [first * columns * rows, (first + count) * columns * rows];
    copy.voxels.set(mask.voxels.subarray(start, end), start);
    const probabilities = probability && Array.from({ length: count }, (_, index) => {
      const slice = box.min[2] + first + index;
      return mask.slice(slice)?.includes(1) ? probability(slice) : undefined;
    });
    yield {
      mode,
      mask: { geometry, box: { min: [box.min[0], box.min[1], box.min[2] + first], size: [columns, rows, count] }, voxels: copy.voxels.subarray(start, end) },
      probabilities,
    };
  }
}

function valuesOf({ geometry, box, voxels }: Mask): MaskValues {
  return { geometry, box, voxels };
}

/** A CT without voxels, which are not sent to other threads. */
function gridOf({ volume: { geometry }, ...ct }: CtGrid): CtGrid {
  return { ...ct, volume: { geometry } };
}
