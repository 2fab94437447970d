import { union, withMargin } from '../algebra/index.ts';
import type { Mask } from '../geometry/index.ts';
import { isProbable, STAPLE, staple, type Performance, type StapleEstimate } from './staple.ts';
import { drawnBy, hasDrawn, Votes } from './votes.ts';

export type ConsensusMethod = 'majority' | 'staple';

/**
 * How far around what anybody drew the region reaches in which observers are judged. STAPLE's consensus grows with the background (docs/metrics.md has figures). Without any, an
 * observer who drew elsewhere gets so small a specificity that what he left out counts as drawn; a box would be blown up by one stray contour. So much holds
 * the next voxels and slices of a usual planning CT.
 */
export const REGION_MM = 5;

/** What each method makes of the observers' voxels, for reports. */
export const consensusDefinitions: Readonly<Record<ConsensusMethod, string>> = {
  majority: 'voxels that more than half of the observers drew who drew the structure; of an even number, voxels that exactly half drew are left out',
  staple: `voxels of a probability of ${STAPLE.threshold} or more by STAPLE (Warfield, Zou, Wells 2004), binary, each structure by itself, of those who drew it; prior: mean share of the region; region: within ${REGION_MM} mm of what anybody drew; ends when no sensitivity or specificity moves by more than ${STAPLE.tolerance}; both are those of the probabilities, not of the voxels at the threshold`,
};

/** What observers agree on, of one structure. */
export interface Consensus {
  /** May be empty: majorities need not meet anywhere. */
  mask: Mask;
  /** In the observers' order. */
  performances: Performance[];
  /** Volume of the region in which sensitivity and specificity hold. */
  regionCc: number;
  /** What exactly half of the observers drew, left out by the majority. */
  tiedCc?: number;
  staple?: Pick<StapleEstimate, 'prior' | 'iterations'>;
}

/** Fewer observers cannot tell STAPLE who of them errs. */
export const LEAST_FOR_STAPLE = 3;

/**
 * The consensus of observers who all drew a structure. Their order changes nothing.
 * @param masks two or more, none of them empty
 * @returns in words, why there is none
 * @throws RondoError as `Votes` does
 */
export function consensusOf(masks: readonly Mask[], method: ConsensusMethod): Consensus | { refused: string } {
  const votes = new Votes(masks);
  const drawn = union(masks[0], ...masks.slice(1));
  const regionCc = withMargin(drawn, REGION_MM).volumeCc;
  return method === 'majority' ? majorityOf(votes, regionCc) : stapleOf(votes, regionCc, drawn.volumeCc);
}

function majorityOf(votes: Votes, regionCc: number): Consensus {
  const belongs = (pattern: number): boolean => drawnBy(pattern) > votes.observers / 2;
  const mask = votes.maskOf(belongs);
  const sum = (of: (pattern: number) => boolean): number => votes.patterns.reduce((total, { pattern, volumeCc }) => total + (of(pattern) ? volumeCc : 0), 0);
  const insideCc = sum(belongs);
  const performances = Array.from({ length: votes.observers }, (_, observer): Performance => {
    const common = sum((pattern) => belongs(pattern) && hasDrawn(pattern, observer));
    const beyond = sum((pattern) => !belongs(pattern) && hasDrawn(pattern, observer));
    return { sensitivity: common / insideCc, ...(regionCc > insideCc && { specificity: 1 - beyond / (regionCc - insideCc) }) };
  });
  return { mask, performances: insideCc > 0 ? performances : [], regionCc, tiedCc: sum((pattern) => drawnBy(pattern) === votes.observers / 2) };
}

function stapleOf(votes: Votes, regionCc: number, drawnCc: number): Consensus | { refused: string } {
  if (votes.observers < LEAST_FOR_STAPLE) return { refused: `STAPLE cannot tell which of two observers errs: it takes ${LEAST_FOR_STAPLE} who drew the structure` };
  const { performances, prior, iterations, hasConverged, probabilityOf } = staple(votes, regionCc - drawnCc);
  if (!hasConverged) return { refused: `STAPLE did not settle within ${STAPLE.mostIterations} iterations: the observers have too little in common` };
  const mask = votes.maskOf((pattern) => isProbable(probabilityOf(pattern)));
  return { mask, performances, regionCc, staple: { prior, iterations } };
}
