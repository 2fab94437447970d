/** A tolerance τ of the surface DSC, and where it comes from. */
export interface SurfaceTolerance {
  mm: number;
  source: string;
}

const TARGET: SurfaceTolerance = { mm: 3, source: 'Rondo, targets' };
const ORGAN: SurfaceTolerance = { mm: 2, source: 'Rondo, organs at risk' };

/**
 * Tolerances by structure, without side, where they are neither the organs' nor the targets'. Nikolov 2021 takes τ from how far observers
 * lie apart: the goals of src/goals stand for that here.
 */
const TOLERANCES: Readonly<Record<string, SurfaceTolerance>> = {
  A_LAD: { mm: 3, source: 'Rondo, the goal of its mean surface distance' },
};

/** The tolerance of a structure by its TG-263 name, of either side: 2 mm for organs, 3 mm for targets (GTV, CTV, ITV, PTV), unless it has its own. */
export function surfaceTolerance(structure: string): SurfaceTolerance {
  return TOLERANCES[structure.replace(/_[LR]$/, '')] ?? (/^[GCIP]TV/.test(structure) ? TARGET : ORGAN);
}
