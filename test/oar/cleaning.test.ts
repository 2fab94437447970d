import { describe, expect, it } from '@jest/globals';
import { Mask } from '../../src/geometry/index.ts';
import { fillHoles, keepInLine, keepLargestComponents, keepNear, smoothInSlices } from '../../src/oar/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block, paint, speckle } from '../support/masks.ts';

const geometry = makeGeometry({ size: [31, 24, 12] });
const same = (a: Mask, b: Mask): boolean => Buffer.compare(a.toDense(), b.toDense()) === 0;
const minus = (a: Mask, b: Mask): Mask => paint(a.geometry, (i, j, k) => a.has(i, j, k) && !b.has(i, j, k));
const plus = (...masks: readonly Mask[]): Mask => paint(masks[0].geometry, (i, j, k) => masks.some((mask) => mask.has(i, j, k)));

/** Piece numbers by flood fill, the definition: -1 where the mask is not. */
function floodFilled(mask: Mask): { sizes: number[]; piece: Int32Array } {
  const { size } = mask.geometry;
  const piece = new Int32Array(mask.geometry.voxelCount).fill(-1);
  const sizes: number[] = [];
  for (let start = 0; start < piece.length; start++) {
    const at = (index: number): [number, number, number] => [index % size[0], Math.floor(index / size[0]) % size[1], Math.floor(index / (size[0] * size[1]))];
    if (piece[start] >= 0 || !mask.has(...at(start))) continue;
    const queue = [start];
    const number = sizes.push(0) - 1;
    piece[start] = number;
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      const [i, j, k] = at(index);
      for (let n = 0; n < 27; n++) {
        const [x, y, z] = [i + (n % 3) - 1, j + (Math.floor(n / 3) % 3) - 1, k + Math.floor(n / 9) - 1];
        if (!mask.has(x, y, z) || piece[geometry.offset(x, y, z)] >= 0) continue;
        piece[geometry.offset(x, y, z)] = number;
        queue.push(geometry.offset(x, y, z));
      }
      sizes[number]++;
    }
  }
  return { sizes, piece };
}

describe('largest components', () => {
  it.each([0.03, 0.06, 0.1, 0.3])('agree with flood fill on speckle of share %p', (share) => {
    // Even slices, so that the largest by volume is the largest by voxels.
    const even = makeGeometry({ size: [31, 24, 12], sliceOffsetsMm: Array.from({ length: 12 }, (_, k) => 2 * k) });
    const mask = speckle(even, 17, share);
    const { sizes, piece } = floodFilled(mask);
    const largest = Math.max(...sizes);
    const kept = keepLargestComponents(mask, 1);
    expect(kept.voxelCount).toBe(largest);
    expect(keepLargestComponents(mask, sizes.length)).toBe(mask);
    const dense = kept.toDense();
    const pieces = new Set(piece.filter((_, index) => dense[index] === 1));
    expect(pieces.size).toBe(1);
  });

  it('connects across corners, not across a gap of one voxel', () => {
    const [a, corner, apart] = [block(geometry, [2, 2, 2], [6, 6, 4]), block(geometry, [6, 6, 4], [8, 8, 6]), block(geometry, [9, 6, 4], [10, 7, 5])];
    expect(same(keepLargestComponents(plus(a, corner, apart), 1), plus(a, corner))).toBe(true);
  });

  it('keeps as many as asked, but none below the fraction of the largest', () => {
    const [big, middle, speck] = [block(geometry, [1, 1, 1], [9, 9, 9]), block(geometry, [12, 1, 1], [18, 7, 7]), block(geometry, [22, 1, 1], [24, 2, 2])];
    const all = plus(big, middle, speck);
    expect(same(keepLargestComponents(all, 2), plus(big, middle))).toBe(true);
    expect(same(keepLargestComponents(all, 3, 0.1), plus(big, middle))).toBe(true);
    expect(same(keepLargestComponents(all, 3), all)).toBe(true);
  });

  it('measures by volume, not by voxels, where slices are uneven', () => {
    const uneven = makeGeometry({ size: [31, 24, 8], sliceOffsetsMm: [0, 1, 2, 3, 13, 23, 33, 43] });
    const [thin, thick] = [block(uneven, [1, 1, 0], [6, 6, 2]), block(uneven, [12, 12, 5], [17, 16, 7])];
    expect(same(keepLargestComponents(plus(thin, thick), 1), thick)).toBe(true);
  });

  it('of an empty mask are empty', () => {
    expect(keepLargestComponents(Mask.empty(geometry), 1).isEmpty).toBe(true);
  });
});

