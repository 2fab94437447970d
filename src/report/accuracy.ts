import { goalOf, leastScoredCc, meetsGoal, type AccuracyGoal } from '../goals/index.ts';
import { mean, percentile } from '../statistics/index.ts';

/** One structure of one case: what the scan holds, what was found, and how far they agree. */
export interface StructureOutcome {
  name: string;
  /** 0 where the scan does not hold it. */
  trueCc: number;
  /** 0 where it was not found. */
  foundCc: number;
  /** The figures of `compareStructures`, where both are there. */
  agreement?: { dsc: number; hd95Mm: number; msdMm: number };
  /** Connected pieces of what was found. */
  pieces: number;
  /** A paired structure found on the other side of the patient. */
  swapped: boolean;
  /** Volume that lies too near to the skin, of targets only. */
  nearSkinCc?: number;
}

export interface CaseOutcome {
  name: string;
  /** Why the case was chosen, where it was chosen for a reason. */
  group?: string;
  structures: readonly StructureOutcome[];
}

/** One structure over many cases. Means and shares are undefined where there is nothing to take them of. */
export interface StructureAccuracy {
  name: string;
  /** Cases that hold enough of it to be scored. */
  scored: number;
  /** Of those, where nothing was found: each counts as DSC 0. */
  missed: number;
  /** Cases that do not hold it. */
  absent: number;
  /** Of those, where it was found all the same. */
  invented: number;
  inventedMlMax: number;
  /** Cases that hold a sliver only: neither scored nor absent. */
  tooSmall: number;
  /** Cases in which it was found. */
  found: number;
  /** Of those, where it consists of more than one piece; and the pieces beyond the first. */
  specked: number;
  specks: number;
  swapped: number;
  /** Of the cases in which a target was found, those where it comes too near to the skin. */
  nearSkin?: number;
  dscMean?: number;
  dscP5?: number;
  dscMin?: number;
  hd95MmMean?: number;
  msdMmMean?: number;
  goal?: AccuracyGoal;
  met?: boolean;
}

export interface AccuracySummary {
  structures: StructureAccuracy[];
  groups: { group: string; cases: number; structures: StructureAccuracy[] }[];
}

/** A target that enters the rim under the skin by less than this, in cm³, does so by the rounding of voxels. */
const NEAR_SKIN_FROM_CC = 0.1;

/** Accuracy per structure, in the order in which structures first occur, over all cases and within each group. */
export function summariseAccuracy(cases: readonly CaseOutcome[]): AccuracySummary {
  const groups = [...new Set(cases.flatMap(({ group }) => (group === undefined ? [] : [group])))];
  return {
    structures: perStructure(cases),
    groups: groups.map((group) => {
      const own = cases.filter((one) => one.group === group);
      return { group, cases: own.length, structures: perStructure(own) };
    }),
  };
}

function perStructure(cases: readonly CaseOutcome[]): StructureAccuracy[] {
  const outcomes = cases.flatMap(({ structures }) => structures);
  return [...new Set(outcomes.map(({ name }) => name))].map((name) => accuracyOf(name, outcomes.filter((outcome) => outcome.name === name)));
}

function accuracyOf(name: string, outcomes: readonly StructureOutcome[]): StructureAccuracy {
  const scored = outcomes.filter(({ trueCc }) => trueCc >= leastScoredCc(name));
  const absent = outcomes.filter(({ trueCc }) => trueCc === 0);
  const invented = absent.filter(({ foundCc }) => foundCc > 0);
  const found = outcomes.filter(({ foundCc }) => foundCc > 0);
  const specked = found.filter(({ pieces }) => pieces > 1);
  const agreements = scored.flatMap(({ agreement }) => agreement ?? []);
  const dsc = scored.map(({ agreement }) => agreement?.dsc ?? 0).sort((a, b) => a - b);
  const missed = scored.length - agreements.length;
  const measured = {
    ...(dsc.length > 0 && { dscMean: mean(dsc), dscP5: percentile(dsc, 5), dscMin: dsc[0] }),
    ...(agreements.length > 0 && { hd95MmMean: mean(agreements.map(({ hd95Mm }) => hd95Mm)), msdMmMean: mean(agreements.map(({ msdMm }) => msdMm)) }),
  };
  const goal = goalOf(name);
  return {
    name,
    scored: scored.length,
    missed,
    absent: absent.length,
    invented: invented.length,
    inventedMlMax: Math.max(0, ...invented.map(({ foundCc }) => foundCc)),
    tooSmall: outcomes.length - scored.length - absent.length,
    found: found.length,
    specked: specked.length,
    specks: specked.reduce((sum, { pieces }) => sum + pieces - 1, 0),
    swapped: found.filter(({ swapped }) => swapped).length,
    ...(found.some(({ nearSkinCc }) => nearSkinCc !== undefined) && { nearSkin: found.filter(({ nearSkinCc = 0 }) => nearSkinCc >= NEAR_SKIN_FROM_CC).length }),
    ...measured,
    ...(goal !== undefined && { goal, ...(scored.length > 0 && { met: meetsGoal(goal, { ...measured, missed }) }) }),
  };
}
