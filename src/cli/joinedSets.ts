import type { CtGrid } from '../dicom/index.ts';
import { joinNames, type JoinedNames, type NamePair } from '../names/index.ts';
import type { PairWorkers } from '../pipeline/index.ts';
import type { FileContour, Structure, StructureSet } from '../rtstruct/index.ts';
import type { ComparedSet } from './comparedSet.ts';
import { problemsOfStructure, structureOnCt, type StructureOnCt } from './structureSetOnCt.ts';

/** A structure of a file, and what it is called where two sets are compared. */
export interface JoinedStructure {
  number: number;
  name: string;
  structure: Structure<FileContour>;
}

/** The structures of two sets by names that both share, each set in its own order. */
export interface JoinedSets {
  reference: JoinedStructure[];
  test: JoinedStructure[];
  /** Names that the test spells otherwise. */
  renamed: NamePair[];
  refused: JoinedNames['refused'];
}

/** Masks of the structures of a set, by the names that it shares with others, and what is the matter with them, in words. */
export interface ComparedMasks {
  structures: StructureOnCt[];
  problems: string[];
}

/**
 * Joins two sets by the names of their structures (`joinNames`): those of the test take the reference's names.
 * @param test undefined where there is none: all is missing
 * @param namesFor other names for both sides, by the reference's; a name that it does not give stays
 */
export function joinSets(reference: StructureSet<FileContour>, test: StructureSet<FileContour> | undefined, namesFor: (names: readonly string[]) => ReadonlyMap<string, string> = () => new Map()): JoinedSets {
  const [ofReference, ofTest] = [reference, test].map((set) => (set?.structures ?? []).map(({ name }) => name));
  const { pairs, refused } = joinNames(ofReference, ofTest);
  const referenceNames = new Map(pairs.map((pair) => [pair.test, pair.reference]));
  const others = namesFor([...new Set([...ofReference, ...ofTest.map((name) => referenceNames.get(name) ?? name)])]);
  const sharedName = (name: string): string => {
    const ofPair = referenceNames.get(name) ?? name;
    return others.get(ofPair) ?? ofPair;
  };
  const joined = (set: StructureSet<FileContour> | undefined): JoinedStructure[] => (set?.structures ?? []).map((structure) => ({ number: structure.number, name: sharedName(structure.name), structure }));
  return {
    reference: joined(reference),
    test: joined(test),
    renamed: [...new Set([...referenceNames.keys(), ...ofTest])].map((name) => ({ reference: sharedName(name), test: name })).filter((pair) => pair.reference !== pair.test),
    refused,
  };
}

/**
 * Structures of a set as masks on a CT, by their joined names, drawn in threads.
 * @returns also what could not be checked, placed or not as meant, in words
 * @throws RondoError `other-frame-of-reference`, `rings-too-complex`
 */
export async function comparedMasks({ set, side, notes }: ComparedSet, structures: readonly JoinedStructure[], ct: CtGrid, workers: PairWorkers): Promise<ComparedMasks> {
  const drawn = await workers.draw(set, structures.map(({ structure }) => structure), ct.volume.geometry);
  const problems = structures.flatMap(({ structure }, index) => problemsOfStructure(structure, drawn[index]));
  return {
    structures: structures.map(({ name, structure }, index) => ({ ...structureOnCt(structure, drawn[index].mask), name })),
    problems: [...notes, ...problems].map((problem) => `${side}: ${problem}`),
  };
}
