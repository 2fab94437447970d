import { sideOf } from './sides.ts';

/** ROI Name (3006,0026) is an LO: at most 64 characters (PS3.5 6.2). Longer ones are damaged, and would make matching slower than need be. */
export const MAX_NAME_LENGTH = 64;

/** Marks that TG-263 gives a meaning (AAPM report 263, section 7.2); any other mark is refused too. */
const MARKS: Readonly<Record<string, string>> = {
  '~': 'marks a part of a structure (TG-263 7.2.11), not the whole',
  '^': 'adds a qualifier (TG-263 7.2.12), so the structure is a variant',
  '!': 'marks a segmented target (TG-263 8.2.1)',
  '+': 'joins structures',
  '&': 'joins structures',
};

/** Words that make another structure out of the one beside them. */
const DERIVING_WORDS: readonly { words: RegExp; means: string }[] = [
  { words: /^(?:i?[gp]tv|itv|ictv)/u, means: 'names a target volume that this vocabulary does not hold, or a structure cut by one' },
  { words: /^prv\d*$/u, means: 'names a planning risk volume, an organ with a margin (TG-263 7.2.10)' },
  { words: /^(?:z|opt|opti|optim|optimi[sz]ation|dummy|help|hilfe|avoid|avoidance)$/u, means: 'marks a structure that only serves optimisation (TG-263 7.2.15)' },
  { words: /^(?:ring|shell|rind|margin)$/u, means: 'names a rim, not the organ' },
  { words: /^(?:eval|evl|crop|cropped|exp|expanded|overlap)$/u, means: 'marks a cropped, grown or evaluation copy' },
  { words: /^(?:minus|without|excl|excluding|ohne|sans|senza|zonder|sem|moins|menos|meno|plus)$/u, means: 'joins or subtracts structures' },
  { words: /^(?:ul|ll|lul|lll|rul|rml|rll|nadj|dist|prox|lobe|part|partial)$/u, means: 'names a part of the organ (TG-263 7.2.7)' },
];

/**
 * Why a name must not be given to any structure of the vocabulary, whatever the table says; undefined if it may be.
 * @param words the name's words, of `wordsOf`
 */
export function refusal(name: string, words: readonly string[]): string | undefined {
  const plain = name.normalize('NFKC').trim();
  if (words.length === 0) return 'The name holds no word.';
  if (plain.length > MAX_NAME_LENGTH) return `The name has ${plain.length} characters; DICOM allows ${MAX_NAME_LENGTH}.`;
  const first = /^[^\p{L}\p{N}([{]/u.exec(plain)?.[0];
  if (first !== undefined) return `The name begins with "${first}", as structures that only serve optimisation do (TG-263 7.2.15).`;
  const last = /[_\p{Pd}]$/u.exec(plain)?.[0];
  if (last !== undefined) return `The name ends with "${last}", as copies do.`;
  const mark = /[^\p{L}\p{N}\p{M}]/u.exec(words.join(''))?.[0];
  if (mark !== undefined) return `"${mark}" ${MARKS[mark] ?? 'has no meaning in a structure name'}.`;
  for (const word of words) {
    const deriving = DERIVING_WORDS.find(({ words: pattern }) => pattern.test(word));
    if (deriving !== undefined) return `"${word}" ${deriving.means}.`;
  }
  const target = words.findIndex((word) => word.startsWith('ctv'));
  if (target > 0 && words.slice(0, target).some((word) => sideOf(word) === undefined)) return 'The CTV stands after another structure: it may be subtracted from it.';
  return undefined;
}
