import { describe, expect, it } from '@jest/globals';
import { nearest } from '../../src/config/nearest.ts';

describe('nearest', () => {
  it.each([
    ['hots', 'host'],
    ['Port', 'port'],
    ['aeTitel', 'aeTitles'],
    ['publicURL', 'publicUrl'],
    ['retentoin', 'retention'],
    ['public', 'publicUrl'],
    ['xyz', undefined],
    ['p', undefined],
    ['', undefined],
  ])('of %s is %s', (given, meant) => {
    expect(nearest(given, ['host', 'port', 'publicUrl', 'aeTitles', 'retention'])).toBe(meant);
  });
});
