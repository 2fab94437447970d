import type { Language } from './nameRule.ts';
import { withoutAccents } from './words.ts';

export type Side = 'left' | 'right';

/** A side as a name states it: of the patient, or seen from the treated breast. */
export type StatedSide = Side | 'ipsilateral' | 'contralateral';

export interface SideWord {
  side: StatedSide;
  /** Languages in which the word means a side; undefined: in all of them. */
  languages: readonly Language[] | undefined;
}

/**
 * Words for a side, without accents. Those of few letters count only beside an organ of their language: 're' may be
 * "again" and 'der' an article; 's' and 'i' are left out, they mean superior and inferior in TG-263 (section 7.2.7).
 */
const SIDE_WORDS: readonly { side: StatedSide; words: string; languages?: readonly Language[] }[] = [
  { side: 'left', words: 'l left lt lft links linke linker linkes gauche izq izda izdo izquierda izquierdo sinistra sinistro esquerda esquerdo 左 左侧 左側' },
  { side: 'right', words: 'r right rt rgt rechts rechte rechter rechtes droit droite derecha derecho destra destro direita direito 右 右侧 右側' },
  { side: 'left', words: 'li', languages: ['any', 'de', 'nl'] },
  { side: 'right', words: 're', languages: ['any', 'de', 'nl'] },
  { side: 'left', words: 'g', languages: ['fr'] },
  { side: 'right', words: 'd', languages: ['fr', 'es', 'it', 'pt'] },
  { side: 'right', words: 'der dcha dcho', languages: ['any', 'es'] },
  { side: 'left', words: 'e esq', languages: ['pt'] },
  { side: 'right', words: 'dir', languages: ['pt'] },
  { side: 'left', words: 'sin sx', languages: ['any', 'it', 'de', 'nl'] },
  { side: 'right', words: 'dx dex', languages: ['any', 'it', 'de', 'nl'] },
  { side: 'ipsilateral', words: 'ipsi ipsilat ipsilateral ipsilaterale ipsilateraal homolateral homolaterale omolaterale 患侧 患側' },
  { side: 'contralateral', words: 'contra contralat contralateral contralateraal controlateral controlaterale kontra kontralateral kontralaterale 健侧 健側 对侧 対側 對側' },
];

const BY_WORD: ReadonlyMap<string, SideWord> = new Map(
  SIDE_WORDS.flatMap(({ side, words, languages }) => words.split(' ').map((word): [string, SideWord] => [word, { side, languages }])),
);

export function sideOf(word: string): SideWord | undefined {
  return BY_WORD.get(withoutAccents(word));
}

/** The patient's side that is meant, or undefined where that depends on a treated side that is not known. */
export function patientSide(side: StatedSide, treatedSide: Side | undefined): Side | undefined {
  if (side === 'left' || side === 'right') return side;
  if (treatedSide === undefined || side === 'ipsilateral') return treatedSide;
  return treatedSide === 'left' ? 'right' : 'left';
}
