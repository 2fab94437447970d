import { joinNames, type JoinedNames } from './joinNames.ts';
import type { NameOptions } from './normaliseName.ts';

/** One structure of several sets. */
export interface SharedStructure {
  /** As most sets spell it; of spellings equally frequent the first by its letters. */
  name: string;
  /** As each set spells it; undefined where the set has none. */
  spellings: readonly (string | undefined)[];
}

/**
 * Joins the names of several structure sets, any two of them as `joinNames` does. The order of the sets changes nothing but that of the spellings. Where
 * two names of one set would become one structure, as "Heart" and "Herz" beside a set that has the first and a set that has the second, those spelled
 * alike are joined and nothing else.
 * @param sets the names of each set, each name once in its set
 * @returns structures in the order in which the sets first name them, the set with most names first
 */
export function joinNamesOfSets(sets: readonly (readonly string[])[], options: NameOptions = {}): { structures: SharedStructure[]; refused: JoinedNames['refused'] } {
  const refused = new Map<string, JoinedNames['refused'][number]>();
  const refuse = (names: readonly string[], reason: string): void => {
    const distinct = [...new Set(names)].sort();
    refused.set(JSON.stringify([distinct, reason]), { names: distinct, reason });
  };
  const nodes = sets.flatMap((names, set) => names.map((name): Spelling => ({ set, name })));
  const groups = new Groups(nodes);
  for (const [first, names] of sets.entries()) {
    for (let second = first + 1; second < sets.length; second++) {
      const joined = joinNames(names, sets[second], options);
      for (const { reference, test } of joined.pairs) groups.join({ set: first, name: reference }, { set: second, name: test });
      for (const { names: left, reason } of joined.refused) refuse(left, reason);
    }
  }
  const structures = groups.all().flatMap((members) => {
    const isClear = new Set(members.map(({ set }) => set)).size === members.length;
    if (isClear) return [members];
    refuse(members.map(({ name }) => name), 'by one set they are one structure, by another two: rename the one that is meant');
    return bySpelling(members);
  });
  const order = sets.toSorted((a, b) => b.length - a.length || a.join().localeCompare(b.join(), 'en')).flat();
  const rank = ({ spellings }: SharedStructure): number => Math.min(...spellings.flatMap((name) => (name === undefined ? [] : [order.indexOf(name)])));
  return {
    structures: structures.map((members) => structureOf(members, sets.length)).sort((a, b) => rank(a) - rank(b)),
    refused: [...refused.values()].sort((a, b) => a.names.join().localeCompare(b.names.join(), 'en')),
  };
}

interface Spelling {
  set: number;
  name: string;
}

function structureOf(members: readonly Spelling[], count: number): SharedStructure {
  const [[{ name }]] = bySpelling(members).sort((a, b) => b.length - a.length || a[0].name.localeCompare(b[0].name, 'en'));
  return { name, spellings: Array.from({ length: count }, (_, set) => members.find((member) => member.set === set)?.name) };
}

function bySpelling(members: readonly Spelling[]): Spelling[][] {
  return [...new Set(members.map(({ name }) => name))].map((name) => members.filter((member) => member.name === name));
}

/** Which names stand for one structure. */
class Groups {
  readonly #groups = new Map<string, Spelling[]>();

  constructor(nodes: readonly Spelling[]) {
    for (const node of nodes) this.#groups.set(keyOf(node), [node]);
  }

  join(a: Spelling, b: Spelling): void {
    const [left, right] = [this.#groups.get(keyOf(a)) ?? [], this.#groups.get(keyOf(b)) ?? []];
    if (left === right) return;
    left.push(...right);
    for (const moved of right) this.#groups.set(keyOf(moved), left);
  }

  all(): Spelling[][] {
    return [...new Set(this.#groups.values())];
  }
}

function keyOf({ set, name }: Spelling): string {
  return `${set} ${name}`;
}
