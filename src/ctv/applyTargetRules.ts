import { RondoError } from '../errors.ts';
import { Mask } from '../geometry/index.ts';
import { foundStructure, keepPieces, type FoundStructure, type NotFound } from '../oar/index.ts';
import { bodyFrame, misplacement, type BodyFrame } from './bodyFrame.ts';
import { awayFrom, type Distance, OUTSIDE_ORGANS, OUTSIDE_RIBS, underSkin, within } from './crops.ts';
import { planningTargets } from './planningTargets.ts';
import { RuleLedger, type RuleReport } from './ruleLedger.ts';
import { decideTreatment, type Seen, type Surgery } from './sideAndSurgery.ts';
import { checkOrder, partStations } from './stations.ts';
import { change, type SliceProbability, type TargetDraft } from './targetDraft.ts';
import { needs, rulesOff, SKIN_MM, type TargetOptions } from './targetOptions.ts';
import type { TargetRuleId } from './targetRules.ts';
import { targetOf, type BodySide } from './targetTable.ts';

/** A target as a model saw it. */
export interface PredictedTarget {
  name: string;
  mask: Mask;
  /** What the mask was made of; without it fixed orders decide. */
  probability?: SliceProbability | undefined;
}

/** What targets are checked against. */
export interface TargetSurroundings {
  /** The organs at risk that were found. */
  organs: readonly { name: string; mask: Mask }[];
  /** Radius in mm of the circle of reconstruction; undefined when the whole matrix was imaged. */
  fieldOfViewMm: number | undefined;
}

export interface TargetResult {
  /** CTVs, then PTVs. */
  found: FoundStructure[];
  notFound: NotFound[];
  /** Organs at risk that leave no more, since they are targets. */
  leftOutOrgans: string[];
  /** What a reader should know of the targets as a whole. */
  notes: string[];
  rules: RuleReport[];
}

const SIDES: readonly BodySide[] = ['L', 'R'];

// Of 17 beds of the locked test set one lay wholly in the wrong part of its breast (ctv-breast 1.1.0), which no rule can see.
const BED_NOTE = 'drawn where a seroma, clips or a scar seem to lie, and glandular tissue can look alike: compare its place with the report of the operation';

/**
 * Applies the rules of targets to the masks that models predicted on one CT. Every predicted target of a treated side comes
 * back, found or not found; what else was changed or left out stands in the rules' reports.
 * @throws RondoError `ctv-unknown` for what is no target, `ctv-name` for a name that stands twice, `ctv-rule`, `ctv-contradiction`, those of
 *   margins, and `algebra-grid` when masks lie on different grids
 */
export function applyTargetRules(predicted: readonly PredictedTarget[], { organs: found, fieldOfViewMm }: TargetSurroundings, options: TargetOptions = {}): TargetResult {
  const ledger = new RuleLedger(rulesOff(options));
  const organs = new Map(found.map(({ name, mask }) => [name, mask]));
  const all = draftsOf(predicted);
  const skinMm = options.skinMm ?? SKIN_MM;
  const notes = switchedOff(ledger);
  if (!ledger.isOn('side-and-surgery') && (options.side !== undefined || options.surgery !== undefined)) notes.push('the side and surgery that were given were not used, since the rule side-and-surgery was switched off');

  removeSpecks(all, ledger);
  const frame = bodyFrame(organs);
  const decided = chooseTargets(all, frame, options, ledger);
  if ('undecided' in decided) {
    ledger.note('side-and-surgery', decided.undecided);
    return { found: [], notFound: all.map(({ name }) => ({ name, reason: decided.undecided })), leftOutOrgans: [], notes: [...notes, `no target was released: ${decided.undecided}`], rules: ledger.reports() };
  }
  notes.push(...decided.notes);
  const reasons = new Map([...decided.withheld, ...unchecking(decided.drafts.filter(({ name }) => !decided.withheld.has(name)), organs, ledger)]);
  if (ledger.isOn('in-place') && frame.midline === undefined) ledger.note('in-place', 'sides were not checked: no organ shows the midline');
  const believed = (): TargetDraft[] => {
    for (const draft of decided.drafts) {
      const reason = reasons.get(draft.name) ?? doubt(draft, frame, ledger);
      if (reason !== undefined) reasons.set(draft.name, reason);
    }
    return decided.drafts.filter(({ name }) => !reasons.has(name));
  };

  // Before anything is shared or cut: what is not believed must not take voxels from what is.
  const drafts = believed();
  if (ledger.isOn('stations-disjoint')) partStations(drafts, ledger);
  keepAway(drafts, OUTSIDE_ORGANS, organs, 'outside-organs', ledger);
  keepAway(drafts.filter(({ row }) => row.kind !== 'station'), OUTSIDE_RIBS, organs, 'outside-ribs', ledger);
  if (ledger.isOn('skin-crop')) cropSkin(drafts, organs, { skinMm, fieldOfViewMm }, ledger);
  removeSpecks(drafts, ledger);
  if (ledger.isOn('bed-in-breast')) keepBedsInBreasts(decided.drafts, believed(), ledger);
  const left = believed();
  for (const { row, notes: own } of left) if (row.kind === 'tumourbed') own.push(BED_NOTE);
  if (ledger.isOn('stations-ordered')) for (const side of SIDES) checkOrder(left, side, frame, ledger);

  const targets = left.map((draft) => foundStructure(draft, draft.row.plausibleCc));
  const external = ledger.isOn('skin-crop') ? organs.get('External') : undefined;
  const planned = ledger.isOn('ptv') && options.ptvMm !== undefined ? planningTargets(targets, options.ptvMm, external && { external, distanceMm: skinMm, fieldOfViewMm }) : [];
  for (const { ptv, grown } of planned) {
    ledger.enter('ptv', ptv.name, Mask.empty(grown.geometry), grown);
    ledger.enter('ptv', ptv.name, grown, ptv.mask);
  }
  return {
    found: [...targets, ...planned.map(({ ptv }) => ptv)],
    notFound: decided.drafts.flatMap(({ name }) => {
      const reason = reasons.get(name);
      return reason === undefined ? [] : [{ name, reason }];
    }),
    leftOutOrgans: ledger.isOn('treated-breast') ? treatedBreasts(left, organs, ledger) : [],
    notes,
    rules: ledger.reports(),
  };
}

