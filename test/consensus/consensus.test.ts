import { describe, expect, it } from '@jest/globals';
import { intersection, union, withMargin } from '../../src/algebra/index.ts';
import { conformityIndexOf, consensusOf, isProbable, MOST_OBSERVERS, staple, Votes, type Consensus, type ConsensusMethod } from '../../src/consensus/index.ts';
import { Mask, type VolumeGeometry } from '../../src/geometry/index.ts';
import { iouOf, overlapOf } from '../../src/metrics/index.ts';
import { wholeNumbers } from '../../src/statistics/random.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block, paint, speckle } from '../support/masks.ts';

const geometry = makeGeometry({ size: [40, 30, 12] });
const methods: readonly ConsensusMethod[] = ['majority', 'staple'];

function agreed(masks: readonly Mask[], method: ConsensusMethod): Consensus {
  const consensus = consensusOf(masks, method);
  if ('refused' in consensus) throw new Error(consensus.refused);
  return consensus;
}

const voxelsOf = (mask: Mask): string => Buffer.from(mask.toDense()).toString('base64');

/** Balls of one patient as several observers draw them: elsewhere, of other sizes, with a speck. */
function observers(count: number, seed: number, within: VolumeGeometry = geometry): Mask[] {
  const next = wholeNumbers(seed);
  const about = (middle: number, by: number): number => middle + (by * next()) / 2 ** 32 - by / 2;
  return Array.from({ length: count }, () => {
    const [x, y, z, r] = [about(20, 4), about(15, 4), about(6, 2), about(9, 4)];
    return paint(within, (i, j, k) => (i - x) ** 2 + (j - y) ** 2 + (3 * (k - z)) ** 2 <= r * r);
  });
}

describe('votes', () => {
  it('count each combination of observers once, each slice with its own thickness', () => {
    const [a, b, c] = [block(geometry, [2, 3, 1], [9, 8, 4]), block(geometry, [5, 3, 1], [12, 8, 4]), block(geometry, [5, 3, 3], [12, 8, 6])];
    const votes = new Votes([a, b, c]);
    const only = (pattern: number): Mask => paint(geometry, (i, j, k) => [a, b, c].reduce((sum, mask, n) => sum + (mask.has(i, j, k) ? 2 ** n : 0), 0) === pattern);
    expect(votes.patterns.map(({ pattern }) => pattern)).toEqual([1, 2, 3, 4, 6, 7]);
    for (const { pattern, volumeCc } of votes.patterns) {
      expect(volumeCc).toBeCloseTo(only(pattern).volumeCc, 12);
      expect(voxelsOf(votes.maskOf((other) => other === pattern))).toBe(voxelsOf(only(pattern)));
    }
    const pixelMm2 = geometry.columnSpacingMm * geometry.rowSpacingMm;
    expect(votes.slices.map(({ slice, anyMm2, allMm2 }) => [slice, Math.round(anyMm2 / pixelMm2), Math.round(allMm2 / pixelMm2)])).toEqual([[1, 50, 0], [2, 50, 0], [3, 50, 20], [4, 35, 0], [5, 35, 0]]);
  });

  it('hold 53 observers, and refuse more, one alone, and other grids', () => {
    const many = Array.from({ length: MOST_OBSERVERS }, (_, n) => block(geometry, [0, 0, 0], [n < 27 ? 5 : 4, 4, 2]));
    expect(agreed(many, 'majority').mask.voxelCount).toBe(5 * 4 * 2);
    expect(() => new Votes([...many, many[0]])).toThrow(expect.objectContaining({ code: 'observers-count' }));
    expect(() => new Votes([many[0]])).toThrow(expect.objectContaining({ code: 'observers-count' }));
    expect(() => new Votes([many[0], block(makeGeometry({ size: [40, 30, 12], columnSpacingMm: 1.3 }), [0, 0, 0], [4, 4, 2])])).toThrow(expect.objectContaining({ code: 'grid-differs' }));
    expect(() => new Votes([many[0], block(makeGeometry({ size: [40, 30, 12], frameOfReferenceUid: '2.25.5' }), [0, 0, 0], [4, 4, 2])])).toThrow(expect.objectContaining({ code: 'frame-differs' }));
  });
});

