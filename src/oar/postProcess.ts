import { intersection, subtraction, union } from '../algebra/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask, Volume } from '../geometry/index.ts';
import { fillHoles, smoothInSlices } from './cleaning.ts';
import { endAtSkin } from './endAtSkin.ts';
import { keepPieces } from './keepPieces.ts';
import type { OarPair, OarRule, OarTable, Precedence } from './oarRule.ts';
import { oarTable } from './oarTable.ts';
import { cutByImageEdge, leftRightProblem, type Side } from './position.ts';
import { removeThinParts } from './thinParts.ts';

export interface PredictedStructure {
  name: string;
  mask: Mask;
}

/** A structure fit for contouring, with what a clinician has to know about it. */
export interface FoundStructure extends PredictedStructure {
  /** Sides of the image at which the organ is cut off: it is incomplete there. */
  cutByImageEdge: Side[];
  /** What was changed and what looks odd, in words. */
  notes: string[];
}

/** A predicted structure whose mask is empty or too small to be believed. */
export interface NotFound {
  name: string;
  reason: string;
}

export interface PostProcessed {
  found: FoundStructure[];
  notFound: NotFound[];
}

/** A structure on its way through the rules. */
interface Draft {
  name: string;
  rule: OarRule;
  mask: Mask;
  notes: string[];
}

/** A mask counts as lying on the grid of the CT up to this distance between voxels, in mm. */
const GRID_TOLERANCE_MM = 0.01;

/** Changes of volume below this are not worth a note, in cm³. */
const NOTE_FROM_CC = 0.05;

/**
 * Applies the rules of a table to the masks that a model predicted on one CT (HU). Every predicted structure comes
 * back, found or not found, each in the order given.
 * @throws RondoError `oar-unknown` for a structure without rules, `oar-name` for a name that stands twice, `oar-grid`
 * when a mask does not lie on the grid of the CT, `oar-left-right` when a left and a right organ lie on each other's side: then the
 * image or the model's output is mirrored, and no structure of it can be trusted.
 */
export function postProcess(predicted: readonly PredictedStructure[], image: Volume<Int16Array>, table: OarTable = oarTable): PostProcessed {
  checkInput(predicted, image);
  const drafts = predicted.map(({ name, mask }): Draft => ({ name, rule: ruleOf(name, table), mask, notes: [] }));
  for (const draft of drafts) if (draft.rule.endsAtSkin) change(draft, endAtSkin(draft.mask, image), 'air, wires and markers at its outline removed');
  for (const draft of drafts) if (!draft.rule.contains) clean(draft);
  for (const draft of innermostFirst(drafts)) if (draft.rule.contains) settleContainer(draft, draft.rule.contains, drafts);
  part(drafts, table.precedence);
  for (const pair of table.pairs) checkPair(pair, drafts);
  for (const draft of drafts) if (draft.rule.runsAlong) checkLength(draft, draft.rule.runsAlong, drafts);
  const result: PostProcessed = { found: [], notFound: [] };
  for (const draft of drafts) {
    const reason = reasonNotFound(draft);
    if (reason === undefined) result.found.push(foundStructure(draft, draft.rule.plausibleCc));
    else result.notFound.push({ name: draft.name, reason });
  }
  return result;
}

/** The steps of one structure's rule: pieces, holes, outline. */
function clean(draft: Draft): void {
  const { keep, fillHoles: dimensions, thinParts, smoothingMm } = draft.rule;
  change(draft, keepPieces(draft.mask, keep), 'separate pieces removed');
  change(draft, dimensions.reduce(fillHoles, draft.mask), 'holes filled');
  if (thinParts !== undefined) change(draft, keepPieces(removeThinParts(draft.mask, thinParts.thicknessMm, thinParts.fromCc), keep), 'thin parts removed');
  if (smoothingMm !== undefined) draft.mask = smoothInSlices(draft.mask, smoothingMm);
}

/** The drafts in such an order that what lies in another comes before it: a vessel, its heart, the body. */
function innermostFirst(drafts: readonly Draft[]): Draft[] {
  const levels = (draft: Draft): number => 1 + Math.max(-1, ...drafts.filter(({ name }) => draft.rule.contains?.includes(name)).map(levels));
  return drafts.toSorted((a, b) => levels(a) - levels(b));
}

/** Adds to a container, if it was found, what lies in it; cleans it; cuts what lies in it to it. */
function settleContainer(container: Draft, names: readonly string[], drafts: readonly Draft[]): void {
  const contents = drafts.filter(({ name }) => names.includes(name));
  if (reasonNotFound(container) === undefined) {
    container.mask = union(container.mask, ...contents.map(({ mask }) => mask));
    clean(container);
  }
  if (reasonNotFound(container) !== undefined) {
    for (const content of contents) content.notes.push(`not checked against ${container.name}, which was not found`);
    return;
  }
  for (const content of contents) change(content, intersection(content.mask, container.mask), `parts outside ${container.name} removed`);
}

