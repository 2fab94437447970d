import { normaliseNames, type NameOptions } from './normaliseName.ts';

/** A structure of one set and the same structure of another, as each spells it. */
export interface NamePair {
  reference: string;
  test: string;
}

export interface JoinedNames {
  /** Spelled exactly alike, or, where they are not, with one meaning by the name table. */
  pairs: NamePair[];
  /** Names that may mean the same, or several, and were not joined: why. */
  refused: { names: readonly string[]; reason: string }[];
}

/**
 * Joins the names of two structure sets: those spelled alike first, then those that mean the same standard name and are the only ones of
 * their set that do. It never guesses.
 */
export function joinNames(reference: readonly string[], test: readonly string[], options: NameOptions = {}): JoinedNames {
  const alike = reference.filter((name) => test.includes(name));
  const pairs: NamePair[] = alike.map((name) => ({ reference: name, test: name }));
  const refused: JoinedNames['refused'] = [];
  const [ofReference, ofTest] = [reference, test].map((names) => meanings(names, options));
  for (const meaning of new Set([...ofReference.keys(), ...ofTest.keys()])) {
    const [left, right] = [ofReference, ofTest].map((byMeaning) => (byMeaning.get(meaning) ?? []).filter((name) => !alike.includes(name)));
    if (left.length === 0 || right.length === 0) continue;
    // Another spelling beside two that are alike is a second structure, not the same once more.
    const taken = [ofReference, ofTest].some((byMeaning) => (byMeaning.get(meaning) ?? []).some((name) => alike.includes(name)));
    if (left.length === 1 && right.length === 1 && !taken) pairs.push({ reference: left[0], test: right[0] });
    else refused.push({ names: [...left, ...right], reason: `they mean ${meaning}, which more than one structure of a set does: rename the one that is meant` });
  }
  const joined = new Set(pairs.flatMap((pair) => [pair.reference, pair.test]));
  for (const [names, others] of [[reference, test], [test, reference]] as const) {
    for (const [index, result] of normaliseNames(names, options).entries()) {
      if (result.kind !== 'ambiguous' || joined.has(names[index])) continue;
      const possible = result.candidates.filter((candidate) => others.some((other) => !joined.has(other) && other === candidate));
      if (possible.length > 0) refused.push({ names: [names[index], ...possible], reason: `"${names[index]}" may mean ${result.candidates.join(' or ')}: ${result.reason}` });
    }
  }
  return { pairs, refused };
}

/** The names of a set by the standard name that they mean. */
function meanings(names: readonly string[], options: NameOptions): Map<string, string[]> {
  const byMeaning = new Map<string, string[]>();
  for (const [index, result] of normaliseNames(names, options).entries()) {
    const meaning = result.kind === 'matched' || result.kind === 'clash' ? result.name : undefined;
    if (meaning !== undefined) byMeaning.set(meaning, [...(byMeaning.get(meaning) ?? []), names[index]]);
  }
  return byMeaning;
}
