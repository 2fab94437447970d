/** What a structure shall reach on the mean over cases, and how much of it a scan must hold to be scored. */
export interface AccuracyGoal {
  /** Least mean DSC. */
  dsc?: number;
  /** Largest mean of the mean surface distance, for structures so thin that DSC says little. */
  msdMm?: number;
}

/**
 * Goals by structure, without side (docs/training.md, "Goals"): about what experts reach among themselves. Structures that are
 * not listed have none.
 */
const GOALS: Readonly<Record<string, AccuracyGoal>> = {
  Lung: { dsc: 0.96 },
  Heart: { dsc: 0.93 },
  Breast: { dsc: 0.9 },
  SpinalCord: { dsc: 0.85 },
  Humerus: { dsc: 0.9 },
  Glnd_Thyroid: { dsc: 0.8 },
  Esophagus: { dsc: 0.8 },
  A_LAD: { msdMm: 3 },
  CTVp_Breast: { dsc: 0.9 },
  CTVp_Chestwall: { dsc: 0.83 },
  CTVp_Tumorbed: { dsc: 0.7 },
  CTVn_L1: { dsc: 0.8 },
  CTVn_L2: { dsc: 0.75 },
  CTVn_L3: { dsc: 0.7 },
  CTVn_L4: { dsc: 0.78 },
  CTVn_Interpec: { dsc: 0.7 },
  CTVn_IMN: { dsc: 0.7 },
};

/** Below this a structure is a sliver at the edge of the scan, of which the overlap says nothing; in cm³. The same as in `rondo_training.evaluate`. */
const LEAST_CC: Readonly<Record<string, number>> = { External: 100, Heart: 20, Lung: 20, Liver: 20, Breast: 20, A_LAD: 0.2 };
const LEAST_CC_OTHERS = 1;

/** The goal of a structure, of either side; undefined where there is none. */
export function goalOf(structure: string): AccuracyGoal | undefined {
  return GOALS[withoutSide(structure)];
}

/** Whether figures over many cases meet a goal. A missed structure has no distance, which must not make the mean better than it is. */
export function meetsGoal({ dsc, msdMm }: AccuracyGoal, { dscMean = 0, msdMmMean = Infinity, missed = 0 }: { dscMean?: number; msdMmMean?: number | undefined; missed?: number | undefined }): boolean {
  if (dsc !== undefined && !(dscMean >= dsc)) return false;
  return msdMm === undefined || (missed === 0 && msdMmMean <= msdMm);
}

/** The least true volume in cm³ at which a structure is scored. */
export function leastScoredCc(structure: string): number {
  return LEAST_CC[withoutSide(structure)] ?? LEAST_CC_OTHERS;
}

function withoutSide(structure: string): string {
  return structure.replace(/_[LR]$/, '');
}
