import { uidFrom, type PlanningCt } from '../../src/dicom/index.ts';
import type { Mask } from '../../src/geometry/index.ts';
import { referenceTo, STRUCTURE_STYLES, traceSmoothContours, type Contour, type Structure, type StructureSet } from '../../src/rtstruct/index.ts';

/** A structure of the name table, or a plain organ of another name. */
export function makeStructure(number: number, name: string, contours: readonly Contour[], changes: Partial<Structure> = {}): Structure {
  const style = STRUCTURE_STYLES.get(name) ?? { name, type: 'ORGAN', colour: [1, 2, 3] as const };
  return { number, algorithm: 'AUTOMATIC', contours, ...style, ...changes };
}

/** A complete structure set on the CT, one structure per mask, outlined smoothly. */
export function makeSet(ct: PlanningCt, masks: ReadonlyMap<string, Mask>, changes: Partial<StructureSet> = {}): StructureSet {
  const algorithmIdentification = { name: 'thorax-oar', version: '1.0.0', parameters: 'sha256:0123456789abcdef', source: 'Rondo' };
  return {
    sopInstanceUid: uidFrom('test', 'structure set'),
    seriesInstanceUid: uidFrom('test', 'structure set series'),
    label: 'RONDO',
    name: 'Automatic contours',
    description: 'Research software. Models trained on synthetic patients. Not for clinical use.',
    date: '20250203',
    time: '112233',
    structures: [...masks].map(([name, mask], index) =>
      makeStructure(index + 1, name, traceSmoothContours({ mask }), { volumeCc: mask.volumeCc, algorithmIdentification }),
    ),
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'rondo', softwareVersions: ['0.1.0'] },
    ...changes,
  };
}