describe('generalised conformity index', () => {
  it('of two is IoU, of more the sums over pairs', () => {
    const masks = observers(5, 3);
    const pairs = masks.flatMap((a, n) => masks.slice(n + 1).map((b) => overlapOf(a, b)));
    expect(conformityIndexOf(new Votes(masks.slice(0, 2)))).toBeCloseTo(iouOf(pairs[0]) ?? NaN, 12);
    const sums = pairs.map(({ referenceCc, testCc, commonCc }) => [commonCc, referenceCc + testCc - commonCc]).reduce((sum, [common, either]) => [sum[0] + common, sum[1] + either], [0, 0]);
    expect(conformityIndexOf(new Votes(masks))).toBeCloseTo(sums[0] / sums[1], 12);
  });

  it('counts who drew nothing, and has no value of nothing', () => {
    const mask = block(geometry, [2, 3, 1], [9, 8, 4]);
    // Of three pairs one has all in common, two encompass the structure and have nothing.
    expect(conformityIndexOf(new Votes([mask, mask, Mask.empty(geometry)]))).toBeCloseTo(1 / 3, 12);
    expect(conformityIndexOf(new Votes([Mask.empty(geometry), Mask.empty(geometry)]))).toBeUndefined();
  });
});

describe('majority', () => {
  it('of three is what two of them drew', () => {
    const [a, b, c] = observers(3, 11);
    expect(voxelsOf(agreed([a, b, c], 'majority').mask)).toBe(voxelsOf(union(intersection(a, b), intersection(a, c), intersection(b, c))));
  });

  it('of an even number leaves out what half of them drew, and says how much', () => {
    const [a, b] = [block(geometry, [2, 3, 1], [9, 8, 4]), block(geometry, [5, 3, 1], [12, 8, 4])];
    const { mask, tiedCc } = agreed([a, b], 'majority');
    expect(voxelsOf(mask)).toBe(voxelsOf(intersection(a, b)));
    expect(tiedCc).toBeCloseTo(a.volumeCc + b.volumeCc - 2 * mask.volumeCc, 12);
    expect(agreed([a, a, b, b], 'majority')).toMatchObject({ tiedCc: expect.closeTo(tiedCc ?? NaN, 12) as unknown });
    expect(agreed([a, a, b], 'majority').tiedCc).toBe(0);
  });

  it('judges each observer within 5 mm of what anybody drew', () => {
    const even = makeGeometry({ size: [60, 60, 24], columnSpacingMm: 1, rowSpacingMm: 1, sliceOffsetsMm: Array.from({ length: 24 }, (_, k) => 2.5 * k) });
    const [small, large] = [block(even, [20, 20, 10], [30, 30, 14]), block(even, [20, 20, 10], [40, 30, 14])];
    const { performances, regionCc } = agreed([small, small, large], 'majority');
    expect(performances[0]).toEqual({ sensitivity: 1, specificity: 1 });
    expect(performances[2].sensitivity).toBe(1);
    expect(performances[2].specificity).toBeCloseTo(1 - 1 / (regionCc - 1), 12);
    // A box of 20 × 10 × 10 mm, rounded by 5 mm: faces, quarter cylinders along edges, eighths of a ball.
    expect(regionCc).toBeGreaterThan(0.97 * (2 + 5 + Math.PI + Math.PI / 6));
    expect(regionCc).toBeLessThan(1.03 * (2 + 5 + Math.PI + Math.PI / 6));
  });

  it('may be empty, and then judges nobody', () => {
    const apart = [block(geometry, [2, 3, 1], [9, 8, 4]), block(geometry, [20, 3, 1], [29, 8, 4]), block(geometry, [2, 20, 1], [9, 28, 4])];
    const { mask, performances } = agreed(apart, 'majority');
    expect(mask.isEmpty).toBe(true);
    expect(performances).toEqual([]);
  });
});

