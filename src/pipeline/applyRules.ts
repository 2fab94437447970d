import type { ImageProbability, Model } from '../contouring/index.ts';
import { applyTargetRules, targetOf, type RuleReport, type TargetOptions } from '../ctv/index.ts';
import type { Mask, Volume } from '../geometry/index.ts';
import { acceptWithoutRules, fieldOfViewMm, oarTable, postProcess, reachesFieldOfView, type FoundStructure, type NotFound } from '../oar/index.ts';

/** A structure as a model saw it on the CT. */
export interface Predicted {
  name: string;
  mask: Mask;
  probability: ImageProbability;
  model: Model;
}

/** What the rules of organs and of targets made of all predictions. */
export interface Ruled {
  found: FoundStructure[];
  notFound: NotFound[];
  /** What a reader should know of the targets as a whole. */
  notes: string[];
  /** What each rule of targets did; empty where no model contours targets. */
  rules: RuleReport[];
}

/**
 * Organs at risk first, then targets, which are checked against them, and what no table knows.
 * @throws what `postProcess`, `acceptWithoutRules` and `applyTargetRules` throw
 */
export function applyRules(predicted: readonly Predicted[], image: Volume<Int16Array>, options: TargetOptions): Ruled {
  const fieldMm = fieldOfViewMm(image);
  const predictedTargets = predicted.filter(({ name }) => targetOf(name) !== undefined);
  const others = predicted.filter(({ name }) => targetOf(name) === undefined);
  const isOrgan = ({ name }: Predicted): boolean => oarTable.structures.some((rule) => rule.name === name);
  const organs = postProcess(others.filter(isOrgan), image);
  const unknown = acceptWithoutRules(others.filter((structure) => !isOrgan(structure)));
  const noted = (structures: readonly FoundStructure[]): FoundStructure[] => structures.map((structure) => ({ ...structure, notes: [...structure.notes, ...cutNotes(structure.mask, fieldMm)] }));
  if (predictedTargets.length === 0) return { found: noted([...organs.found, ...unknown.found]), notFound: [...organs.notFound, ...unknown.notFound], notes: [], rules: [] };

  const targets = applyTargetRules(
    predictedTargets.map(({ name, mask, probability }) => ({ name, mask, probability: (box, slice) => probability.sliceIn(box, slice) })),
    { organs: organs.found, fieldOfViewMm: fieldMm },
    options,
  );
  const remaining = organs.found.filter(({ name }) => !targets.leftOutOrgans.includes(name));
  return { found: noted([...remaining, ...targets.found, ...unknown.found]), notFound: [...organs.notFound, ...targets.notFound, ...unknown.notFound], notes: targets.notes, rules: targets.rules };
}

/** Beyond the circle of reconstruction nothing was imaged: an outline that ends there is no skin, and dose would be computed as if it were. */
function cutNotes(mask: Mask, fieldMm: number | undefined): string[] {
  return fieldMm !== undefined && reachesFieldOfView(mask, fieldMm) ? ['cut by the circle of reconstruction: the structure may go on beyond it'] : [];
}