describe('holes', () => {
  const solid = block(geometry, [4, 4, 2], [20, 18, 10]);
  const cavity = block(geometry, [8, 8, 4], [12, 12, 7]);
  const tunnel = block(geometry, [14, 10, 2], [17, 13, 10]);

  it('closed on all sides are filled in 3-D, a tunnel through all slices only slice by slice', () => {
    const pierced = minus(minus(solid, cavity), tunnel);
    expect(same(fillHoles(pierced, '3d'), minus(solid, tunnel))).toBe(true);
    expect(same(fillHoles(pierced, '2d-axial'), solid)).toBe(true);
  });

  it('leave a notch open, and leak through faces only', () => {
    const notched = minus(solid, block(geometry, [4, 8, 4], [9, 12, 7]));
    expect(same(fillHoles(notched, '3d'), notched)).toBe(true);
    const diagonal = minus(minus(solid, block(geometry, [4, 8, 4], [8, 9, 5])), block(geometry, [8, 9, 4], [9, 10, 5]));
    expect(same(fillHoles(diagonal, '3d'), minus(solid, block(geometry, [4, 8, 4], [8, 9, 5])))).toBe(true);
  });

  it('that leave the image at its first or last slice are filled in 3-D too, not those that open sideways or below the mask', () => {
    const whole = block(geometry, [2, 2, 0], [20, 20, 12]);
    const vessel = block(geometry, [5, 5, 0], [9, 9, 6]);
    expect(same(fillHoles(minus(whole, vessel), '3d'), whole)).toBe(true);
    const sideways = minus(whole, block(geometry, [2, 5, 0], [9, 9, 6]));
    expect(same(fillHoles(sideways, '3d'), sideways)).toBe(true);
    const inside = minus(block(geometry, [2, 2, 3], [20, 20, 9]), block(geometry, [5, 5, 3], [9, 9, 6]));
    expect(same(fillHoles(inside, '3d'), inside)).toBe(true);
  });

  it('are filled by adding voxels only', () => {
    const mask = speckle(geometry, 4, 0.6);
    for (const dimension of ['3d', '2d-axial'] as const) {
      const filled = fillHoles(mask, dimension);
      expect(minus(mask, filled).isEmpty).toBe(true);
      expect(same(fillHoles(filled, dimension), filled)).toBe(true);
    }
  });
});

describe('smoothing', () => {
  const fine = makeGeometry({ size: [50, 60, 3], columnSpacingMm: 1.25, rowSpacingMm: 0.75 });
  const radiusMm = 3;

  it('changes no pixel farther from the outline than its radius', () => {
    const mask = plus(speckle(fine, 3, 0.02), block(fine, [10, 10, 0], [35, 45, 3]));
    const smoothed = smoothInSlices(mask, radiusMm);
    for (let k = 0; k < 3; k++) {
      for (let j = 0; j < 60; j++) {
        for (let i = 0; i < 50; i++) {
          if (mask.has(i, j, k) === smoothed.has(i, j, k)) continue;
          let nearest = Infinity;
          for (let y = 0; y < 60; y++) {
            for (let x = 0; x < 50; x++) if (mask.has(x, y, k) !== mask.has(i, j, k)) nearest = Math.min(nearest, Math.hypot((x - i) * 1.25, (y - j) * 0.75));
          }
          expect(nearest).toBeLessThanOrEqual(radiusMm);
        }
      }
    }
  });

  it('leaves straight outlines where they are, also at the edge of the image, and takes off specks', () => {
    const slab = block(fine, [0, 12, 0], [50, 40, 3]);
    expect(same(smoothInSlices(slab, radiusMm), slab)).toBe(true);
    expect(same(smoothInSlices(plus(slab, block(fine, [20, 50, 1], [22, 51, 2])), radiusMm), slab)).toBe(true);
  });

  it('keeps the area of a disc and is refused without a radius', () => {
    const disc = paint(fine, (i, j) => Math.hypot((i - 24) * 1.25, (j - 30) * 0.75) <= 15);
    expect(smoothInSlices(disc, radiusMm).voxelCount / disc.voxelCount).toBeCloseTo(1, 1);
    expect(() => smoothInSlices(disc, 0)).toThrow(expect.objectContaining({ code: 'oar-smoothing' }));
  });
});