/** Takes from each structure what one of higher precedence holds; one that was not found takes nothing. */
function part(drafts: readonly Draft[], { names }: Precedence): void {
  const parted = names.flatMap((name) => drafts.filter((draft) => draft.name === name && reasonNotFound(draft) === undefined));
  parted.forEach((winner, rank) => {
    for (const loser of parted.slice(rank + 1)) {
      const shared = intersection(loser.mask, winner.mask);
      if (!shared.isEmpty) change(loser, subtraction(loser.mask, shared), `part in ${winner.name} removed`);
    }
  });
}

/** Replaces the mask of a draft and notes by how much its volume changed. */
function change(draft: Draft, mask: Mask, what: string): void {
  if (mask === draft.mask) return;
  const differenceCc = Math.abs(mask.volumeCc - draft.mask.volumeCc);
  if (differenceCc >= NOTE_FROM_CC) draft.notes.push(`${what}: ${differenceCc.toFixed(1)} cm³`);
  draft.mask = mask;
}

function reasonNotFound({ mask, rule }: Draft): string | undefined {
  if (mask.isEmpty) return 'the model marked no voxel of it, or none that the rules keep';
  const volumeCc = mask.volumeCc;
  const limitCc = rule.minVolumeMm3 / 1000;
  return volumeCc < limitCc ? `${volumeCc.toFixed(1)} cm³ were marked, less than the ${limitCc} cm³ from which it is believed` : undefined;
}

/** A structure with the notes that its size and place call for: cut by the image, or of a volume outside `plausibleCc`. */
export function foundStructure({ name, mask, notes }: PredictedStructure & { notes: readonly string[] }, plausibleCc: readonly [number, number]): FoundStructure {
  const edges = cutByImageEdge(mask);
  const [least, most] = plausibleCc;
  const volumeCc = mask.volumeCc;
  const edgeNotes = edges.length > 0 ? [`cut by the image edge: ${edges.join(', ')}`] : [];
  // A part says nothing of the whole organ's least volume, but is too large where the whole would be.
  const odd = volumeCc > most || (volumeCc < least && edges.length === 0);
  const volumeNotes = odd ? [`volume ${volumeCc.toFixed(volumeCc < 10 ? 1 : 0)} cm³ is outside the plausible ${least}–${most} cm³: check it`] : [];
  return { name, mask, cutByImageEdge: edges, notes: [...notes, ...edgeNotes, ...volumeNotes] };
}

/** Notes on how many slices a long organ is missing. */
function checkLength({ mask, notes }: Draft, along: readonly string[], drafts: readonly Draft[]): void {
  const [, , first] = mask.box.min;
  const last = first + mask.box.size[2] - 1;
  const beside = drafts.filter((draft) => along.includes(draft.name) && reasonNotFound(draft) === undefined);
  const holds = (held: Mask, slice: number): boolean => held.slice(slice)?.includes(1) ?? false;
  const expected = Array.from({ length: mask.geometry.size[2] }, (_, slice) => slice).filter((slice) => (slice >= first && slice <= last) || beside.some((draft) => holds(draft.mask, slice)));
  const missing = expected.filter((slice) => !holds(mask, slice)).length;
  if (missing === 0) return;
  const held = beside.length > 0 ? `hold ${beside.map(({ name }) => name).join(' or ')} or ` : '';
  notes.push(`no contour on ${missing} of the ${expected.length} slices that ${held}lie between its own ends: it is incomplete, check it`);
}

/** Left and right organs on the wrong sides stop everything; one alone, or two too close, are noted. */
function checkPair(pair: OarPair, drafts: readonly Draft[]): void {
  const [left, right] = [pair.left, pair.right].map((name) => drafts.find((draft) => draft.name === name && reasonNotFound(draft) === undefined));
  if (left && right) {
    const problem = leftRightProblem(left.mask, right.mask, pair.minSeparationMm);
    if (problem?.swapped) {
      throw new RondoError(
        'oar-left-right',
        `Structures refused: of ${pair.left} and ${pair.right}, ${problem.reason}. The image or the model's output is mirrored; check the orientation of both before using any structure.`,
      );
    }
    if (problem) for (const { notes } of [left, right]) notes.push(`${problem.reason}: check the sides`);
    return;
  }
  const [alone, other] = left ? [left, pair.right] : [right, pair.left];
  alone?.notes.push(`found without ${other}: check the side`);
}

function ruleOf(name: string, table: OarTable): OarRule {
  const rule = table.structures.find((entry) => entry.name === name);
  if (!rule) throw new RondoError('oar-unknown', `Structure "${name}" refused: there are no rules for it. Expected one of ${table.structures.map((entry) => entry.name).join(', ')}.`);
  return rule;
}

function checkInput(predicted: readonly PredictedStructure[], { geometry }: Volume<Int16Array>): void {
  predicted.forEach(({ name, mask }, index) => {
    if (predicted.findIndex((other) => other.name === name) < index) {
      throw new RondoError('oar-name', `Structures refused: "${name}" was predicted twice. Each structure may come from one model output only.`);
    }
    if (!mask.geometry.agreesWith(geometry, GRID_TOLERANCE_MM)) {
      throw new RondoError('oar-grid', `Structures refused: "${name}" does not lie on the grid of its CT. Expected all masks of one prediction there.`);
    }
  });
}
