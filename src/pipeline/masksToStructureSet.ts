import { newUid, type PlanningCt } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { referenceTo, STRUCTURE_STYLES, traceContours, traceSmoothContours, verifyStructureSet, writeStructureSet, type Structure, type StructureSet, type VerifiedStructure } from '../rtstruct/index.ts';
import { dicomDateTime } from './dateTime.ts';
import { packageVersion } from './packageInfo.ts';

/** `exact`: along voxel edges. `smooth`: below voxel size. Both give back the same voxels. */
export type ContourMode = 'exact' | 'smooth';

export interface MasksToStructureSetOptions {
  mode: ContourMode;
  /** ROI Generation Algorithm; '' where it is not known how the masks were made. */
  algorithm?: string;
  at?: Date;
}

/** Colours that differ to the eye, for names without one of their own. */
const COLOURS = [[230, 25, 75], [60, 180, 75], [255, 225, 25], [0, 130, 200], [245, 130, 48], [145, 30, 180], [70, 240, 240], [240, 50, 230]] as const;

/**
 * Masks on the grid of a CT as an RT Structure Set file, read back and compared before it is returned. Names that Rondo
 * knows get their type, code and colour, others no type.
 * @param masks by structure name
 * @throws RondoError `mask-empty`, and what writing and `verifyStructureSet` throw
 */
export async function masksToStructureSet(ct: PlanningCt, masks: ReadonlyMap<string, Mask>, options: MasksToStructureSetOptions): Promise<{ bytes: Uint8Array; structureSet: StructureSet; verified: VerifiedStructure[] }> {
  const structures = [...masks].map(([name, mask], index): Structure => {
    if (mask.isEmpty) throw new RondoError('mask-empty', `${name} holds no voxel, so it has no contours. Leave it out.`);
    const style = STRUCTURE_STYLES.get(name) ?? { name, type: '', colour: COLOURS[index % COLOURS.length] };
    const contours = options.mode === 'exact' ? traceContours(mask) : traceSmoothContours({ mask });
    return { ...style, number: index + 1, algorithm: options.algorithm ?? '', volumeCc: mask.volumeCc, contours };
  });
  const version = await packageVersion();
  const structureSet: StructureSet = {
    sopInstanceUid: newUid(),
    seriesInstanceUid: newUid(),
    label: 'Rondo',
    name: `Rondo ${version}`,
    description: `Made from masks by Rondo ${version}. Research software, not for clinical use.`,
    ...dicomDateTime(options.at ?? new Date()),
    structures,
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'Rondo', softwareVersions: [version] },
  };
  const bytes = writeStructureSet(structureSet, ct);
  return { bytes, structureSet, verified: verifyStructureSet(bytes, ct, masks) };
}
