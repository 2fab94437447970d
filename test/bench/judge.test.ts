import { describe, expect, it } from '@jest/globals';
import { judge } from '../../bench/accuracy/judge.js';
import { Mask } from '../../src/geometry/index.ts';
import { union } from '../../src/algebra/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block } from '../support/masks.ts';

// x grows to the left: voxels of 2 × 3 × 4 mm.
const geometry = makeGeometry({ size: [60, 40, 20], columnSpacingMm: 2, rowSpacingMm: 3, sliceOffsetsMm: Array.from({ length: 20 }, (_, k) => 4 * k) });
const box = (x: number, width = 6): Mask => block(geometry, [x, 15, 8], [x + width, 22, 12]);
const [right, left] = [box(12), box(42)];
const truth = new Map([
  ['External', block(geometry, [4, 5, 0], [56, 35, 20])],
  ['CTVn_L1_L', left],
  ['CTVn_L1_R', right],
  ['CTVp_Tumorbed_L', left],
  ['CTVp_Tumorbed_R', Mask.empty(geometry)],
]);

describe('judging a found structure', () => {
  it('sees nothing wrong with the truth', () => {
    for (const [name, mask] of truth) expect(judge(name, mask, truth)).toMatchObject({ swapped: false, pieces: mask.isEmpty ? 0 : 1, trueCc: mask.volumeCc, foundCc: mask.volumeCc });
  });

  it('counts pieces, of which voxels that touch at a corner are one', () => {
    expect(judge('CTVn_L1_L', union(left, box(30, 1)), truth).pieces).toBe(2);
    expect(judge('CTVn_L1_L', union(block(geometry, [40, 15, 8], [41, 16, 9]), block(geometry, [41, 16, 9], [42, 17, 10])), truth).pieces).toBe(1);
  });

  it('tells the other side by the middle of the true pair', () => {
    expect(judge('CTVn_L1_L', right, truth).swapped).toBe(true);
    expect(judge('CTVn_L1_R', left, truth).swapped).toBe(true);
    expect(judge('CTVn_L1_L', Mask.empty(geometry), truth).swapped).toBe(false);
  });

  it('tells it by the middle of the body where the scan holds one side only, what is not there included', () => {
    expect(judge('CTVp_Tumorbed_L', right, truth).swapped).toBe(true);
    expect(judge('CTVp_Tumorbed_R', left, truth).swapped).toBe(true);
    expect(judge('CTVp_Tumorbed_R', right, truth).swapped).toBe(false);
  });

  it('measures what lies nearer than 5 mm to the skin by more than a pixel, of targets only', () => {
    // 5 mm less the larger pixel spacing, 3 mm: the outermost column of 2 mm has its centre 1 mm under the skin, the next 3 mm.
    const atSkin = block(geometry, [50, 15, 8], [56, 22, 12]);
    expect(judge('CTVn_L1_L', atSkin, truth).nearSkinCc).toBeCloseTo((1 / 6) * atSkin.volumeCc, 6);
    expect(judge('CTVn_L1_L', left, truth).nearSkinCc).toBe(0);
    expect(judge('External', truth.get('External') ?? left, truth)).not.toHaveProperty('nearSkinCc');
  });
});