describe('STAPLE', () => {
  it('refuses two observers: it cannot tell who errs', () => {
    expect(consensusOf(observers(2, 5), 'staple')).toEqual({ refused: expect.stringMatching(/takes 3/) as unknown });
  });

  it('trusts those who agree: an observer who draws elsewhere changes little, and is told by the figures', () => {
    const three = observers(3, 21);
    const elsewhere = block(geometry, [0, 0, 0], [6, 6, 3]);
    const { mask, performances } = agreed([...three, elsewhere], 'staple');
    expect(mask.commonVoxelCount(elsewhere)).toBe(0);
    expect(performances[3].sensitivity).toBeCloseTo(0, 9);
    for (const { sensitivity } of performances.slice(0, 3)) expect(sensitivity).toBeGreaterThan(0.6);
    expect(mask.commonVoxelCount(agreed(three, 'majority').mask) / mask.voxelCount).toBeGreaterThan(0.9);
  });

  it('tells who draws too large by specificity and who draws too small by sensitivity', () => {
    const ball = (radius: number): Mask => paint(geometry, (i, j, k) => (i - 20) ** 2 + (j - 15) ** 2 + (3 * (k - 6)) ** 2 <= radius * radius);
    const { performances: [small, , , large], mask } = agreed([ball(7), ball(9), ball(9), ball(11)], 'staple');
    expect(voxelsOf(mask)).toBe(voxelsOf(ball(9)));
    expect(small.sensitivity).toBeLessThan(0.6);
    expect(small.specificity).toBeCloseTo(1, 6);
    expect(large.sensitivity).toBeCloseTo(1, 6);
    expect(large.specificity).toBeLessThan(0.95);
  });

  it('takes more for the structure the more background it is shown: the figures of docs/metrics.md', () => {
    const even = makeGeometry({ size: [80, 80, 40], columnSpacingMm: 1, rowSpacingMm: 1, sliceOffsetsMm: Array.from({ length: 40 }, (_, k) => 2.5 * k) });
    const next = wholeNumbers(7);
    const about = (middle: number, by: number): number => middle + (by * next()) / 2 ** 32 - by / 2;
    const masks = Array.from({ length: 10 }, () => {
      const [x, y, z, r] = [about(40, 3), about(40, 3), about(20, 1.2), about(14, 3)];
      return paint(even, (i, j, k) => (i - x) ** 2 + (j - y) ** 2 + (2.5 * (k - z)) ** 2 <= r * r);
    });
    const votes = new Votes(masks);
    const drawn = union(masks[0], ...masks.slice(1));
    const volumeCc = (backgroundCc: number): number => {
      const { probabilityOf } = staple(votes, backgroundCc);
      return votes.maskOf((pattern) => isProbable(probabilityOf(pattern))).volumeCc;
    };
    const imageCc = 512 * 512 * 200 * 0.0025;
    const figures = [agreed(masks, 'majority').mask.volumeCc, agreed(masks, 'staple').mask.volumeCc, volumeCc(withMargin(drawn, 10).volumeCc - drawn.volumeCc), volumeCc(imageCc - drawn.volumeCc)];
    expect(figures.map((cc) => cc.toFixed(1))).toEqual(['10.6', '12.0', '13.0', '15.2']);
  });

  it('does not depend on how much image there is around', () => {
    // Far enough from the edges that these do not cut the region; by three slices, after which their gaps repeat.
    const shifted = (size: [number, number, number], by: [number, number, number]): Mask[] => observers(4, 8).map((mask) => paint(makeGeometry({ size }), (i, j, k) => mask.has(i - by[0], j - by[1], k - by[2])));
    const [near, far] = [agreed(shifted([80, 80, 24], [20, 25, 6]), 'staple'), agreed(shifted([130, 120, 45], [40, 45, 15]), 'staple')];
    expect(far.regionCc).toBeCloseTo(near.regionCc, 9);
    expect(far.mask.voxelCount).toBe(near.mask.voxelCount);
    for (const [n, { sensitivity, specificity = NaN }] of far.performances.entries()) {
      expect(sensitivity).toBeCloseTo(near.performances[n].sensitivity, 9);
      expect(specificity).toBeCloseTo(near.performances[n].specificity ?? NaN, 9);
    }
  });
});

describe.each(methods)('a consensus by %s', (method) => {
  it('of those who agree is what they drew', () => {
    for (const mask of [observers(1, 31)[0], speckle(geometry, 4, 0.3), block(geometry, [0, 0, 0], [1, 1, 1]), block(geometry, [0, 0, 0], [40, 30, 12])]) {
      const { mask: consensus, performances } = agreed([mask, mask, mask], method);
      expect(voxelsOf(consensus)).toBe(voxelsOf(mask));
      for (const { sensitivity, specificity = 1 } of performances) expect([sensitivity, specificity]).toEqual([1, 1]);
    }
  });

  it('does not depend on the order of observers: same voxels, each keeps his figures', () => {
    for (let seed = 0; seed < 12; seed++) {
      const next = wholeNumbers(900 + seed);
      const masks = [...observers(3 + (seed % 4), 100 + seed), ...(seed % 3 === 0 ? [speckle(geometry, seed, 0.05)] : [])];
      const order = masks.map((_, n) => ({ n, key: next() })).sort((a, b) => a.key - b.key).map(({ n }) => n);
      const [first, second] = [agreed(masks, method), agreed(order.map((n) => masks[n]), method)];
      expect(voxelsOf(second.mask)).toBe(voxelsOf(first.mask));
      for (const [place, n] of order.entries()) {
        expect(second.performances[place].sensitivity).toBeCloseTo(first.performances[n].sensitivity, 9);
        expect(second.performances[place].specificity).toBeCloseTo(first.performances[n].specificity ?? NaN, 9);
      }
    }
  });

  it('lies between what all drew and what any drew', () => {
    for (let seed = 0; seed < 8; seed++) {
      const masks = observers(4, 300 + seed);
      const { mask } = agreed(masks, method);
      const [all, any] = [masks.reduce((common, one) => intersection(common, one)), union(masks[0], ...masks.slice(1))];
      expect(mask.commonVoxelCount(all)).toBe(all.voxelCount);
      expect(mask.commonVoxelCount(any)).toBe(mask.voxelCount);
    }
  });
});
