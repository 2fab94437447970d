import type { Mask } from '../geometry/index.ts';
import { TARGET_RULES, type TargetRule, type TargetRuleId } from './targetRules.ts';

/** What a rule did to one structure, in cm³. */
export interface RuleChange {
  structure: string;
  removedCc: number;
  addedCc: number;
}

/** What became of one rule. */
export interface RuleReport extends Pick<TargetRule, 'id' | 'does' | 'source'> {
  /** `off`: switched off, or not asked for. */
  status: 'applied' | 'off';
  changes: readonly RuleChange[];
  /** What it found, what it could not look at, and why it was not applied. */
  notes: readonly string[];
}

/** Keeps account of what each rule does: nothing changes a target without an entry here. */
export class RuleLedger {
  readonly #off: ReadonlyMap<TargetRuleId, string>;
  readonly #changes = new Map<TargetRuleId, Map<string, RuleChange>>();
  readonly #notes = new Map<TargetRuleId, string[]>();

  /** @param off rules that are not applied, and why */
  constructor(off: ReadonlyMap<TargetRuleId, string>) {
    this.#off = off;
  }

  isOn(id: TargetRuleId): boolean {
    return !this.#off.has(id);
  }

  /** Enters that a rule made `after` of `before`, where that differs. */
  enter(id: TargetRuleId, structure: string, before: Mask, after: Mask): void {
    const differenceCc = after.volumeCc - before.volumeCc;
    if (differenceCc === 0) return;
    const changes = this.#changes.get(id) ?? new Map<string, RuleChange>();
    const { removedCc, addedCc } = changes.get(structure) ?? { removedCc: 0, addedCc: 0 };
    changes.set(structure, { structure, removedCc: removedCc + Math.max(-differenceCc, 0), addedCc: addedCc + Math.max(differenceCc, 0) });
    this.#changes.set(id, changes);
  }

  note(id: TargetRuleId, ...texts: readonly string[]): void {
    this.#notes.set(id, [...(this.#notes.get(id) ?? []), ...texts]);
  }

  reports(): RuleReport[] {
    return TARGET_RULES.map(({ id, does, source }) => {
      const why = this.#off.get(id);
      return {
        id,
        does,
        source,
        status: why !== undefined ? 'off' : 'applied',
        changes: [...(this.#changes.get(id)?.values() ?? [])],
        notes: why !== undefined ? [why] : (this.#notes.get(id) ?? []),
      };
    });
  }
}
