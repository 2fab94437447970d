import { STRUCTURE_STYLES } from '../rtstruct/index.ts';
import { fits, isSided, standardNames, type Language, type NameRule, type NameTable } from './nameRule.ts';
import { bundledNameTable } from './nameTable.ts';
import { refusal } from './refusedNames.ts';
import { patientSide, sideOf, type Side, type StatedSide } from './sides.ts';
import { joined, wordsOf } from './words.ts';

/** What a raw name means in Rondo's vocabulary, the keys of `STRUCTURE_STYLES`. */
export type NameResult =
  | { kind: 'matched'; name: string; /** The rule that decided. */ rule: string }
  | { kind: 'ambiguous'; /** Standard names that it may mean. */ candidates: readonly string[]; reason: string }
  | { kind: 'unknown'; reason: string };

/** The result for one name of a structure set, in which every standard name can stand once. */
export type SetNameResult = NameResult | { kind: 'clash'; name: string; /** Raw names that mean it. */ names: readonly string[]; reason: string };

export interface NameOptions {
  /** Undefined: the bundled table. */
  table?: NameTable | undefined;
  /** The treated breast, for names such as 'contralateral breast'; undefined: these are ambiguous. */
  treatedSide?: Side | undefined;
}

/** One way to read a name: all of it, or a side and the rest. */
interface Reading {
  rest: string;
  side?: StatedSide;
  /** Languages in which the side's word means a side; undefined: in all of them. */
  languages?: readonly Language[] | undefined;
}

interface Hit {
  rule: NameRule;
  candidates: readonly string[];
  reason: string;
}

const STANDARD_NAMES: ReadonlyMap<string, string> = new Map([...STRUCTURE_STYLES.keys()].map((name) => [name.toLowerCase(), name]));

/**
 * Maps the name that a clinic gave a structure to the standard one, or says why not: it never guesses. A standard name maps
 * to itself. Otherwise the name's words, without a side where the structure has one, must fit a rule as a whole.
 * Names of at most 64 characters and patterns of bounded work (`waysThrough`) bound the time.
 */
export function normaliseName(raw: string, { table = bundledNameTable, treatedSide }: NameOptions = {}): NameResult {
  const standard = STANDARD_NAMES.get(raw.trim().toLowerCase());
  if (standard !== undefined) return { kind: 'matched', name: standard, rule: 'standard name' };
  const words = wordsOf(raw);
  const refused = refusal(raw, words);
  if (refused !== undefined) return { kind: 'unknown', reason: refused };
  const readings = readingsOf(words);
  for (const layer of table.layers) {
    const hits = layer.flatMap((rule) => readings.flatMap((reading) => hitOf(rule, reading, treatedSide) ?? []));
    if (hits.length > 0) return decide(hits);
  }
  return { kind: 'unknown', reason: unknownReason(words, readings, table) };
}

/**
 * Maps the names of one structure set, in their order. Names that mean the same structure clash, and none of them is mapped:
 * which of two hearts is the heart is not for a table to say.
 */
export function normaliseNames(names: readonly string[], options: NameOptions = {}): readonly SetNameResult[] {
  const results = names.map((name) => normaliseName(name, options));
  return results.map((result) => {
    if (result.kind !== 'matched') return result;
    const same = names.filter((_, index) => {
      const other = results[index];
      return other.kind === 'matched' && other.name === result.name;
    });
    if (same.length === 1) return result;
    return { kind: 'clash', name: result.name, names: same, reason: `${same.map((name) => `"${name}"`).join(' and ')} mean ${result.name}, which a set can hold once.` };
  });
}

function readingsOf(words: readonly string[]): Reading[] {
  const sided = words.flatMap((word, index): Reading[] => {
    const stated = sideOf(word);
    return stated === undefined ? [] : [{ ...stated, rest: joined(words.toSpliced(index, 1)) }];
  });
  return [{ rest: joined(words) }, ...sided];
}

function hitOf(rule: NameRule, { rest, side, languages }: Reading, treatedSide: Side | undefined): Hit | undefined {
  if (side !== undefined && (!isSided(rule) || languages?.includes(rule.language) === false)) return undefined;
  if (!fits(rule.pattern, rest)) return undefined;
  const candidates = standardNames(rule.name);
  if (!isSided(rule)) return { rule, candidates, reason: '' };
  if (side === undefined) return { rule, candidates, reason: 'The name does not say which side.' };
  const meant = patientSide(side, treatedSide);
  if (meant === undefined) return { rule, candidates, reason: `The name says ${side}, and the treated side is not given.` };
  return { rule, candidates: [`${rule.name}${meant === 'left' ? '_L' : '_R'}`], reason: '' };
}

function decide(hits: readonly Hit[]): NameResult {
  const [{ rule, candidates, reason }] = hits;
  if (hits.some((hit) => hit.candidates.join() !== candidates.join())) {
    const all = [...new Set(hits.flatMap((hit) => hit.candidates))];
    return { kind: 'ambiguous', candidates: all, reason: `The name fits several rules: ${hits.map((hit) => hit.rule.source).join('; ')}.` };
  }
  if (rule.doubt !== undefined) return { kind: 'ambiguous', candidates, reason: rule.doubt };
  if (candidates.length > 1) return { kind: 'ambiguous', candidates, reason };
  return { kind: 'matched', name: candidates[0], rule: rule.source };
}

function unknownReason(words: readonly string[], readings: readonly Reading[], table: NameTable): string {
  const sideless = table.layers.flat().find((rule) => !isSided(rule) && readings.some(({ rest, side }) => side !== undefined && fits(rule.pattern, rest)));
  if (sideless !== undefined) return `${sideless.name} has no side, but the name gives one.`;
  return `No rule fits "${words.join(' ')}" as a whole; additions such as a number, a dose or "copy" are not left out.`;
}