describe('pieces in line', () => {
  const tall = makeGeometry({ size: [40, 30, 30], columnSpacingMm: 1, rowSpacingMm: 1, sliceOffsetsMm: Array.from({ length: 30 }, (_, k) => 3 * k + (k > 20 ? 6 : 0)) });
  const rule = { maxPieces: 10, maxGapMm: 20, maxShiftMm: 4, shiftPerGapMm: 0.5 };
  const seed = block(tall, [10, 10, 10], [14, 14, 18]);

  it('keeps what carries on above and below, piece after piece', () => {
    const line = plus(seed, block(tall, [11, 11, 20], [15, 15, 22]), block(tall, [13, 12, 24], [17, 16, 28]), block(tall, [9, 10, 3], [13, 14, 8]));
    const beside = block(tall, [30, 20, 12], [33, 23, 16]);
    const shifted = block(tall, [28, 10, 0], [31, 13, 2]);
    expect(same(keepInLine(plus(line, beside, shifted), rule), line)).toBe(true);
  });

  it('keeps what begins beside the end of the line, and no speck leads it astray', () => {
    // The seed ends in slice 17; these begin in slices 16 and 17, 4 columns aside, with a column between.
    const next = block(tall, [15, 10, 17], [17, 14, 24]);
    const speck = block(tall, [11, 15, 17], [12, 16, 19]);
    const below = block(tall, [5, 10, 2], [9, 14, 11]);
    for (const piece of [next, speck, below]) expect(same(keepInLine(plus(seed, piece), { ...rule, maxShiftMm: 5 }), plus(seed, piece))).toBe(true);
    expect(same(keepInLine(plus(seed, next, speck, below), { ...rule, maxShiftMm: 5 }), plus(seed, next, speck, below))).toBe(true);
    const leadsNoFarther = block(tall, [15, 10, 15], [17, 14, 18]);
    const tooFarAlong = block(tall, [15, 10, 14], [17, 14, 24]);
    const tooFarAside = block(tall, [20, 10, 17], [22, 14, 24]);
    for (const piece of [leadsNoFarther, tooFarAlong, tooFarAside]) expect(same(keepInLine(plus(seed, piece), { ...rule, maxShiftMm: 5 }), seed)).toBe(true);
  });

  it('stops at a gap that is too long', () => {
    const far = block(tall, [10, 10, 0], [14, 14, 3]);
    expect(same(keepInLine(plus(seed, far), rule), seed)).toBe(true);
    expect(same(keepInLine(plus(seed, far), { ...rule, maxGapMm: 24 }), plus(seed, far))).toBe(true);
  });

  it('of an empty mask are empty', () => {
    expect(keepInLine(Mask.empty(tall), rule).isEmpty).toBe(true);
  });
});

describe('pieces near each other', () => {
  const uneven = makeGeometry({ size: [60, 40, 24], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: Array.from({ length: 24 }, (_, k) => 3 * k + (k > 12 ? 6 : 0)) });
  const rule = { maxDistanceMm: 10, minPieceCc: 0.1 };
  const largest = block(uneven, [10, 10, 0], [16, 16, 10]);

  it('are kept in any direction, one after the other, also in slices that the largest one holds', () => {
    const behind = block(uneven, [10, 26, 8], [16, 34, 13]);
    const above = block(uneven, [10, 26, 14], [16, 34, 18]);
    expect(same(keepNear(plus(largest, behind, above), rule), plus(largest, behind, above))).toBe(true);
    expect(same(keepNear(plus(largest, above), rule), largest)).toBe(true);
  });

  it('are measured from body to centre, in mm', () => {
    // 8 columns from the largest one's last column: 10 mm from centre to centre, 9.6875 mm from its body.
    const both = plus(largest, block(uneven, [23, 10, 2], [29, 16, 8]));
    expect(same(keepNear(both, rule), both)).toBe(true);
    expect(same(keepNear(plus(largest, block(uneven, [24, 10, 2], [30, 16, 8])), rule), largest)).toBe(true);
  });

  it('are no specks', () => {
    const speck = block(uneven, [20, 10, 4], [22, 12, 6]);
    expect(same(keepNear(plus(largest, speck), rule), largest)).toBe(true);
    expect(keepNear(Mask.empty(uneven), rule).isEmpty).toBe(true);
  });
});
