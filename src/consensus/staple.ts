import { hasDrawn, type Votes } from './votes.ts';

/** How an observer did, judged by the consensus. */
export interface Performance {
  /** Share of the consensus that the observer drew. */
  sensitivity: number;
  /** Share of the region outside the consensus that the observer left out; absent where the region holds nothing outside. */
  specificity?: number;
}

export interface StapleEstimate {
  /** In the observers' order. */
  performances: Performance[];
  /** Share of the region that observers drew, in the mean. */
  prior: number;
  iterations: number;
  /** Whether no figure of an observer moved by more than `STAPLE.tolerance` in the last iteration. */
  hasConverged: boolean;
  /** The probability that voxels of this pattern belong to the structure. */
  probabilityOf: (pattern: number) => number;
}

/** Where the algorithm ends, as ITK's filter does but for the number of iterations, which that one does not bound. */
export const STAPLE = { tolerance: 1e-7, mostIterations: 10_000, threshold: 0.5 } as const;

/**
 * STAPLE for a binary structure by expectation and maximisation: Warfield, Zou, Wells 2004, IEEE Trans Med Imaging 23:903. The observers' sensitivity and
 * specificity and the probability of each voxel are estimated in turn, from the share of observers that drew it. The prior is the mean share of the region
 * that observers drew; voxels are independent of their neighbours. Voxels that the same observers drew have one probability, so that patterns
 * are summed up, each with its volume, and not voxels.
 * @param backgroundCc how much of the region nobody drew, cm³
 */
export function staple({ observers, patterns }: Votes, backgroundCc: number): StapleEstimate {
  const voted = [{ pattern: 0, volumeCc: backgroundCc }, ...patterns].filter(({ volumeCc }) => volumeCc > 0).map(({ pattern, volumeCc }) => ({
    pattern,
    volumeCc,
    drew: Array.from({ length: observers }, (_, observer) => hasDrawn(pattern, observer)),
  }));
  let probabilities = voted.map(({ drew }) => drew.filter(Boolean).length / observers);
  const regionCc = voted.reduce((sum, { volumeCc }) => sum + volumeCc, 0);
  const prior = voted.reduce((sum, { volumeCc }, index) => sum + volumeCc * probabilities[index], 0) / regionCc;

  let performances: Performance[] = [];
  let hasConverged = false;
  let iterations = 0;
  while (!hasConverged && iterations < STAPLE.mostIterations) {
    iterations++;
    const before = performances;
    performances = Array.from({ length: observers }, (_, observer) => performanceOf(observer, voted, probabilities));
    probabilities = voted.map(({ drew }) => probabilityOf(drew, performances, prior));
    hasConverged = before.length > 0 && performances.every((now, observer) => hasSettled(now, before[observer]));
  }
  const byPattern = new Map(voted.map(({ pattern }, index) => [pattern, probabilities[index]]));
  return { performances, prior, iterations, hasConverged, probabilityOf: (pattern) => byPattern.get(pattern) ?? 0 };
}

/** Probabilities of one half that differ by rounding are one half: the order of observers must not decide a voxel. */
const ROUNDING = 1e-9;

/** Whether voxels of this probability belong to the consensus. */
export function isProbable(probability: number): boolean {
  return probability >= STAPLE.threshold - ROUNDING;
}

interface Voted {
  volumeCc: number;
  drew: readonly boolean[];
}

/** What the probabilities say of one observer. */
function performanceOf(observer: number, voted: readonly Voted[], probabilities: readonly number[]): Performance {
  let [inside, drawnInside, outside, leftOutside] = [0, 0, 0, 0];
  for (const [index, { volumeCc, drew }] of voted.entries()) {
    const [within, beyond] = [volumeCc * probabilities[index], volumeCc * (1 - probabilities[index])];
    inside += within;
    outside += beyond;
    if (drew[observer]) drawnInside += within;
    else leftOutside += beyond;
  }
  return { sensitivity: drawnInside / inside, ...(outside > 0 && { specificity: leftOutside / outside }) };
}

/** What the observers' performances say of a voxel. */
function probabilityOf(drew: readonly boolean[], performances: readonly Performance[], prior: number): number {
  let [inside, outside] = [prior, 1 - prior];
  for (const [observer, { sensitivity, specificity = 1 }] of performances.entries()) {
    inside *= drew[observer] ? sensitivity : 1 - sensitivity;
    outside *= drew[observer] ? 1 - specificity : specificity;
  }
  return inside / (inside + outside);
}

function hasSettled(now: Performance, before: Performance): boolean {
  const moved = [now.sensitivity - before.sensitivity, (now.specificity ?? 0) - (before.specificity ?? 0)];
  return moved.every((by) => Math.abs(by) <= STAPLE.tolerance);
}
