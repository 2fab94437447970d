import type { CtGrid } from '../../dicom/index.ts';
import { normaliseNames, type JoinedNames, type NamePair } from '../../names/index.ts';
import type { PairWorkers } from '../../pipeline/index.ts';
import type { Protocol } from '../../protocol/index.ts';
import type { ComparedSet } from '../comparedSet.ts';
import { standardName } from '../compareReport.ts';
import { comparedMasks, joinSets, type ComparedMasks } from '../joinedSets.ts';
import type { StructureOnCt } from '../structureSetOnCt.ts';

/** The structures of two sets that are compared, by their study names: the standard name where it is clear, so that cases agree. */
export interface JudgedSets {
  reference: StructureOnCt[];
  test: StructureOnCt[];
  /** Names that the test spells otherwise. */
  renamed: NamePair[];
  refused: JoinedNames['refused'];
  problems: string[];
}

/** What a protocol asks for, by study names. */
export function askedOf({ structures, derived }: Protocol): Set<string> {
  return new Set([...structures.map(({ name }) => name), ...derived.map(({ name }) => standardName(name))]);
}

/**
 * @param test undefined where nothing was found
 * @param roiNames standard names by the ROI names that a protocol gives
 * @param isJudged by study name
 * @throws RondoError as `comparedMasks` does
 */
export async function judgedSets(reference: ComparedSet, test: ComparedSet | undefined, ct: CtGrid, roiNames: ReadonlyMap<string, string>, isJudged: (name: string) => boolean, workers: PairWorkers): Promise<JudgedSets> {
  const studyNames = (names: readonly string[]): Map<string, string> => {
    const standard = normaliseNames(names);
    return new Map(names.map((name, index) => {
      const result = standard[index];
      return [name, roiNames.get(name) ?? (result.kind === 'matched' ? result.name : name)];
    }));
  };
  const joined = joinSets(reference.set, test?.set, studyNames);
  const judged = <N extends { name: string }>(structures: readonly N[]): N[] => structures.filter(({ name }) => isJudged(name));
  const left = await comparedMasks(reference, judged(joined.reference), ct, workers);
  const right: ComparedMasks = test === undefined ? { structures: [], problems: [] } : await comparedMasks(test, judged(joined.test), ct, workers);
  return {
    reference: left.structures,
    test: right.structures,
    renamed: joined.renamed.filter((pair) => isJudged(pair.reference)),
    refused: joined.refused,
    problems: [...left.problems, ...right.problems, ...joined.refused.map(({ names, reason }) => `not joined: ${names.join(', ')}: ${reason}`)],
  };
}
