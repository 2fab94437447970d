import { newUid, type CtGrid } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { referenceTo, type StructureSet, type TpsName, type VerifiedStructure } from '../rtstruct/index.ts';
import { dicomDateTime } from './dateTime.ts';
import { packageVersion } from './packageInfo.ts';
import { structureOfMask, type ContourMode } from './structureOfMask.ts';
import type { StructureSetWorkers } from './structureSetWorkers.ts';

export interface MasksToStructureSetOptions {
  mode: ContourMode;
  /** The planning system that shall import the file; `generic` by default. */
  profile?: TpsName;
  /** ROI Generation Algorithm; '' where it is not known how the masks were made. */
  algorithm?: string;
  at?: Date;
  /** Structure Set Label, and how the masks came about, for the Structure Set Description; without, that they are masks. */
  label?: string;
  madeOf?: string;
}

/**
 * Masks on the grid of a CT as an RT Structure Set file, read back and compared before it is returned. Names that Rondo
 * knows get their type, code and colour, others no type.
 * @param masks by structure name, all on the grid of the CT
 * @throws RondoError `mask-empty`, and what writing and `verifyStructureSet` throw
 */
export async function masksToStructureSet(ct: CtGrid, masks: ReadonlyMap<string, Mask>, workers: StructureSetWorkers, options: MasksToStructureSetOptions): Promise<{ bytes: Uint8Array; structureSet: StructureSet; verified: VerifiedStructure[] }> {
  for (const [name, mask] of masks) if (mask.isEmpty) throw new RondoError('mask-empty', `${name} holds no voxel, so it has no contours. Leave it out.`);
  const drawn = await workers.trace(Array.from(masks.values(), (mask) => ({ mask })), options.mode);
  const structures = Array.from(masks, ([name, mask], index) => structureOfMask(name, mask, { number: index + 1, algorithm: options.algorithm ?? '', contours: drawn[index] }));
  const version = await packageVersion();
  const structureSet: StructureSet = {
    sopInstanceUid: newUid(),
    seriesInstanceUid: newUid(),
    label: options.label ?? 'Rondo',
    name: `Rondo ${version}`,
    description: `${options.madeOf ?? 'Made from masks'} by Rondo ${version}. Research software, not for clinical use.`,
    ...dicomDateTime(options.at ?? new Date()),
    structures,
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'Rondo', softwareVersions: [version] },
  };
  const { profile = 'generic' } = options;
  const bytes = await workers.write(structureSet, ct, profile);
  return { bytes, structureSet, verified: await workers.check(bytes, ct, profile, masks) };
}
