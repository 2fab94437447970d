import { describe, expect, it } from '@jest/globals';
import { chainsOf } from '../../src/report/chains.ts';

describe('chains of an outline', () => {
  it('joins segments in any order and direction into one closed chain', () => {
    const chains = chainsOf([0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1]);
    expect(chains).toHaveLength(1);
    expect(chains[0].isClosed).toBe(true);
    expect(chains[0].points).toHaveLength(8);
  });

  it('begins an open chain at its end', () => {
    expect(chainsOf([1, 0, 2, 0, 0, 0, 1, 0, 2, 0, 3, 0])).toEqual([{ points: [0, 0, 1, 0, 2, 0, 3, 0], isClosed: false }]);
  });

  it('uses each segment once where chains touch', () => {
    const square = (x: number, y: number): number[] => [x, y, x + 1, y, x + 1, y, x + 1, y + 1, x + 1, y + 1, x, y + 1, x, y + 1, x, y];
    const chains = chainsOf([...square(0, 0), ...square(1, 1)]);
    expect(chains.reduce((sum, { points }) => sum + points.length / 2, 0)).toBe(8);
    expect(chains.every(({ isClosed }) => isClosed)).toBe(true);
    expect(chainsOf([])).toEqual([]);
  });
});
