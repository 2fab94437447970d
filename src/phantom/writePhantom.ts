import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeCtSeries } from '../ct/index.ts';
import { uidFrom } from '../dicom/index.ts';
import { referenceTo, STRUCTURE_STYLES, traceContours, verifyStructureSet, writeStructureSet, type Structure, type StructureSet } from '../rtstruct/index.ts';
import type { Phantom } from './readPhantom.ts';

const LABEL = 'Phantom truth';

/**
 * Writes a phantom as files: `ct/` with one CT image per slice, and `truth.dcm`, the RT Structure Set of its true structures, whose
 * contours run along voxel edges so that they rasterise to the identical voxels.
 * @param version version of Rondo, for the file's provenance
 * @throws what `writeCtSeries`, `writeStructureSet` and `verifyStructureSet` throw
 */
export async function writePhantom({ name, ct, structures }: Phantom, folder: string, version: string): Promise<{ ctFolder: string; truthFile: string }> {
  const [ctFolder, truthFile] = [path.join(folder, 'ct'), path.join(folder, 'truth.dcm')];
  await mkdir(ctFolder, { recursive: true });
  await writeCtSeries(ct, ctFolder);
  const present = structures.filter(({ mask }) => !mask.isEmpty);
  const set: StructureSet = {
    sopInstanceUid: uidFrom('rondo-phantom-truth', ct.seriesInstanceUid),
    seriesInstanceUid: uidFrom('rondo-phantom-truth-series', ct.seriesInstanceUid),
    label: LABEL,
    description: `True structures of the synthetic patient ${name}, by construction. Not a patient.`,
    date: ct.attributes.StudyDate,
    time: ct.attributes.StudyTime,
    structures: present.map(({ name: structure, mask }, index): Structure => ({
      ...(STRUCTURE_STYLES.get(structure) ?? { name: structure, type: 'ORGAN' }),
      number: index + 1,
      algorithm: 'AUTOMATIC',
      volumeCc: mask.volumeCc,
      contours: traceContours(mask),
    })),
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'Rondo phantom', softwareVersions: [version] },
  };
  const bytes = writeStructureSet(set, ct);
  verifyStructureSet(bytes, ct, new Map(present.map(({ name: structure, mask }) => [structure, mask])));
  await writeFile(truthFile, bytes, { flag: 'wx' });
  return { ctFolder, truthFile };
}
