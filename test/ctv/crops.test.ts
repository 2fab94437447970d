import { describe, expect, it } from '@jest/globals';
import { subtraction, withMargin } from '../../src/algebra/index.ts';
import { awayFrom, OUTSIDE_ORGANS, OUTSIDE_RIBS, underSkin } from '../../src/ctv/crops.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block } from '../support/masks.ts';
import { same } from './patient.ts';

const geometry = makeGeometry({ size: [40, 44, 12] });

describe('a target away from organs', () => {
  const organ = block(geometry, [10, 10, 3], [20, 20, 8]);
  const everywhere = block(geometry, [0, 0, 0], [40, 44, 12]);

  it('leaves lungs with 1 mm of pleura, heart and thyroid as they are, others not at all', () => {
    for (const name of ['Lung_L', 'Lung_R']) expect(same(awayFrom(everywhere, OUTSIDE_ORGANS, new Map([[name, organ]])), subtraction(everywhere, withMargin(organ, 1)))).toBe(true);
    expect(withMargin(organ, 1).voxelCount).toBeGreaterThan(organ.voxelCount);
    for (const name of ['Heart', 'Glnd_Thyroid']) expect(same(awayFrom(everywhere, OUTSIDE_ORGANS, new Map([[name, organ]])), subtraction(everywhere, organ))).toBe(true);
  });

  it('leaves lungs with the 4 mm of a thin rib', () => {
    expect(same(awayFrom(everywhere, OUTSIDE_RIBS, new Map([['Lung_R', organ], ['Heart', everywhere]])), subtraction(everywhere, withMargin(organ, 4)))).toBe(true);
  });

  it('is the target itself where nothing is near', () => {
    const target = block(geometry, [26, 10, 3], [30, 20, 8]);
    expect(awayFrom(target, [...OUTSIDE_ORGANS, ...OUTSIDE_RIBS], new Map([['Lung_L', organ], ['Liver', everywhere]]))).toBe(target);
  });
});

describe('what lies under the skin', () => {
  it('is measured in three dimensions to the box of what was imaged and is not External', () => {
    const external = block(geometry, [4, 4, 0], [36, 40, 9]);
    const inner = underSkin([block(geometry, [0, 0, 0], [40, 44, 12])], external, 5, undefined);
    // 1.25 mm columns: four of them are 5 mm, to a face half a column nearer; slices 2.5, 2, 3.5 mm in turn.
    expect([8, 7].map((i) => inner.has(i, 20, 3))).toEqual([true, false]);
    expect([0, 6, 7, 8].map((k) => inner.has(20, 20, k))).toEqual([true, true, false, false]);
  });
});
