/** How far observers lie apart by themselves: DSC among them, as published. */
export interface ObserverBand {
  low: number;
  high: number;
  source: string;
}

const HEART: ObserverBand = { low: 0.92, high: 0.92, source: 'Heart, 5,677 patients (PMC7935874): experts reach a DSC of 0.92' };
const ORGANS: ObserverBand = { low: 0.87, high: 0.9, source: 'Byun 2021 (doi 10.1186/s13014-021-01923-1): 11 experts, DSC among them 0.87 to 0.90, of nine organs at risk together and not of this one alone' };
const NODES: ObserverBand = { low: 0.66, high: 0.66, source: 'Ciardo 2017: 42 observers, median DSC 0.66 over the nodal stations together; levels 1 and 4 best, level 3 worst' };

/** Organs at risk that breast radiotherapy spares; the body's outline and vessels of a few mm are no such organs. */
const ORGAN_NAMES: ReadonlySet<string> = new Set(['Lung', 'Breast', 'SpinalCord', 'Esophagus', 'Trachea', 'Glnd_Thyroid', 'Liver', 'Humerus']);

/** The band of a structure of either side; undefined where nothing is known. */
export function observerBand(structure: string): ObserverBand | undefined {
  if (structure.startsWith('CTVn_')) return NODES;
  const name = structure.replace(/_[LR]$/, '');
  return name === 'Heart' ? HEART : ORGAN_NAMES.has(name) ? ORGANS : undefined;
}
