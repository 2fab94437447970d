import { newUid, type PlanningCt } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { referenceTo, verifyStructureSet, writeStructureSet, type Structure, type StructureSet, type TpsName, type VerifiedStructure } from '../rtstruct/index.ts';
import { dicomDateTime } from './dateTime.ts';
import { packageVersion } from './packageInfo.ts';
import { structureOfMask, type ContourMode } from './structureOfMask.ts';

export interface MasksToStructureSetOptions {
  mode: ContourMode;
  /** The planning system that shall import the file; `generic` by default. */
  profile?: TpsName;
  /** ROI Generation Algorithm; '' where it is not known how the masks were made. */
  algorithm?: string;
  at?: Date;
}

/**
 * Masks on the grid of a CT as an RT Structure Set file, read back and compared before it is returned. Names that Rondo
 * knows get their type, code and colour, others no type.
 * @param masks by structure name
 * @throws RondoError `mask-empty`, and what writing and `verifyStructureSet` throw
 */
export async function masksToStructureSet(ct: PlanningCt, masks: ReadonlyMap<string, Mask>, options: MasksToStructureSetOptions): Promise<{ bytes: Uint8Array; structureSet: StructureSet; verified: VerifiedStructure[] }> {
  const structures = [...masks].map(([name, mask], index): Structure => {
    if (mask.isEmpty) throw new RondoError('mask-empty', `${name} holds no voxel, so it has no contours. Leave it out.`);
    return structureOfMask(name, mask, { number: index + 1, mode: options.mode, algorithm: options.algorithm ?? '' });
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
  const bytes = writeStructureSet(structureSet, ct, { profile: options.profile ?? 'generic' });
  return { bytes, structureSet, verified: verifyStructureSet(bytes, ct, masks) };
}
