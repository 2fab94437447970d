import { describe, expect, it } from '@jest/globals';
import { goalThresholds, judge } from '../../src/goals/index.ts';

describe('thresholds', () => {
  it('pass at the threshold, fail beyond the limit, call for a look between', () => {
    expect([0.9, 0.95, 0.89, 0.8, 0.79].map((dsc) => judge('dsc', dsc, { pass: 0.9, fail: 0.8 }))).toEqual(['pass', 'pass', 'look', 'look', 'fail']);
    expect([3, 1, 3.1, 5, 5.1].map((mm) => judge('hd95Mm', mm, { pass: 3, fail: 5 }))).toEqual(['pass', 'pass', 'look', 'look', 'fail']);
  });

  it('never fail by size without a limit', () => {
    expect(judge('dsc', 0, { pass: 0.9 })).toBe('look');
  });

  it('are the goals of a structure, of either side', () => {
    expect(goalThresholds('Lung_R')).toEqual({ dsc: { pass: 0.96 } });
    expect(goalThresholds('A_LAD')).toEqual({ msdMm: { pass: 3 } });
    expect(goalThresholds('Trachea')).toBeUndefined();
  });
});
