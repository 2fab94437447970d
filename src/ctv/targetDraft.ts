import type { Mask, VoxelBox } from '../geometry/index.ts';
import type { RuleLedger } from './ruleLedger.ts';
import type { TargetRuleId } from './targetRules.ts';
import type { BodySide, TargetRow } from './targetTable.ts';

/** Probability of each voxel of a box's part of slice k, row-major, box.size[0] columns wide. */
export type SliceProbability = (box: VoxelBox, slice: number) => Float32Array;

/** A target on its way through the rules. */
export interface TargetDraft {
  name: string;
  row: TargetRow;
  side: BodySide;
  mask: Mask;
  probability: SliceProbability | undefined;
  notes: string[];
}

/** Changes of volume below this are not worth a note on the structure, in cm³; the rule's report holds them all. */
const NOTE_FROM_CC = 0.05;

/** Gives a target what a rule left of it, enters it in the ledger and, where it is worth one, notes it on the target. */
export function change(draft: TargetDraft, mask: Mask, rule: TargetRuleId, ledger: RuleLedger): void {
  if (mask === draft.mask) return;
  const removedCc = draft.mask.volumeCc - mask.volumeCc;
  ledger.enter(rule, draft.name, draft.mask, mask);
  if (removedCc >= NOTE_FROM_CC) draft.notes.push(`${rule}: ${removedCc.toFixed(1)} cm³ removed`);
  draft.mask = mask;
}
