import type { Mask } from '../../geometry/index.ts';
import { STRUCTURE_STYLES, type FileContour, type Structure } from '../../rtstruct/index.ts';
import type { Segment } from '../../segmentation/index.ts';

/** PS3.16 CID 7150 and CID 7166: for a structure that neither its file nor the name table codes. */
const ANATOMY = { value: '91723000', scheme: 'SCT', meaning: 'Anatomical Structure' };
const TISSUE = { value: '85756007', scheme: 'SCT', meaning: 'Tissue' };

const ALGORITHMS = ['AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL'] as const;

/** A structure as a segment: with its own code, that of its name, or none that says more than tissue. */
export function segmentOf(structure: Structure<FileContour>, mask: Mask): Segment {
  const { category, ...property } = structure.code ?? STRUCTURE_STYLES.get(structure.name)?.code ?? { ...TISSUE, category: ANATOMY };
  return {
    label: structure.name,
    mask,
    // A file that does not say how a structure was drawn leaves open whether a program took part.
    algorithm: ALGORITHMS.find((known) => known === structure.algorithm) ?? 'SEMIAUTOMATIC',
    category: category ?? ANATOMY,
    property: { value: property.value, scheme: property.scheme, meaning: property.meaning },
  };
}
