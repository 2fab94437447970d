import { RondoError } from '../errors.ts';
import { Mask, unionBox, type VoxelBox } from '../geometry/index.ts';
import { requireSameGrid } from '../metrics/index.ts';

/** A pattern is the sum of 2^i over the observers i that drew a voxel; a number holds 53 of them exactly. */
export const MOST_OBSERVERS = 53;

/** Voxels that the same observers drew. Their volume in cm³, each slice with its own thickness. */
export interface VotePattern {
  pattern: number;
  volumeCc: number;
}

/** One slice that any observer drew on: the area that any drew and the area that all drew. */
export interface SliceVotes {
  slice: number;
  anyMm2: number;
  allMm2: number;
}

/** Who drew which voxels of one structure: all that a consensus and agreement of many observers need, counted once. */
export class Votes {
  readonly observers: number;
  /** Every combination of observers that drew a voxel, by rising number. Nothing that nobody drew. */
  readonly patterns: readonly VotePattern[];
  /** In rising order. */
  readonly slices: readonly SliceVotes[];
  readonly #masks: readonly Mask[];
  readonly #box: VoxelBox;

  /**
   * @param masks one of each observer, in any order; an empty one is that of an observer who drew nothing
   * @throws RondoError `observers-count` when there are fewer than two or more than 53, `frame-differs` or `grid-differs` when they do not lie on one grid
   */
  constructor(masks: readonly Mask[]) {
    if (masks.length < 2 || masks.length > MOST_OBSERVERS) throw new RondoError('observers-count', `Observers refused: ${masks.length} of them. Expected 2 to ${MOST_OBSERVERS}.`);
    for (const mask of masks) requireSameGrid(masks[0].geometry, mask.geometry);
    this.observers = masks.length;
    this.#masks = masks.map((mask) => mask.cropped());
    this.#box = unionBox(this.#masks.map(({ box }) => box));
    const { geometry } = masks[0];
    const everybody = 2 ** this.observers - 1;
    const pixelMm2 = geometry.columnSpacingMm * geometry.rowSpacingMm;
    const volumes = new Map<number, number>();
    const slices: SliceVotes[] = [];
    for (const { slice, patterns } of this.#slices()) {
      const counts = countsOf(patterns);
      let any = 0;
      for (const [pattern, count] of counts) {
        any += count;
        volumes.set(pattern, (volumes.get(pattern) ?? 0) + count * geometry.voxelVolumeCc(slice));
      }
      if (any > 0) slices.push({ slice, anyMm2: any * pixelMm2, allMm2: (counts.get(everybody) ?? 0) * pixelMm2 });
    }
    this.patterns = Array.from(volumes, ([pattern, volumeCc]) => ({ pattern, volumeCc })).sort((a, b) => a.pattern - b.pattern);
    this.slices = slices;
  }

  /** The voxels whose pattern belongs, in a tight box. */
  maskOf(belongs: (pattern: number) => boolean): Mask {
    const kept = new Set(this.patterns.map(({ pattern }) => pattern).filter(belongs));
    const voxels = new Uint8Array(this.#box.size[0] * this.#box.size[1] * this.#box.size[2]);
    let at = 0;
    for (const { patterns } of this.#slices()) for (const pattern of patterns) voxels[at++] = pattern > 0 && kept.has(pattern) ? 1 : 0;
    return new Mask(this.#masks[0].geometry, this.#box, voxels).cropped();
  }

  /** The pattern of each voxel of the box of all, slice by slice: never all of them in memory. The array is used again for the next slice. */
  *#slices(): Generator<{ slice: number; patterns: Float64Array }> {
    const { min, size: [columns, rows, count] } = this.#box;
    const patterns = new Float64Array(columns * rows);
    for (let slice = min[2]; slice < min[2] + count; slice++) {
      patterns.fill(0);
      for (const [observer, mask] of this.#masks.entries()) addVotes(patterns, this.#box, mask, slice, 2 ** observer);
      yield { slice, patterns };
    }
  }
}

/** Whether observer i drew the voxels of a pattern. Not by bits: those of a number end at 32. */
export function hasDrawn(pattern: number, observer: number): boolean {
  return Math.floor(pattern / 2 ** observer) % 2 === 1;
}

/** How many observers drew the voxels of a pattern. */
export function drawnBy(pattern: number): number {
  let count = 0;
  for (let rest = pattern; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

function addVotes(patterns: Float64Array, { min, size: [columns] }: VoxelBox, mask: Mask, slice: number, vote: number): void {
  const voxels = mask.slice(slice);
  if (!voxels) return;
  const [width, height] = mask.box.size;
  for (let y = 0, at = 0; y < height; y++) {
    const start = (mask.box.min[1] + y - min[1]) * columns + mask.box.min[0] - min[0];
    for (let x = 0; x < width; x++, at++) if (voxels[at] === 1) patterns[start + x] += vote;
  }
}

function countsOf(patterns: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  // Neighbours are mostly alike, and a look into the map for each voxel takes ten times as long.
  for (let at = 0; at < patterns.length; ) {
    const pattern = patterns[at];
    const from = at;
    while (at < patterns.length && patterns[at] === pattern) at++;
    if (pattern > 0) counts.set(pattern, (counts.get(pattern) ?? 0) + at - from);
  }
  return counts;
}
