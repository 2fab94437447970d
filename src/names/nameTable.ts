import { wholePattern, type Language, type NameRule, type NameTable } from './nameRule.ts';
import { ORGAN_NAMES } from './organNames.ts';
import { TARGET_NAMES } from './targetNames.ts';

/** One structure of the bundled table: per language a regular expression of what clinics call it. */
export interface StructureNames {
  /** A standard name, or one without its side. */
  name: string;
  /** In lower case, without accents, spaces, separators and side: 'lungenflue?gel' fits 'Lungenflügel' and 'Lungenfluegel'. */
  patterns: Readonly<Partial<Record<Language, string>>>;
  /** What else the name may mean in a structure set: it is then only proposed. */
  doubt?: string;
}

function rulesOf({ name, patterns, doubt }: StructureNames): NameRule[] {
  return Object.entries(patterns).map(([language, pattern]) => ({
    name,
    language: language as Language,
    pattern: wholePattern(pattern),
    source: `bundled table, ${name} (${language})`,
    doubt,
  }));
}

/** Every structure's own name fits it however it is spaced: 'spinal cord', 'lung l'. */
function ownName({ name, doubt }: StructureNames): NameRule[] {
  if (doubt !== undefined) return [];
  return [{ name, language: 'en', pattern: wholePattern(name.replaceAll('_', '')), source: `bundled table, ${name}`, doubt }];
}

/**
 * The bundled table, for structure sets of the breast and thorax: the same short names mean other things elsewhere ('L2'
 * a vertebra, 'level 2' a neck node station). Names are facts of the field, from: the TG-263 worksheet (2017-08-15, primary
 * and reverse names), the RT Structure Sets and planning scripts that the tests list, and the organs' names in each language.
 */
export const bundledNameTable: NameTable = {
  layers: [[...ORGAN_NAMES, ...TARGET_NAMES].flatMap((names) => [...ownName(names), ...rulesOf(names)])],
};
