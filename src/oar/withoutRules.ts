import { RondoError } from '../errors.ts';
import { leftRightProblem } from './position.ts';
import { foundStructure, type PostProcessed, type PredictedStructure } from './postProcess.ts';

/** What a reader has to know of a structure that the table of organs does not have. */
const UNCHECKED = 'Rondo has no rules for this structure: it is as the model marked it, without clean-up or a plausible volume';

/**
 * Structures that no table knows, as their model marked them. Of a pair that is named _L and _R the sides are checked all the same:
 * a model that was given its image mirrored shows it here first.
 * @throws RondoError `oar-left-right` when a left and a right structure lie on each other's side
 */
export function acceptWithoutRules(predicted: readonly PredictedStructure[]): PostProcessed {
  const found = predicted.filter(({ mask }) => !mask.isEmpty);
  for (const left of found) {
    const right = found.find(({ name }) => left.name.endsWith('_L') && name === left.name.replace(/_L$/, '_R'));
    const problem = right && leftRightProblem(left.mask, right.mask, 0);
    if (problem?.swapped) {
      throw new RondoError('oar-left-right', `Structures refused: of ${left.name} and ${right?.name ?? ''}, ${problem.reason}. The image or the model's output is mirrored; check the orientation that the model's manifest states before using any structure.`);
    }
  }
  return {
    found: found.map((structure) => foundStructure({ ...structure, notes: [UNCHECKED] }, [0, Infinity])),
    notFound: predicted.filter(({ mask }) => mask.isEmpty).map(({ name }) => ({ name, reason: 'the model marked no voxel of it' })),
  };
}
