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
 * In how many ways a backtracking matcher can go through a pattern from one place of a text: alternatives add, optional and repeated
 * items multiply. The work is at most that times the pattern's length, and times the text's where the pattern may begin
 * anywhere. Infinity for what cannot be bounded so: repeated groups, looking around, references back, named groups.
 * @param source a pattern that compiles
 * @param longest characters that a text may have
 */
export function waysThrough(source: string, longest: number): number {
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
      group.last = choices(part, longest);
    } else {
      add(1, false);
    }
  }
  return waysOf(group);
}

/** How many counts a quantifier of one character allows within a text. */
function choices(quantifier: string, longest: number): number {
  const counts = /^\{(\d+)(,?)(\d*)\}/.exec(quantifier);
  if (counts === null || (counts[2] === ',' && counts[3] === '')) return longest + 1;
  return counts[2] === '' ? 1 : Number(counts[3]) - Number(counts[1]) + 1;
}