function draftsOf(predicted: readonly PredictedTarget[]): TargetDraft[] {
  return predicted.map(({ name, mask, probability }, index) => {
    const target = targetOf(name);
    if (!target) throw new RondoError('ctv-unknown', `"${name}" refused: it is no target that there are rules for. Expected a name of the table of targets with its side, such as CTVp_Breast_L.`);
    if (predicted.findIndex((other) => other.name === name) < index) throw new RondoError('ctv-name', `Targets refused: "${name}" was predicted twice. Each may come from one model only.`);
    return { name, ...target, mask, probability, notes: [] };
  });
}

function switchedOff(ledger: RuleLedger): string[] {
  return ledger.reports().filter(({ status, notes }) => status === 'off' && notes.includes('switched off')).map(({ id, does }) => `the rule of targets ${id} was switched off (it ${does})`);
}

function removeSpecks(drafts: readonly TargetDraft[], ledger: RuleLedger): void {
  if (!ledger.isOn('pieces')) return;
  for (const draft of drafts) change(draft, keepPieces(draft.mask, draft.row.keep), 'pieces', ledger);
}

/** What was asked for, by the side and surgery given or seen, and what of it is withheld, with the reason. */
interface Chosen {
  drafts: readonly TargetDraft[];
  withheld: ReadonlyMap<string, string>;
  notes: readonly string[];
}

function chooseTargets(drafts: readonly TargetDraft[], frame: BodyFrame, options: TargetOptions, ledger: RuleLedger): Chosen | { undecided: string } {
  if (!ledger.isOn('side-and-surgery')) return { drafts, withheld: new Map(), notes: [] };
  const primary = drafts.some(({ row }) => row.kind !== 'station');
  // What lies where it cannot be shows nothing: a false bed in the neck must not choose the side.
  const inPlace = drafts.filter((draft) => !ledger.isOn('in-place') || misplacement(draft.mask, draft, frame) === undefined);
  const decision = decideTreatment(primary ? { L: seenOn('L', inPlace), R: seenOn('R', inPlace) } : undefined, options);
  if ('undecided' in decision) return decision;
  ledger.note('side-and-surgery', ...decision.notes);
  const belongs = ({ side, row: { kind } }: TargetDraft): boolean => {
    const decided = decision.sides.get(side);
    return decided !== undefined && (kind === 'station' || KINDS['unclear' in decided ? 'unknown' : (decided.surgery ?? 'unknown')].includes(kind));
  };
  const left = drafts.filter((draft) => !belongs(draft));
  for (const { name, mask } of left) ledger.enter('side-and-surgery', name, mask, Mask.empty(mask.geometry));
  if (left.length > 0) ledger.note('side-and-surgery', `left out: ${left.map(({ name }) => name).join(', ')}`);
  const chosen = drafts.filter(belongs);
  const withheld = new Map<string, string>();
  for (const { name, side, mask, row } of chosen) {
    const decided = decision.sides.get(side);
    if (row.kind === 'station' || decided === undefined || !('unclear' in decided)) continue;
    withheld.set(name, decided.unclear);
    ledger.enter('side-and-surgery', name, mask, Mask.empty(mask.geometry));
  }
  return { drafts: chosen, withheld, notes: decision.notes };
}

/** The primary targets of each surgery. Where neither breast nor chest wall is seen, they are reported as not found. */
const KINDS: Readonly<Record<Surgery | 'unknown', readonly string[]>> = { conserving: ['breast', 'tumourbed'], mastectomy: ['chestwall'], unknown: ['breast', 'tumourbed', 'chestwall'] };

