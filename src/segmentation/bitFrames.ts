import type { Mask } from '../geometry/index.ts';

/** The slices of a mask that hold voxels: index k of each, ascending. */
export function filledSlices(mask: Mask): number[] {
  const { min, size } = mask.box;
  return Array.from({ length: size[2] }, (_, z) => min[2] + z).filter((k) => mask.slice(k)?.includes(1) === true);
}

/**
 * Whole slices of masks as one bit a pixel, frame after frame without gaps, the first pixel in the lowest bit (PS3.5 8.1.1
 * and figure D.1-1; PS3.3 C.8.20.2), padded to an even number of bytes.
 */
export function packFrames(frames: readonly { mask: Mask; slice: number }[]): Uint8Array {
  if (frames.length === 0) return new Uint8Array(0);
  const [columns, rows] = frames[0].mask.geometry.size;
  const byteLength = Math.ceil((frames.length * columns * rows) / 8);
  const packed = new Uint8Array(byteLength + (byteLength % 2));
  frames.forEach(({ mask, slice }, frame) => {
    const { min, size } = mask.box;
    const voxels = mask.slice(slice);
    if (!voxels) return;
    for (let y = 0; y < size[1]; y++) {
      const start = (frame * rows + min[1] + y) * columns + min[0];
      for (let x = 0; x < size[0]; x++) {
        const bit = start + x;
        if (voxels[y * size[0] + x] === 1) packed[bit >>> 3] |= 1 << (bit & 7);
      }
    }
  });
  return packed;
}
