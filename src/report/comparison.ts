import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { pairMetrics, surfaceTolerance, type PairMetrics, type PairOptions } from '../metrics/index.ts';

export interface NamedMask {
  name: string;
  mask: Mask;
}

/** The figures of one structure that both sides hold. */
export interface StructureComparison extends PairMetrics {
  name: string;
}

/** How structures are measured; without a tolerance, each by its own (`surfaceTolerance`). */
export type ComparisonOptions = Partial<PairOptions>;

/** Two masks of one structure, and how to measure them. */
export interface Pair {
  reference: Mask;
  test: Mask;
  options: PairOptions;
}

/** Measures pairs as `pairMetrics` does, here or in other threads; gives their figures in their order. */
export type PairMeasure = (pairs: readonly Pair[]) => PairMetrics[] | Promise<PairMetrics[]>;

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
 * @param measure who measures them; this thread by default
 * @throws RondoError `comparison-name` when a name stands twice in one set, `frame-differs` or `grid-differs` when
 * two structures do not lie on the same grid.
 */
export async function compareStructures(reference: readonly NamedMask[], test: readonly NamedMask[], options: ComparisonOptions = {}, measure: PairMeasure = measureHere): Promise<Comparison> {
  const referenceByName = filledByName(reference, 'reference');
  const testByName = filledByName(test, 'test');
  const pairs: (Pair & { name: string })[] = [];
  const comparison: Comparison = { structures: [], missing: [], empty: [] };
  for (const name of new Set([...reference, ...test].map((structure) => structure.name))) {
    const a = referenceByName.get(name);
    const b = testByName.get(name);
    if (a && b) pairs.push({ name, reference: a, test: b, options: { toleranceMm: surfaceTolerance(name).mm, ...options } });
    else if (a) comparison.missing.push({ name, in: 'test' });
    else if (b) comparison.missing.push({ name, in: 'reference' });
    else comparison.empty.push(name);
  }
  const metrics = await measure(pairs);
  return { ...comparison, structures: pairs.map(({ name }, index) => ({ name, ...metrics[index] })) };
}

/** Mean DSC over the structures of the reference, each missed one counted as 0; undefined when the reference holds none. */
export function meanDsc({ structures, missing }: Comparison): number | undefined {
  const count = structures.length + missing.filter((entry) => entry.in === 'test').length;
  return count === 0 ? undefined : structures.reduce((sum, { dsc }) => sum + (dsc ?? 0), 0) / count;
}

function measureHere(pairs: readonly Pair[]): PairMetrics[] {
  return pairs.map(({ reference, test, options }) => pairMetrics(reference, test, options));
}

/** The masks of one side that have voxels, by name. */
function filledByName(set: readonly NamedMask[], side: string): Map<string, Mask> {
  const twice = set.find(({ name }, index) => set.findIndex((other) => other.name === name) < index);
  if (twice) throw new RondoError('comparison-name', `Comparison refused: the ${side} holds two structures named "${twice.name}". Rename or remove one.`);
  return new Map(set.filter(({ mask }) => !mask.isEmpty).map(({ name, mask }) => [name, mask]));
}
