import { waysThrough } from '../yaml/index.ts';
import { wholePattern } from './nameRule.ts';
import { MAX_NAME_LENGTH } from './refusedNames.ts';

/** Longer patterns are lists that should be several patterns. */
const MAX_PATTERN_LENGTH = 200;

/** One repeated character and some alternatives fit; two repeated characters, which multiply, do not. */
const MAX_WAYS = 1000;

/** Why a pattern of a site's table cannot be used, or undefined if it can. */
export function patternProblem(source: string): string | undefined {
  if (source.length > MAX_PATTERN_LENGTH) return `the pattern has ${source.length} characters, at most ${MAX_PATTERN_LENGTH} are allowed; divide it into several`;
  if (/\s|_(?!\p{L}(?!\p{L}))/u.test(source)) return 'patterns are compared with the name without its spaces and separators; leave them out (only a letter that stands alone keeps an underscore before it)';
  let pattern: RegExp;
  try {
    pattern = wholePattern(source);
  } catch (error) {
    return `the pattern is not a regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (pattern.test('')) return 'the pattern fits an empty name';
  if (waysThrough(source, MAX_NAME_LENGTH) > MAX_WAYS) return `the pattern could take too long on some names: at most ${MAX_WAYS} ways through it, with no repeated groups, no lookaround, no references back and no named groups`;
  return undefined;
}
