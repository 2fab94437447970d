import { STRUCTURE_STYLES } from '../rtstruct/index.ts';
import { withoutAccents } from './words.ts';

/** Languages of the table (ISO 639-1); `any` holds abbreviations that are written in all of them. */
export const LANGUAGES = ['any', 'en', 'de', 'fr', 'es', 'it', 'nl', 'pt', 'zh', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a clinic may call one structure. */
export interface NameRule {
  /** A name of `STRUCTURE_STYLES`, or one without its `_L` and `_R`: then the name's side is taken out before the pattern is tried. */
  name: string;
  language: Language;
  /** Compared with the whole name as `joined` writes it, without its side. */
  pattern: RegExp;
  /** Where the rule stands, for the record: `bundled table, Heart (de)`. */
  source: string;
  /** Why a match is not enough to give the structure this name. */
  doubt: string | undefined;
}

/** Rules in order of their authority: a layer is asked only where the ones before it are silent. */
export interface NameTable {
  layers: readonly (readonly NameRule[])[];
}

/** The standard names that a rule's name stands for: itself, or its left and right; none if it is unknown. */
export function standardNames(name: string): readonly string[] {
  if (STRUCTURE_STYLES.has(name)) return [name];
  return [`${name}_L`, `${name}_R`].filter((sided) => STRUCTURE_STYLES.has(sided));
}

/** True if the rule's name lacks its side. */
export function isSided(rule: NameRule): boolean {
  return !STRUCTURE_STYLES.has(rule.name);
}

/** A pattern that must fit the whole text; it ignores case. */
export function wholePattern(source: string): RegExp {
  return new RegExp(`^(?:${source.normalize('NFC')})$`, 'iu');
}

/** True if the pattern fits the text as it is written or without its accents. */
export function fits(pattern: RegExp, text: string): boolean {
  return pattern.test(text) || pattern.test(withoutAccents(text));
}
