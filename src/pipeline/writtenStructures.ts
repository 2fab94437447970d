import { evaluate, structuresIn } from '../algebra/index.ts';
import { ptvNameOf } from '../ctv/index.ts';
import type { Mask } from '../geometry/index.ts';
import type { FoundStructure, NotFound } from '../oar/index.ts';
import type { DerivedStructureWanted, Protocol, RoiStyle, WantedStructure } from '../protocol/index.ts';
import { STRUCTURE_STYLES, type Structure } from '../rtstruct/index.ts';
import { styleOf, targetTypeOf } from './structureOfMask.ts';

/** What a protocol says of the file that is written. */
export type OutputProtocol = Pick<Protocol, 'name' | 'structures' | 'derived'>;

/** A structure as it goes into the file. */
export interface WrittenStructure {
  style: Pick<Structure, 'name' | 'code' | 'type' | 'colour'>;
  /** The structure of a model, or the PTV of one, that it is; undefined for one that the protocol derives. */
  source: string | undefined;
  mask: Mask;
  notes: readonly string[];
}

/**
 * What of all that was found goes into the file: without a protocol everything, by its standard names; with one the structures that it wants
 * with their PTVs, in its order and as it names them, then those that it derives.
 * @param found by standard names
 * @returns also what is wanted and not there, with the reason
 * @throws what the algebra throws
 */
export function writtenStructures(found: readonly FoundStructure[], notFound: readonly NotFound[], protocol: OutputProtocol | undefined): { written: WrittenStructure[]; notFound: NotFound[] } {
  if (protocol === undefined) return { written: found.map((structure, index) => asWritten(structure, index + 1, {})), notFound: [...notFound] };
  const byName = new Map(found.map((structure) => [structure.name, structure]));
  const wanted = protocol.structures.flatMap((structure, index) => entry(byName.get(structure.name), index + 1, structure));
  const ptvs = protocol.structures.flatMap(({ name }, index) => entry(byName.get(ptvNameOf(name) ?? ''), index + 1, {}));
  // What is written says its own notes; of what is not, they are told by what is made of it.
  const untold = found.filter(({ name }) => ![...wanted, ...ptvs].some(({ source }) => source === name));
  const { derived, missing } = derive(protocol.derived, byName, new Map(untold.map(({ name, notes }) => [name, notes])));
  const notMade = protocol.structures.filter(({ name }) => !byName.has(name)).map(({ name, roiName }) => ({ name: roiName, reason: notFound.find((one) => one.name === name)?.reason ?? 'left out by the rules of targets, whose report says why' }));
  return { written: [...wanted, ...ptvs, ...derived], notFound: [...notMade, ...missing] };
}

function entry(structure: FoundStructure | undefined, number: number, style: RoiStyle & Partial<Pick<WantedStructure, 'roiName'>>): WrittenStructure[] {
  return structure === undefined ? [] : [asWritten(structure, number, style)];
}

function asWritten({ name, mask, notes }: FoundStructure, number: number, { roiName = name, type, colour }: RoiStyle & Partial<Pick<WantedStructure, 'roiName'>>): WrittenStructure {
  return { style: { ...styleOf(name, number), ...(type !== undefined && { type }), ...(colour !== undefined && { colour }), name: roiName }, source: name, mask, notes };
}

/** Type of what is derived and whose name says none: an ROI that serves the optimisation of dose (PS3.3 C.8.8.8). */
const DERIVED_TYPE = 'CONTROL';

/** Colour of what is derived and has none. */
const DERIVED_COLOUR = [128, 128, 128] as const;

function derive(wanted: readonly DerivedStructureWanted[], found: ReadonlyMap<string, FoundStructure>, untold: ReadonlyMap<string, readonly string[]>): { derived: WrittenStructure[]; missing: NotFound[] } {
  const masks = new Map(Array.from(found, ([name, { mask }]) => [name, mask]));
  const derived: WrittenStructure[] = [];
  const missing: NotFound[] = [];
  for (const { name, definition, expression, type, colour } of wanted) {
    const absent = structuresIn(expression).filter((used) => !masks.has(used));
    if (absent.length > 0) {
      missing.push({ name, reason: `${absent.join(', ')}, which it is made of, ${absent.length > 1 ? 'were' : 'was'} not found` });
      continue;
    }
    const mask = evaluate(expression, (used) => masks.get(used) as Mask);
    if (mask.isEmpty) {
      missing.push({ name, reason: `${definition} holds no voxel` });
      continue;
    }
    masks.set(name, mask);
    const known = STRUCTURE_STYLES.get(name);
    derived.push({ style: { ...known, name, type: type ?? known?.type ?? targetTypeOf(name) ?? DERIVED_TYPE, colour: colour ?? known?.colour ?? DERIVED_COLOUR }, source: undefined, mask, notes: [definition, ...structuresIn(expression).flatMap((used) => (untold.get(used) ?? []).map((note) => `${used}: ${note}`))] });
  }
  return { derived, missing };
}
