import type { Mask } from '../geometry/index.ts';

/** Visits each run of neighbouring voxels of a mask in the order of memory: row y and slice z of its box, columns `from` to before `to`. */
export function forEachRun({ box: { size: [columns, rows] }, voxels }: Mask, visit: (y: number, z: number, from: number, to: number) => void): void {
  // The search for a value is no loop of ours: it is as fast in the first run of a process, when nothing is compiled yet.
  for (let start = voxels.indexOf(1); start >= 0; ) {
    const row = Math.floor(start / columns);
    const rowEnd = (row + 1) * columns;
    const found = voxels.indexOf(0, start);
    const end = found < 0 || found > rowEnd ? rowEnd : found;
    visit(row % rows, Math.floor(row / rows), start - row * columns, end - row * columns);
    start = voxels.indexOf(1, end);
  }
}

/**
 * The box of a mask with a border of zeros, one bit for each voxel, so that uniform stretches are passed over 32 voxels at a time. Voxel x of
 * a row stands in bit x + 1 of the padded row, row y in padded row y + 1, slice z in padded slice z + 1; a row is `stride` words long.
 */
export interface BitMask {
  words: Uint32Array;
  stride: number;
  /** Padded rows of a slice. */
  rows: number;
}

const packed = new WeakMap<Mask, BitMask>();

/** The bits of a mask, made once as long as the mask is in use. */
export function bitsOf(mask: Mask): BitMask {
  const known = packed.get(mask);
  if (known) return known;
  const [columns, rowCount, slices] = mask.box.size;
  const stride = Math.ceil((columns + 2) / 32);
  const rows = rowCount + 2;
  const words = new Uint32Array(stride * rows * (slices + 2));
  forEachRun(mask, (y, z, from, to) => {
    const row = ((z + 1) * rows + y + 1) * stride;
    const [first, last] = [row + ((from + 1) >> 5), row + (to >> 5)];
    // Bits at or above the first voxel of the run, and those at or below its last one.
    const [above, below] = [-1 << ((from + 1) & 31), -1 >>> (31 - (to & 31))];
    if (first === last) {
      words[first] |= above & below;
      return;
    }
    words[first] |= above;
    words.fill(0xffffffff, first + 1, last);
    words[last] |= below;
  });
  const bits = { words, stride, rows };
  packed.set(mask, bits);
  return bits;
}

/** How many bits of a word are set. */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