function seenOn(side: BodySide, drafts: readonly TargetDraft[]): Seen {
  const volume = (kind: string): number => drafts.find((draft) => draft.side === side && draft.row.kind === kind)?.mask.volumeCc ?? 0;
  return { breastCc: volume('breast'), chestwallCc: volume('chestwall'), bedCc: volume('tumourbed') };
}

/** Targets that cannot be checked, since an organ that a rule needs was not found: they must not leave. */
function unchecking(drafts: readonly TargetDraft[], organs: ReadonlyMap<string, Mask>, ledger: RuleLedger): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const { name, side, mask, row } of drafts) {
    if (mask.isEmpty) continue;
    for (const { rule, organs: needed } of needs(side, row.kind !== 'station')) {
      const absent = needed.filter((organ) => !organs.has(organ));
      if (!ledger.isOn(rule) || absent.length === 0) continue;
      reasons.set(name, `the rule ${rule} cannot check it: ${absent.join(', ')} was not found, and no target is released unchecked`);
      ledger.enter(rule, name, mask, Mask.empty(mask.geometry));
      break;
    }
  }
  return reasons;
}

function keepAway(drafts: readonly TargetDraft[], distances: readonly Distance[], organs: ReadonlyMap<string, Mask>, rule: TargetRuleId, ledger: RuleLedger): void {
  if (!ledger.isOn(rule) || drafts.length === 0) return;
  const absent = distances.filter(({ name }) => !organs.has(name)).map(({ name }) => name);
  if (absent.length > 0) ledger.note(rule, `not applied to ${absent.join(', ')}: not there`);
  for (const draft of drafts) change(draft, awayFrom(draft.mask, distances, organs), rule, ledger);
}

function cropSkin(drafts: readonly TargetDraft[], organs: ReadonlyMap<string, Mask>, { skinMm, fieldOfViewMm }: { skinMm: number; fieldOfViewMm: number | undefined }, ledger: RuleLedger): void {
  const external = organs.get('External');
  const filled = drafts.filter(({ mask }) => !mask.isEmpty);
  if (external === undefined || filled.length === 0) return;
  ledger.note('skin-crop', `${skinMm} mm`);
  const inner = underSkin(filled.map(({ mask }) => mask), external, skinMm, fieldOfViewMm);
  for (const draft of filled) change(draft, within(draft.mask, inner), 'skin-crop', ledger);
}

/** @param believed the targets that may leave, a breast of which keeps its bed */
function keepBedsInBreasts(drafts: readonly TargetDraft[], believed: readonly TargetDraft[], ledger: RuleLedger): void {
  for (const bed of believed.filter(({ row }) => row.kind === 'tumourbed')) {
    const breast = drafts.find(({ side, row }) => side === bed.side && row.kind === 'breast');
    if (breast === undefined) {
      ledger.note('bed-in-breast', `not applied to ${bed.name}: no model contours CTVp_Breast_${bed.side}`);
    } else if (believed.includes(breast)) {
      change(bed, within(bed.mask, breast.mask), 'bed-in-breast', ledger);
    } else {
      change(bed, Mask.empty(bed.mask.geometry), 'bed-in-breast', ledger);
      bed.notes.push(`bed-in-breast: ${breast.name} was not found`);
    }
  }
}

/** Why a target is not believed: nothing or too little is left of it, or it lies where it cannot be; undefined when it is. */
function doubt(draft: TargetDraft, frame: BodyFrame, ledger: RuleLedger): string | undefined {
  const { name, mask, row, notes } = draft;
  const lost = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  if (mask.isEmpty) return notes.length > 0 ? `nothing is left of it${lost}` : 'the model marked no voxel of it, or none that the rules keep';
  const volumeCc = mask.volumeCc;
  if (volumeCc < row.minVolumeCc) return `${volumeCc.toFixed(1)} cm³ are left, less than the ${row.minVolumeCc} cm³ from which it is believed${lost}`;
  const misplaced = ledger.isOn('in-place') ? misplacement(mask, draft, frame) : undefined;
  if (misplaced === undefined) return undefined;
  ledger.enter('in-place', name, mask, Mask.empty(mask.geometry));
  return `${volumeCc.toFixed(1)} cm³ were marked, but ${misplaced}`;
}

function treatedBreasts(targets: readonly TargetDraft[], organs: ReadonlyMap<string, Mask>, ledger: RuleLedger): string[] {
  const treated = SIDES.flatMap((side) => {
    const target = targets.find((draft) => draft.side === side && (draft.row.kind === 'breast' || draft.row.kind === 'chestwall'));
    return target ? [{ breast: `Breast_${side}`, target: target.name }] : [];
  });
  return treated.flatMap(({ breast, target }) => {
    const mask = organs.get(breast);
    if (mask === undefined) return [];
    ledger.enter('treated-breast', breast, mask, Mask.empty(mask.geometry));
    ledger.note('treated-breast', `${breast} is left out: ${target} stands for it`);
    return [breast];
  });
}
