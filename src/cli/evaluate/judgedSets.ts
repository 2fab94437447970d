import type { CtGrid } from '../../dicom/index.ts';
import { joinNames, normaliseNames, type JoinedNames, type NamePair } from '../../names/index.ts';
import type { Protocol } from '../../protocol/index.ts';
import type { FileContour, StructureSet } from '../../rtstruct/index.ts';
import { standardName } from '../compareReport.ts';
import { structuresOnCt, type StructureOnCt } from '../structureSetOnCt.ts';

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
 * @param roiNames standard names by the ROI names that a protocol gives
 * @param isJudged by study name
 */
export function judgedSets(reference: StructureSet<FileContour>, test: StructureSet<FileContour> | undefined, ct: CtGrid, roiNames: ReadonlyMap<string, string>, isJudged: (name: string) => boolean): JudgedSets {
  const [ofReference, ofTest] = [reference, test].map((set) => (set?.structures ?? []).map(({ name }) => name));
  const { pairs, refused } = joinNames(ofReference, ofTest);
  const referenceNames = new Map(pairs.map((pair) => [pair.test, pair.reference]));
  const joined = [...new Set([...ofReference, ...ofTest.map((name) => referenceNames.get(name) ?? name)])];
  const standard = normaliseNames(joined);
  const studyNames = new Map(standard.map((result, index) => [joined[index], roiNames.get(joined[index]) ?? (result.kind === 'matched' ? result.name : joined[index])]));
  const studyName = (name: string): string => studyNames.get(referenceNames.get(name) ?? name) ?? name;
  const onCt = (set: StructureSet<FileContour> | undefined, side: string): { structures: StructureOnCt[]; problems: string[] } => {
    if (set === undefined) return { structures: [], problems: [] };
    const { structures, problems } = structuresOnCt(set, set.structures.filter(({ name }) => isJudged(studyName(name))), ct);
    return { structures: structures.map((structure) => ({ ...structure, name: studyName(structure.name) })), problems: problems.map((problem) => `${side}: ${problem}`) };
  };
  const [left, right] = [onCt(reference, 'reference'), onCt(test, 'test')];
  return {
    reference: left.structures,
    test: right.structures,
    renamed: ofTest.filter((name) => studyName(name) !== name && isJudged(studyName(name))).map((name) => ({ reference: studyName(name), test: name })),
    refused,
    problems: [...left.problems, ...right.problems, ...refused.map(({ names, reason }) => `not joined: ${names.join(', ')}: ${reason}`)],
  };
}
