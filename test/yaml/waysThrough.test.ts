import { describe, expect, it } from '@jest/globals';
import { waysThrough } from '../../src/yaml/index.ts';

describe('waysThrough', () => {
  it.each([
    ['abc', 1],
    ['a|b|cd', 3],
    ['(?:a|b)c?', 4],
    ['(?:ctvn?)?l[1-3]', 3],
    ['(a|b)(c|d|e)|f', 7],
    ['a+b', 65],
    ['[^)+*]{2,5}', 4],
    ['\\p{L}{3}\\(\\+', 1],
    ['(?:a*|b)?', 67],
    ['a*b*', 65 * 65],
    ['(?:ab)+', Infinity],
    ['(?=a)b', Infinity],
  ])('counts the ways through %s', (source, ways) => {
    expect(waysThrough(source, 64)).toBe(ways);
  });

  it('counts by the length of the text', () => {
    expect([4, 256].map((longest) => waysThrough('a*', longest))).toEqual([5, 257]);
  });
});
