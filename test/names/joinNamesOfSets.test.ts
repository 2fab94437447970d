import { describe, expect, it } from '@jest/globals';
import { joinNamesOfSets } from '../../src/names/index.ts';

const shown = (sets: readonly (readonly string[])[]): [string, ...(string | undefined)[]][] => joinNamesOfSets(sets).structures.map(({ name, spellings }) => [name, ...spellings]);

describe('names of several structure sets', () => {
  it('are joined by spelling and by meaning, and stand once each', () => {
    expect(shown([['Heart', 'Lung_L'], ['Herz', 'Lung_L', 'Leber'], ['Heart']])).toEqual([
      ['Heart', 'Heart', 'Herz', 'Heart'],
      ['Lung_L', 'Lung_L', 'Lung_L', undefined],
      ['Leber', undefined, 'Leber', undefined],
    ]);
  });

  it('are called as most sets call them, else by the first of the spellings', () => {
    expect(shown([['Herz'], ['Heart'], ['Herz']])[0][0]).toBe('Herz');
    expect(shown([['Herz'], ['Heart']])[0][0]).toBe('Heart');
    expect(shown([['Heart'], ['Herz']])[0][0]).toBe('Heart');
  });

  it('of one set are never two of one structure: then only those spelled alike are joined, and it is said', () => {
    const sets = [['Heart', 'Herz'], ['Heart'], ['Herz']];
    expect(shown(sets).sort()).toEqual([['Heart', 'Heart', 'Heart', undefined], ['Herz', 'Herz', undefined, 'Herz']]);
    expect(joinNamesOfSets(sets).refused).toContainEqual({ names: ['Heart', 'Herz'], reason: expect.stringMatching(/rename/) as unknown });
  });

  it('that may mean several are told', () => {
    expect(joinNamesOfSets([['Lung'], ['Lung_L', 'Lung_R'], ['Lung_L']]).refused.length).toBeGreaterThan(0);
  });

  it('are the same in any order of the sets', () => {
    const sets = [['Heart', 'Lung_L', 'A'], ['Herz', 'Lung_L'], ['Coeur', 'Lunge links', 'B'], ['Heart', 'Herz', 'X']];
    const named = (order: readonly number[]): unknown => {
      const { structures, refused } = joinNamesOfSets(order.map((n) => sets[n]));
      return [structures.map(({ name, spellings }) => [name, ...sets.map((_, n) => spellings[order.indexOf(n)])]), refused];
    };
    for (const order of [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]]) expect(named(order)).toEqual(named([0, 1, 2, 3]));
  });
});
