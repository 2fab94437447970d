/** What separates the words of a name; brackets and full stops are left out like spaces ('Lung (L)', 'Lunge li.'). */
const SEPARATORS = /[\s\p{Pd}_.,;:/\\()[\]{}'’"・]+/u;

/** Types of target that clinics write without a separator: 'CTVbreast', 'PTVopt'. Lower case cannot be told from other words. */
const TARGET_TYPES = /I?[CGP]TV|ITV|PRV/g;

/** Sides that are written onto the organ: '左肺', 'linkerlong'. */
const ATTACHED_SIDES = /[左右患健对対對][侧側]|[左右]|(?<!\p{L})(?:linker|rechter)(?=\p{L})/gu;

const LIGATURES: Readonly<Record<string, string>> = { ß: 'ss', œ: 'oe', æ: 'ae', ø: 'o', ł: 'l' };

/**
 * The words of a structure's name in lower case, accents kept: compatibility forms are unified (NFKC), and a word ends at
 * a separator, before a capital ('SpinalCord', 'LtLung') and around a side that is written onto the organ.
 */
export function wordsOf(name: string): string[] {
  return name
    .normalize('NFKC')
    .replace(TARGET_TYPES, ' $& ')
    .replace(/(\p{Ll})(?=\p{Lu})/gu, '$1 ')
    .replace(/(\p{Lu})(?=\p{Lu}\p{Ll})/gu, '$1 ')
    .toLowerCase()
    .replace(ATTACHED_SIDES, ' $& ')
    .split(SEPARATORS)
    .filter((word) => word !== '');
}

/**
 * A letter on its own, joined to the word before it, would make another word: 'Lung S' is not 'Lungs', 'Cor D' not 'Cord'.
 * Joined are 'CTV n', 'CTV p', 'LAD A' (TG-263's reverse name), a Roman one and the l of 'L 2' and of French articles.
 */
const LONE_LETTER = / (?<!ctv |lad )(?![il](?: |$))(?=[a-z](?: |$))/g;

/** The words as patterns see them: without spaces, an underscore before a letter that stands alone ('lung_s'). */
export function joined(words: readonly string[]): string {
  return words.join(' ').replace(LONE_LETTER, '_').replaceAll(' ', '');
}

/** 'rückenmark' → 'ruckenmark', 'cœur' → 'coeur'. Only Latin accents go: a Japanese voicing mark makes another letter. */
export function withoutAccents(text: string): string {
  return text
    .replace(/[ßœæøł]/g, (letter) => LIGATURES[letter] ?? letter)
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC');
}
