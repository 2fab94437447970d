import { RondoError } from '../errors.ts';
import { SIDE_WORDS, type BodySide } from './targetTable.ts';

export type Surgery = 'conserving' | 'mastectomy';

/** What is known of the treatment before anybody looks at the scan. */
export interface Treatment {
  side?: BodySide | 'both' | undefined;
  surgery?: Surgery | undefined;
}

/** Volumes in cm³ that the models see on one side. */
export interface Seen {
  breastCc: number;
  chestwallCc: number;
  bedCc: number;
}

/** What was done on a side (undefined: neither a breast nor a chest wall is seen), or why neither of the two may leave; the stations, which are the same after both, may. */
export type SideDecision = { surgery: Surgery | undefined } | { unclear: string };

/** The sides to be treated, or why no target may leave. */
export type Decision = { sides: ReadonlyMap<BodySide, SideDecision>; notes: readonly string[] } | { undecided: string };

/** From this volume on, in cm³, a tumour bed says on which side surgery was: smaller finds are glands and vessels. */
const BED_FROM_CC = 2;

/** From this volume on, in cm³, a breast or a chest wall is taken to be there: the least that is believed of either. */
const WALL_FROM_CC = 15;

/** Where the lesser of breast and chest wall on one side holds more than this share of the larger, neither is sure. */
const UNSURE_SHARE = 1 / 3;

const SIDES: readonly BodySide[] = ['L', 'R'];

type Sight = 'breast' | 'chestwall' | 'unsure' | 'nothing';

/**
 * Which side is treated, after which surgery: what is given, else what is seen, and said so.
 * @param seen undefined when no model that sees breasts, chest walls and tumour beds was used
 * @throws RondoError `ctv-contradiction` when the side given contradicts what is seen, or the surgery on the only side that shows any
 */
export function decideTreatment(seen: Readonly<Record<BodySide, Seen>> | undefined, treatment: Treatment): Decision {
  if (seen === undefined) {
    if (treatment.side === undefined) return { undecided: 'no side was given, and no chosen model sees which side was operated on. Give the side: L, R or both' };
    return { sides: new Map(sidesGiven(treatment.side).map((side) => [side, { surgery: treatment.surgery }])), notes: [] };
  }
  const chosen = treatment.side === undefined ? sideSeen(seen, treatment.surgery) : { sides: sidesGiven(treatment.side), notes: checkOtherSide(seen, treatment) };
  if ('undecided' in chosen) return chosen;
  const sides = new Map<BodySide, SideDecision>();
  const notes = [...chosen.notes];
  for (const side of chosen.sides) {
    const decided = surgeryOn(side, seen[side], treatment.surgery);
    // A side that was only seen is as doubtful as what was done on it.
    if ('unclear' in decided && treatment.side === undefined) return { undecided: decided.unclear };
    sides.set(side, decided);
    notes.push(...('unclear' in decided ? [`neither breast nor chest wall of side ${side} was released: ${decided.unclear}`] : decided.notes));
  }
  return { sides, notes };
}

function sidesGiven(side: BodySide | 'both'): readonly BodySide[] {
  return side === 'both' ? SIDES : [side];
}

/** The one side that shows surgery, of the kind that was given if one was. */
function sideSeen(seen: Readonly<Record<BodySide, Seen>>, surgery: Surgery | undefined): { sides: readonly BodySide[]; notes: string[] } | { undecided: string } {
  const signs = SIDES.map((side) => ({ side, words: signsOn(side, seen[side]) })).filter(({ words }) => words !== '');
  const fitting = signs.filter(({ side }) => surgery === undefined || (surgery === 'conserving' ? seen[side].bedCc >= BED_FROM_CC : sightOf(seen[side]) !== 'breast' && sightOf(seen[side]) !== 'nothing'));
  if (fitting.length === 1) return { sides: [fitting[0].side], notes: [`side ${fitting[0].side}: ${fitting[0].words}; no side was given`] };
  if (fitting.length > 1) return { undecided: `no side was given, and both sides show surgery: ${fitting.map(({ words }) => words).join('; ')}. Give the side: L, R or both` };
  const shown: Sight = surgery === 'mastectomy' ? 'chestwall' : 'breast';
  if (surgery !== undefined && signs.length > 0 && !SIDES.some((side) => sightOf(seen[side]) === shown)) throw contradiction(`the surgery given is ${surgery}, but seen is: ${signs.map(({ words }) => words).join('; ')}`);
  if (surgery !== undefined && signs.length > 0) return { undecided: `no side was given, and what is seen does not show where the surgery given, ${surgery}, was: ${signs.map(({ words }) => words).join('; ')}. Give the side: L, R or both` };
  return { undecided: 'no side was given, and neither a tumour bed nor a chest wall without a breast is seen on either side. Give the side: L, R or both' };
}

