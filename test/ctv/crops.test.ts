import { describe, expect, it } from '@jest/globals';
import { withMargin } from '../../src/algebra/index.ts';
import { organsNear, underSkin } from '../../src/ctv/crops.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block } from '../support/masks.ts';
import { same } from './patient.ts';

const geometry = makeGeometry({ size: [40, 44, 12] });

describe('organs round targets', () => {
  it('lungs count with 1 mm of pleura, heart and thyroid as they are, others not at all', () => {
    const organ = block(geometry, [10, 10, 3], [20, 20, 8]);
    const everywhere = [block(geometry, [0, 0, 0], [40, 44, 12])];
    for (const name of ['Lung_L', 'Lung_R']) expect(same(organsNear(everywhere, new Map([[name, organ]])), withMargin(organ, 1))).toBe(true);
    expect(withMargin(organ, 1).voxelCount).toBeGreaterThan(organ.voxelCount);
    for (const name of ['Heart', 'Glnd_Thyroid']) expect(same(organsNear(everywhere, new Map([[name, organ]])), organ)).toBe(true);
    expect(organsNear(everywhere, new Map([['Liver', organ]])).isEmpty).toBe(true);
  });

  it('hold the same near a target whether looked at whole or in its box', () => {
    const lung = new Map([['Lung_L', block(geometry, [0, 0, 0], [22, 44, 12])]]);
    const target = block(geometry, [18, 20, 4], [30, 30, 7]);
    const near = organsNear([target], lung);
    for (let i = 18; i < 30; i++) expect([i, near.has(i, 25, 5)]).toEqual([i, i < 23]);
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
