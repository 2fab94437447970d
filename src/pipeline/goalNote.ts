import type { ModelManifest } from '../contouring/index.ts';
import { goalOf, meetsGoal } from '../goals/index.ts';

/**
 * What a reader of a contour should know of its model: that on the model's own test set it falls short of the goal of the structure
 * (`goalOf`), or that nobody measured it; undefined where it meets its goal or has none, as a PTV, whose CTV stands beside it.
 */
export function goalNote(name: string, { accuracy }: Pick<ModelManifest, 'accuracy'>): string | undefined {
  const goal = goalOf(name);
  if (goal === undefined) return undefined;
  const measured = accuracy.structures.find((row) => row.name === name);
  if (measured === undefined) return 'how well its model contours it was not measured: check every slice';
  if (meetsGoal(goal, measured)) return undefined;
  const { dscMean, msdMmMean, missed = 0, scored = 0 } = measured;
  const figures = [
    ...(goal.dsc === undefined ? [] : [`mean DSC ${dscMean.toFixed(3)}, goal ${goal.dsc}`]),
    ...(goal.msdMm === undefined || msdMmMean === undefined ? [] : [`mean surface distance ${msdMmMean.toFixed(1)} mm, goal ${goal.msdMm} mm`]),
    ...(missed > 0 ? [`missed in ${missed} of ${scored}`] : []),
  ];
  return `its model falls short of its goal for it on its test set (${figures.join(', ')}): check every slice`;
}
