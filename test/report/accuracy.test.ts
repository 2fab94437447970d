import { describe, expect, it } from '@jest/globals';
import { summariseAccuracy, type CaseOutcome, type StructureOutcome } from '../../src/report/index.ts';

const outcome = (name: string, trueCc: number, foundCc: number, dsc?: number, more: Partial<StructureOutcome> = {}): StructureOutcome => ({
  name,
  trueCc,
  foundCc,
  ...(dsc !== undefined && { agreement: { dsc, hd95Mm: 10 * (1 - dsc), msdMm: 2 * (1 - dsc) } }),
  pieces: foundCc > 0 ? 1 : 0,
  swapped: false,
  ...more,
});
const cases = (...structures: StructureOutcome[]): CaseOutcome[] => structures.map((structure, n) => ({ name: `case-${n}`, structures: [structure] }));
const only = (...structures: StructureOutcome[]) => summariseAccuracy(cases(...structures)).structures[0];

describe('accuracy over cases', () => {
  it('counts a missed structure as DSC 0 and gives it no distance', () => {
    const heart = only(outcome('Heart', 500, 490, 0.9), outcome('Heart', 500, 0), outcome('Heart', 600, 590, 0.96));
    expect(heart).toMatchObject({ scored: 3, missed: 1, found: 2, dscMin: 0 });
    expect(heart.dscMean).toBeCloseTo((0.9 + 0.96) / 3, 12);
    expect(heart.hd95MmMean).toBeCloseTo((1 + 0.4) / 2, 12);
    expect(heart.msdMmMean).toBeCloseTo((0.2 + 0.08) / 2, 12);
    expect(heart.dscP5).toBeCloseTo(0.09, 12);
  });

  it('keeps apart what is absent, what is a sliver, and what is scored', () => {
    const lung = only(outcome('Lung_L', 0, 3), outcome('Lung_L', 0, 0), outcome('Lung_L', 0, 5), outcome('Lung_L', 19, 0), outcome('Lung_L', 21, 20, 0.97));
    expect(lung).toMatchObject({ scored: 1, missed: 0, absent: 3, invented: 2, inventedMlMax: 5, tooSmall: 1, found: 3 });
  });

  it('scores a thin artery from a fifth of a millilitre, other small structures from one', () => {
    expect(only(outcome('A_LAD', 0.3, 0.2, 0.5))).toMatchObject({ scored: 1 });
    expect(only(outcome('CTVn_IMN_L', 0.3, 0.2, 0.5))).toMatchObject({ scored: 0, tooSmall: 1 });
  });

  it('counts specks, swapped sides and targets near the skin', () => {
    const target = only(
      outcome('CTVp_Breast_L', 400, 390, 0.9, { pieces: 4, nearSkinCc: 0.05 }),
      outcome('CTVp_Breast_L', 400, 380, 0.1, { swapped: true, nearSkinCc: 2 }),
      outcome('CTVp_Breast_L', 400, 0),
    );
    expect(target).toMatchObject({ found: 2, specked: 1, specks: 3, swapped: 1, nearSkin: 1 });
    expect(only(outcome('Heart', 500, 490, 0.9))).not.toHaveProperty('nearSkin');
  });

  it('judges against the goal of the structure, whatever its side', () => {
    expect(only(outcome('CTVn_L4_R', 5, 5, 0.79))).toMatchObject({ goal: { dsc: 0.78 }, met: true });
    expect(only(outcome('Lung_R', 900, 900, 0.95))).toMatchObject({ goal: { dsc: 0.96 }, met: false });
    expect(only(outcome('Trachea', 30, 30, 0.9))).not.toHaveProperty('goal');
    expect(only(outcome('Heart', 0, 0))).not.toHaveProperty('met');
  });

  it('judges the LAD by distance, and no miss makes it better', () => {
    const far = { agreement: { dsc: 0.1, hd95Mm: 9, msdMm: 2.9 } };
    expect(only(outcome('A_LAD', 1, 1, undefined, far))).toMatchObject({ goal: { msdMm: 3 }, met: true });
    expect(only(outcome('A_LAD', 1, 1, undefined, far), outcome('A_LAD', 1, 0))).toMatchObject({ met: false });
    expect(only(outcome('A_LAD', 1, 0))).toMatchObject({ met: false });
  });

  it('has no mean where nothing was scored', () => {
    const none = only(outcome('Heart', 0, 0));
    expect(none).toMatchObject({ scored: 0, absent: 1 });
    for (const figure of ['dscMean', 'dscP5', 'dscMin', 'hd95MmMean', 'msdMmMean']) expect(none).not.toHaveProperty(figure);
  });

  it('gives the same for each group, and leaves out cases without one', () => {
    const [first, second, third] = cases(outcome('Heart', 500, 490, 0.9), outcome('Heart', 500, 0), outcome('Heart', 500, 490, 0.96));
    const { structures, groups } = summariseAccuracy([{ ...first, group: 'degraded' }, { ...second, group: 'mastectomy' }, third]);
    expect(structures[0].scored).toBe(3);
    expect(groups.map(({ group, cases: count, structures: [heart] }) => [group, count, heart.missed])).toEqual([['degraded', 1, 0], ['mastectomy', 1, 1]]);
  });
});
