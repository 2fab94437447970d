import { withMargin, type MarginMm } from '../algebra/index.ts';
import type { Mask } from '../geometry/index.ts';
import { foundStructure, type FoundStructure } from '../oar/index.ts';
import { underSkin, within } from './crops.ts';

/** The skin that PTVs are cropped from. */
export interface Skin {
  external: Mask;
  distanceMm: number;
  fieldOfViewMm: number | undefined;
}

/** The name of the PTV that is made of a CTV; undefined for what has none, as a tumour bed, whose margin belongs to a boost, which is planned apart. */
export function ptvNameOf(name: string): string | undefined {
  return name.startsWith('CTV') && !name.startsWith('CTVp_Tumorbed') ? name.replace(/^CTV/, 'PTV') : undefined;
}

/**
 * The PTV of each CTV that has one (`ptvNameOf`). Cropped from the skin where one is given.
 * @throws RondoError `algebra-margin`, `algebra-oblique` as `withMargin`
 */
export function planningTargets(targets: readonly FoundStructure[], marginMm: MarginMm, skin: Skin | undefined): { ptv: FoundStructure; grown: Mask }[] {
  const margins = typeof marginMm === 'number' ? `${marginMm} mm` : Object.entries(marginMm).map(([side, mm]) => `${side} ${String(mm)}`).join(', ') + ' mm';
  const grown = targets.flatMap(({ name, mask }) => {
    const ptvName = ptvNameOf(name);
    return ptvName === undefined ? [] : [{ name, ptvName, grown: withMargin(mask, marginMm) }];
  });
  if (grown.length === 0) return [];
  const inner = skin && underSkin(grown.map((target) => target.grown), skin.external, skin.distanceMm, skin.fieldOfViewMm);
  return grown.map((target) => {
    const mask = inner ? within(target.grown, inner) : target.grown;
    const notes = [`${target.name} with a margin of ${margins}`, ...(skin ? [`cropped ${skin.distanceMm} mm from the skin`] : [])];
    return { ptv: foundStructure({ name: target.ptvName, mask, notes }, [0, Infinity]), grown: target.grown };
  });
}