/** A fresh tumour bed on the other side alone says that the side given is wrong; a chest wall there may be of long ago, but not where a mastectomy is asked for on a side with a breast. */
function checkOtherSide(seen: Readonly<Record<BodySide, Seen>>, { side, surgery }: Treatment): string[] {
  if (side === undefined || side === 'both') return [];
  const other = side === 'L' ? 'R' : 'L';
  const words = signsOn(other, seen[other]);
  if (words === '') return [];
  if (seen[other].bedCc >= BED_FROM_CC && signsOn(side, seen[side]) === '') throw contradiction(`the side given is ${side}, but seen is: ${words}, and no sign of surgery on the ${SIDE_WORDS[side]}`);
  if (surgery === 'mastectomy' && sightOf(seen[other]) === 'chestwall' && sightOf(seen[side]) === 'breast') throw contradiction(`a mastectomy of side ${side} was given, but seen is: ${words}, and a breast on the ${SIDE_WORDS[side]}`);
  return [`side ${side} was given; seen on the other side: ${words}. Check the side`];
}

function surgeryOn(side: BodySide, seen: Seen, given: Surgery | undefined): { surgery: Surgery | undefined; notes: string[] } | { unclear: string } {
  const sight = sightOf(seen);
  const where = `on the ${SIDE_WORDS[side]}`;
  const volumes = `a breast of ${seen.breastCc.toFixed(0)} cm³ and a chest wall of ${seen.chestwallCc.toFixed(0)} cm³`;
  if (sight === 'unsure') return { unclear: `${volumes} are seen ${where}, so that it is not clear which of the two is there. Contour this side by hand` };
  if (sight === 'nothing') return { surgery: given, notes: [`neither a breast nor a chest wall of ${WALL_FROM_CC} cm³ is seen ${where}`] };
  const shown: Surgery = sight === 'breast' ? 'conserving' : 'mastectomy';
  if (given !== undefined && given !== shown) {
    const rebuilt = shown === 'conserving' ? ' An implant looks like a breast to the models.' : '';
    return { unclear: `the surgery given is ${given}, but ${volumes} are seen ${where}.${rebuilt} Correct what was given, or contour this side by hand` };
  }
  const bed = seen.bedCc >= BED_FROM_CC ? `a tumour bed of ${seen.bedCc.toFixed(0)} cm³` : '';
  if (sight === 'chestwall' && bed !== '') {
    if (given === undefined) return { unclear: `${volumes} are seen ${where}, and ${bed}: it is not clear whether the breast was removed. Give the surgery: conserving or mastectomy` };
    return { surgery: given, notes: [`${bed} is seen ${where} although the breast was removed: it is left out`] };
  }
  const unconfirmed = sight === 'breast' && bed === '' ? [`no tumour bed of ${BED_FROM_CC} cm³ is seen ${where}: what is seen does not confirm the side`] : [];
  return { surgery: shown, notes: [...unconfirmed, ...(given === undefined ? [`surgery ${where}: ${shown}, since ${volumes} are seen; none was given`] : [])] };
}

/** In words what on a side shows that it was operated on; empty where nothing does. */
function signsOn(side: BodySide, seen: Seen): string {
  const sight = sightOf(seen);
  const words = [
    ...(seen.bedCc >= BED_FROM_CC ? [`tumour bed of ${seen.bedCc.toFixed(0)} cm³`] : []),
    ...(sight === 'chestwall' ? [`chest wall of ${seen.chestwallCc.toFixed(0)} cm³ in place of a breast`] : []),
    ...(sight === 'unsure' ? [`chest wall of ${seen.chestwallCc.toFixed(0)} cm³ beside a breast of ${seen.breastCc.toFixed(0)} cm³`] : []),
  ];
  return words.length === 0 ? '' : `${words.join(' and ')} found on the ${SIDE_WORDS[side]}`;
}

function sightOf({ breastCc, chestwallCc }: Seen): Sight {
  const [lesser, larger] = breastCc < chestwallCc ? [breastCc, chestwallCc] : [chestwallCc, breastCc];
  if (larger < WALL_FROM_CC) return 'nothing';
  if (lesser > UNSURE_SHARE * larger) return 'unsure';
  return breastCc > chestwallCc ? 'breast' : 'chestwall';
}

function contradiction(problem: string): RondoError {
  return new RondoError('ctv-contradiction', `Targets refused: ${problem}. Correct what was given, or switch the rule side-and-surgery off and choose among all targets by hand.`);
}
