import { wholePattern } from './nameRule.ts';
import { MAX_NAME_LENGTH } from './refusedNames.ts';

/** Longer patterns are lists that should be several patterns. */
const MAX_PATTERN_LENGTH = 200;

/** One repeated character and some alternatives fit; two repeated characters, which multiply, do not. */
const MAX_WAYS = 1000;

/** Parts of a pattern that compiles with the `u` flag: escapes, classes, opening of a group, quantifiers, single characters. */
const PARTS = /\\[pPu]\{[^}]*\}|\\k<[^>]*>|\\[1-9]\d*|\\.|\[(?:\\.|[^\]\\])*\]|\(\?:|\(\?|[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu;

interface Group {
  /** Ways through the alternatives before the present one. */
  alternatives: number;
  /** Ways through the present alternative without its last item. */
  before: number;
  /** Ways through its last item, which a quantifier may follow. */
  last: number;
  lastIsGroup: boolean;
}

const opened = (): Group => ({ alternatives: 0, before: 1, last: 1, lastIsGroup: false });
const waysOf = ({ alternatives, before, last }: Group): number => alternatives + before * last;

/**
 * In how many ways a backtracking matcher can go through a pattern on a name of at most 64 characters: alternatives add,
 * optional and repeated items multiply. The work on one name is at most that times the pattern's length. Infinity for
 * what cannot be bounded so: repeated groups, looking around, references back, named groups.
 * @param source a pattern that compiles
 */
export function waysThrough(source: string): number {
  const outer: Group[] = [];
  let group = opened();
  const add = (ways: number, isGroup: boolean): void => {
    group = { ...group, before: group.before * group.last, last: ways, lastIsGroup: isGroup };
  };
  for (const [part] of source.matchAll(PARTS)) {
    if (part === '(?' || /^\\(?:k|[1-9])/.test(part)) return Infinity;
    if (part === '(' || part === '(?:') {
      outer.push(group);
      group = opened();
    } else if (part === ')') {
      const ways = waysOf(group);
      group = outer.pop() ?? opened();
      add(ways, true);
    } else if (part === '|') {
      group = { ...opened(), alternatives: waysOf(group) };
    } else if (part.startsWith('?')) {
      group.last += 1;
    } else if (/^[*+]|^\{\d/.test(part)) {
      if (group.lastIsGroup) return Infinity;
      group.last = choices(part);
    } else {
      add(1, false);
    }
  }
  return waysOf(group);
}

/** How many counts a quantifier of one character allows within a name. */
function choices(quantifier: string): number {
  const counts = /^\{(\d+)(,?)(\d*)\}/.exec(quantifier);
  if (counts === null || (counts[2] === ',' && counts[3] === '')) return MAX_NAME_LENGTH + 1;
  return counts[2] === '' ? 1 : Number(counts[3]) - Number(counts[1]) + 1;
}

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
  if (waysThrough(source) > MAX_WAYS) return `the pattern could take too long on some names: at most ${MAX_WAYS} ways through it, with no repeated groups, no lookaround, no references back and no named groups`;
  return undefined;
}
