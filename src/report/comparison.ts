import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { dice } from './dice.ts';
import { hd95Mm, meanSurfaceDistanceMm, pooledHd95Mm, surfaceDistances } from './surfaceDistance.ts';

export interface NamedMask {
  name: string;
  mask: Mask;
}

/** The figures of one structure that both sides hold; definitions: `DICE_CONVENTION` and `surfaceConventions`. */
export interface StructureComparison {
  name: string;
  dsc: number;
  hd95Mm: number;
  pooledHd95Mm: number;
  msdMm: number;
  referenceCc: number;
  testCc: number;
}

/** Two sets of structures compared. Every name of either set stands in exactly one of the three lists. */
export interface Comparison {
  /** Structures with voxels on both sides, in the reference's order. */
  structures: StructureComparison[];
  /** Structures with voxels on one side only, and the side that lacks them; `test` is a missed structure, a failure to be counted. */
  missing: { name: string; in: 'reference' | 'test' }[];
  /** Names without a single voxel on either side: nothing to score. */
  empty: string[];
}

/**
 * Compares structures of the same name, spelled exactly alike.
 * @throws RondoError `comparison-name` when a name stands twice in one set, `frame-differs` or `grid-differs` when
 * two structures do not lie on the same grid.
 */
export function compareStructures(reference: readonly NamedMask[], test: readonly NamedMask[]): Comparison {
  const referenceByName = filledByName(reference, 'reference');
  const testByName = filledByName(test, 'test');
  const comparison: Comparison = { structures: [], missing: [], empty: [] };
  for (const name of new Set([...reference, ...test].map((structure) => structure.name))) {
    const a = referenceByName.get(name);
    const b = testByName.get(name);
    if (a && b) comparison.structures.push(compareMasks(name, a, b));
    else if (a) comparison.missing.push({ name, in: 'test' });
    else if (b) comparison.missing.push({ name, in: 'reference' });
    else comparison.empty.push(name);
  }
  return comparison;
}

/** Mean DSC over the structures of the reference, each missed one counted as 0; undefined when the reference holds none. */
export function meanDsc({ structures, missing }: Comparison): number | undefined {
  const count = structures.length + missing.filter((entry) => entry.in === 'test').length;
  return count === 0 ? undefined : structures.reduce((sum, { dsc }) => sum + dsc, 0) / count;
}

function compareMasks(name: string, reference: Mask, test: Mask): StructureComparison {
  const dsc = dice(reference, test);
  const distances = surfaceDistances(reference, test);
  return {
    name,
    dsc,
    hd95Mm: hd95Mm(distances),
    pooledHd95Mm: pooledHd95Mm(distances),
    msdMm: meanSurfaceDistanceMm(distances),
    referenceCc: reference.volumeCc,
    testCc: test.volumeCc,
  };
}

/** The masks of one side that have voxels, by name. */
function filledByName(set: readonly NamedMask[], side: string): Map<string, Mask> {
  const twice = set.find(({ name }, index) => set.findIndex((other) => other.name === name) < index);
  if (twice) throw new RondoError('comparison-name', `Comparison refused: the ${side} holds two structures named "${twice.name}". Rename or remove one.`);
  return new Map(set.filter(({ mask }) => !mask.isEmpty).map(({ name, mask }) => [name, mask]));
}
