import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { CT_IMAGE_STORAGE, uidFrom, type PlanningCt } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { Mask, Volume, type VolumeGeometry } from '../geometry/index.ts';
import { geometryOf, readNifti, type NiftiImage } from '../nifti/index.ts';

/** Phantoms have a fixed day of their own, so that the same phantom gives the same files whenever it is made. */
const PHANTOM_DATE = '20200101';
const PHANTOM_TIME = '120000';

const classes = z.array(z.number().int().min(1).max(255)).min(1);

/** A label map: its file, and each structure as the union of classes. */
const labelMapSchema = z.strictObject({
  file: z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}\.nii\.gz$/),
  structures: z.record(z.string().min(1).max(64), classes),
});

const phantomSchema = z.strictObject({
  format: z.literal('rondo-phantom/2'),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/),
  seed: z.number().int().nonnegative(),
  description: z.string(),
  // The phantom lies on its back, head first; NIfTI's own axes place it.
  patientPosition: z.literal('HFS'),
  scan: z.enum(['good', 'usual', 'degraded']),
  /** Why a case of the locked test set was chosen. */
  group: z.enum(['mastectomy', 'small-breast', 'degraded']).optional(),
  /** The side that radiotherapy would treat and the surgery before it; null where nobody operated. */
  treated: z.strictObject({ side: z.enum(['L', 'R']), surgery: z.enum(['mastectomy', 'conserving']) }).nullish(),
  labels: z.array(labelMapSchema).min(1),
  licence: z.string(),
});

/** A synthetic patient: a CT as a scanner would show it, and the true structures it was painted from. */
export interface Phantom {
  name: string;
  seed: number;
  description: string;
  group: z.infer<typeof phantomSchema>['group'];
  treated: z.infer<typeof phantomSchema>['treated'];
  ct: PlanningCt;
  /** True structures on the grid of the CT, in the order of `phantom.json`. */
  structures: readonly { name: string; mask: Mask }[];
}

/** The synthetic patients that the package brings along, by name. */
export async function bundledPhantoms(): Promise<{ name: string; folder: string }[]> {
  // The folder that holds fixtures/ is two up from here, in src/ as in dist/.
  const fixtures = path.join(import.meta.dirname, '..', '..', 'fixtures', 'phantoms');
  const entries = await readdir(fixtures, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, folder: path.join(fixtures, name) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Reads a phantom folder: `phantom.json`, `ct.nii.gz` (int16 HU) and the label maps that it names (uint8, same grid).
 * All UIDs are made from its name and seed: the same phantom is the same study everywhere.
 * @throws RondoError `phantom-missing`, `phantom-invalid`, `nifti-unreadable`
 */
export async function readPhantom(folder: string): Promise<Phantom> {
  const { name, seed, description, group, treated, patientPosition, labels } = await readRecord(path.join(folder, 'phantom.json'));
  const uid = (...parts: readonly (string | number)[]): string => uidFrom('rondo-phantom', name, seed, ...parts);
  const frameOfReferenceUid = uid('frame of reference');
  const ctFile = path.join(folder, 'ct.nii.gz');
  const ctImage = await readNifti(ctFile);
  if (!(ctImage.voxels instanceof Int16Array)) throw invalid('ct.nii.gz does not hold int16 numbers', folder);
  const geometry = geometryOf(ctImage, frameOfReferenceUid, ctFile);
  const structures: { name: string; mask: Mask }[] = [];
  for (const { file, structures: unions } of labels) {
    const labelImage = await readLabels(path.join(folder, file), geometry);
    for (const [structure, parts] of Object.entries(unions)) {
      if (structures.some((other) => other.name === structure)) throw invalid(`${structure} stands in two label maps`, folder);
      structures.push({ name: structure, mask: union(geometry, labelImage, parts) });
    }
  }
  return {
    name,
    seed,
    description,
    group,
    treated,
    ct: {
      volume: new Volume(geometry, Int16Array.from(ctImage.voxels)),
      slices: Array.from({ length: geometry.size[2] }, (_, k) => ({ sopInstanceUid: uid('slice', k), imagePositionMm: geometry.toPatient([0, 0, k]) })),
      seriesInstanceUid: uid('series'),
      sopClassUid: CT_IMAGE_STORAGE,
      patientPosition,
      attributes: attributes(name, uid('study')),
      skipped: [],
    },
    structures,
  };
}

async function readLabels(file: string, geometry: VolumeGeometry): Promise<NiftiImage> {
  const image = await readNifti(file);
  if (!(image.voxels instanceof Uint8Array)) throw invalid('a label map does not hold uint8 numbers', file);
  if (!geometryOf(image, geometry.frameOfReferenceUid, file).agreesWith(geometry, 1e-3)) throw invalid('a label map does not lie on the grid of ct.nii.gz', file);
  return image;
}

async function readRecord(file: string): Promise<z.infer<typeof phantomSchema>> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new RondoError('phantom-missing', 'No phantom could be read here; a phantom folder holds phantom.json, ct.nii.gz and label maps.', { file }, { cause });
  }
  const parsed = phantomSchema.safeParse(document);
  if (!parsed.success) throw invalid(`phantom.json is not as expected:\n${z.prettifyError(parsed.error)}`, file);
  return parsed.data;
}

function attributes(name: string, studyInstanceUid: string): PlanningCt['attributes'] {
  return {
    PatientName: `RONDO^PHANTOM ${name.toUpperCase()}`,
    PatientID: `RONDO-${name.toUpperCase()}`,
    PatientBirthDate: '',
    PatientSex: 'O',
    StudyInstanceUID: studyInstanceUid,
    StudyDate: PHANTOM_DATE,
    StudyTime: PHANTOM_TIME,
    StudyID: 'RONDO',
    StudyDescription: 'Digital phantom, not a patient',
    AccessionNumber: '',
    ReferringPhysicianName: '',
    PositionReferenceIndicator: '',
    SpecificCharacterSet: [],
  };
}

function union(geometry: VolumeGeometry, { voxels }: NiftiImage, parts: readonly number[]): Mask {
  const belongs = new Set(parts);
  return Mask.fromVoxels<number>(geometry, voxels, (label) => belongs.has(label));
}

function invalid(problem: string, file: string): RondoError {
  return new RondoError('phantom-invalid', `Phantom refused: ${problem}.`, { file });
}
