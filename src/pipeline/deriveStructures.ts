import { evaluate, parseDefinition } from '../algebra/index.ts';
import type { CtGrid } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { editStructureSet, maskOfStructure, readStructureSet, verifyStructure, writeStructureSetFile, type FileContour, type Structure, type StructureEdit, type StructureMask, type StructureSetFile, type VerifiedStructure } from '../rtstruct/index.ts';
import { dicomDateTime } from './dateTime.ts';
import { structureOfMask, type ContourMode } from './structureOfMask.ts';
import type { StructureSetWorkers } from './structureSetWorkers.ts';

export interface DerivedStructure extends VerifiedStructure {
  number: number;
  definition: string;
}

/** A structure of the file that was used, on the voxels of the CT. */
export interface UsedStructure {
  structure: Structure<FileContour>;
  drawn: StructureMask;
}

/**
 * Adds structures to a structure set that are defined by those in it (`parseDefinition`) or by ones defined before.
 * Everything else stays as it was; what was added is read back and compared. What was used comes back too, with its gaps:
 * a structure may be in two pieces, or a slice of it forgotten.
 * @param definitions such as `Lungs = Lung_L | Lung_R`
 * @throws RondoError `derive-unplaced` when a structure that is used does not lie whole on the CT, `derive-unknown`,
 *   `derive-empty`, and what parsing, the algebra, editing and `verifyStructure` throw
 */
export async function deriveStructures(file: StructureSetFile, ct: CtGrid, definitions: readonly string[], workers: StructureSetWorkers, { mode, at = new Date() }: { mode: ContourMode; at?: Date }): Promise<{ bytes: Uint8Array; derived: DerivedStructure[]; used: UsedStructure[] }> {
  const masks = new Map<string, Mask>();
  const used: UsedStructure[] = [];
  const maskOf = (name: string): Mask => {
    const known = masks.get(name);
    if (known) return known;
    const source = structureInFile(name, file, ct);
    used.push(source);
    masks.set(name, source.drawn.mask);
    return source.drawn.mask;
  };
  const first = Math.max(0, ...file.set.structures.map(({ number }) => number)) + 1;
  const defined = definitions.map((definition): { definition: string; name: string; mask: Mask } => {
    const { name, expression } = parseDefinition(definition);
    const mask = evaluate(expression, maskOf);
    if (mask.isEmpty) throw new RondoError('derive-empty', `${name} would hold no voxel. Correct "${definition}", or leave it out.`);
    masks.set(name, mask);
    return { definition, name, mask };
  });
  const drawn = await workers.trace(defined, mode);
  const structures = defined.map(({ definition, name, mask }, index): { definition: string; mask: Mask; structure: Structure } => {
    return { definition, mask, structure: structureOfMask(name, mask, { number: first + index, algorithm: 'SEMIAUTOMATIC', contours: drawn[index] }) };
  });
  const edits = structures.map(({ structure }): StructureEdit => ({ edit: 'add', structure, ct }));
  const bytes = writeStructureSetFile(editStructureSet(file, edits, dicomDateTime(at)));
  const back = readStructureSet(bytes);
  const derived = structures.map(({ definition, mask, structure: { number } }): DerivedStructure => {
    const written = back.structures.find((structure) => structure.number === number);
    if (!written) throw new RondoError('derive-unknown', `ROI Number ${number} is missing from what was written. It must not be released.`);
    return { ...verifyStructure(back, written, mask, ct), number, definition };
  });
  return { bytes, derived, used };
}

/** A structure as drawn: whole, or not at all. */
function structureInFile(name: string, { set }: StructureSetFile, ct: CtGrid): UsedStructure {
  const structure = set.structures.find((candidate) => candidate.name === name);
  if (!structure) throw new RondoError('derive-unknown', `There is no structure named "${name}". There are: ${set.structures.map((candidate) => candidate.name).join(', ')}.`);
  const drawn = maskOfStructure(set, structure, ct.volume.geometry);
  const { mask, problems, gaps } = drawn;
  const lost = problems.filter(({ problem, placed }) => problem !== 'repeated' && (!placed || problem === 'overlaps'));
  const kinds = [...new Set(lost.map(({ problem }) => problem))].join(', ');
  const reasons = [
    ...(lost.length > 0 ? [`${lost.length} of its contours are not on this CT as drawn (${kinds})`] : []),
    ...(gaps.some(({ kind }) => kind === 'coarse') ? ['slices between its contours hold none, because these were drawn on wider planes than the slices'] : []),
    ...(mask.isEmpty ? ['it has no region on this CT'] : []),
  ];
  if (reasons.length > 0) throw new RondoError('derive-unplaced', `${name} cannot be derived from: ${reasons.join('; ')}. A margin or difference of part of it would be wrong.`);
  return { structure, drawn };
}
