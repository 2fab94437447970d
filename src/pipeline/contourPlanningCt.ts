import type { ImageProbability, Model, PredictionStage } from '../contouring/index.ts';
import { predict } from '../contouring/index.ts';
import { uidFrom, type PlanningCt } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import { fieldOfViewMm, oarTable, postProcess, reachesFieldOfView, type PostProcessed } from '../oar/index.ts';
import { referenceTo, STRUCTURE_STYLES, type Structure, type StructureSet, type TpsName } from '../rtstruct/index.ts';
import { checkScan } from './checkScan.ts';
import { dicomDateTime } from './dateTime.ts';
import { packageVersion } from './packageInfo.ts';
import { shared, type StructureSetWorkers } from './structureSetWorkers.ts';

/** Longest ST value (PS3.5 6.2), that of Structure Set Description. What is cut off also stands in the command's own report. */
const MOST_DESCRIPTION = 1024;

export type ContourStage = PredictionStage | 'rules' | 'contours' | 'writing' | 'checking';

export interface ContourOptions {
  /** `done` of `total` in the current stage; `total` is 1 in stages that do not count. */
  onProgress?: ((stage: ContourStage, done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** The planning system that shall import the file; `generic` by default. */
  profile?: TpsName | undefined;
  /** Moment that the structure set is dated with; now by default. */
  at?: Date | undefined;
}

/** One structure as it stands in the written file. */
export interface ContouredStructure {
  name: string;
  mask: Mask;
  /** Volume in cm³ of the contours read back from the file. */
  volumeCc: number;
  contourCount: number;
  /** Dice coefficient between the mask and the contours read back from the file. */
  readBackDsc: number;
  /** What a reader should know: cut by the edge of the image, an unusual volume, what was removed. */
  notes: readonly string[];
}

export interface ContouredCase {
  /** The RT Structure Set, Part 10, explicit VR little endian; read back and compared with the masks already. */
  bytes: Uint8Array;
  structureSet: StructureSet;
  structures: readonly ContouredStructure[];
  /** What a reader should know of the scan as a whole. */
  notes: readonly string[];
  /** Structures that the models know and that are not in this scan, with the reason. */
  notFound: PostProcessed['notFound'];
}

/**
 * The main job: planning CT → probabilities → masks → contours → RT Structure Set, which is read back and compared
 * before it is returned. The same CT and models give the same SOP Instance UID, so that sending a result again makes no second one.
 * @throws RondoError `ct-no-air`, `contour-nothing-found`, `contour-structure-twice`, and what each step throws; nothing is returned half-done
 */
export async function contourPlanningCt(ct: PlanningCt, models: readonly Model[], workers: StructureSetWorkers, options: ContourOptions = {}): Promise<ContouredCase> {
  const { onProgress } = options;
  const notes = checkScan(ct);
  const predicted = await predictAll(ct, models, options);

  onProgress?.('rules', 0, 1);
  const processed = postProcess(predicted, oarTable);
  const { notFound } = processed;
  const fieldMm = fieldOfViewMm(ct.volume);
  const found = processed.found.map((structure) => ({ ...structure, notes: [...structure.notes, ...cutNotes(structure.mask, fieldMm)] }));
  if (found.length === 0) {
    throw new RondoError(
      'contour-nothing-found',
      `No structure was found, so there is nothing to write. ${notFound.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}. Check that the scan shows what the model contours.`,
      { uid: ct.seriesInstanceUid },
    );
  }

  const fields = found.map(({ name, mask }) => {
    const { probability } = sourceOf(name, predicted);
    return { mask: shared(mask), probability: (slice: number) => probability.sliceIn(mask.box, slice) };
  });
  const drawn = await workers.trace(fields, 'smooth', (index) => onProgress?.('contours', index, found.length));
  const structures = found.map(({ name, mask, notes }, index): Structure => {
    const { model } = sourceOf(name, predicted);
    return {
      ...styleOf(name, model),
      number: index + 1,
      description: notes.length > 0 ? notes.join('; ') : undefined,
      algorithm: 'AUTOMATIC',
      algorithmIdentification: { name: model.manifest.name, version: model.manifest.version, parameters: `sha256=${model.manifest.files[0].sha256}`, source: 'Rondo' },
      volumeCc: mask.volumeCc,
      contours: drawn[index],
    };
  });

  onProgress?.('writing', 0, 1);
  const structureSet = await assemble(ct, models, structures, [...notes, ...notFound.map(({ name, reason }) => `${name} not found: ${reason}`)], options.at ?? new Date());
  const bytes = await workers.write(structureSet, ct, options.profile ?? 'generic');

  onProgress?.('checking', 0, 1);
  const verified = await workers.verify(bytes, ct, new Map(found.map(({ name }, index) => [name, fields[index].mask])));
  return {
    bytes,
    structureSet,
    notes,
    notFound,
    structures: found.map(({ name, mask, notes }, index) => ({
      name,
      mask,
      notes,
      contourCount: structures[index].contours.length,
      volumeCc: verified[index].volumeCc,
      readBackDsc: verified[index].dice,
    })),
  };
}

/** Beyond the circle of reconstruction nothing was imaged: an outline that ends there is no skin, and dose would be computed as if it were. */
function cutNotes(mask: Mask, fieldMm: number | undefined): string[] {
  return fieldMm !== undefined && reachesFieldOfView(mask, fieldMm) ? ['cut by the circle of reconstruction: the structure may go on beyond it'] : [];
}

interface Predicted {
  name: string;
  mask: Mask;
  probability: ImageProbability;
  model: Model;
}

async function predictAll(ct: PlanningCt, models: readonly Model[], { onProgress, signal }: ContourOptions): Promise<Predicted[]> {
  const predicted: Predicted[] = [];
  for (const model of models) {
    for (const structure of await predict(model, ct.volume, { onProgress, signal })) {
      if (predicted.some(({ name }) => name === structure.name)) {
        throw new RondoError('contour-structure-twice', `Two of the chosen models contour ${structure.name}. Choose one of them.`, { file: model.folder });
      }
      predicted.push({ ...structure, model });
    }
  }
  return predicted;
}

function sourceOf(name: string, predicted: readonly Predicted[]): Predicted {
  const source = predicted.find((candidate) => candidate.name === name);
  if (source === undefined) throw new RondoError('contour-structure-unknown', `The rules returned ${name}, which no model contoured.`);
  return source;
}

function styleOf(name: string, { manifest, folder }: Model): Pick<Structure, 'name' | 'code' | 'type' | 'colour'> {
  const style = STRUCTURE_STYLES.get(name);
  if (style === undefined) {
    throw new RondoError('contour-structure-unknown', `${manifest.name} contours "${name}", for which there is no name, code and colour. Use a TG-263 name that Rondo knows.`, { file: folder });
  }
  return style;
}

async function assemble(ct: PlanningCt, models: readonly Model[], structures: readonly Structure[], remarks: readonly string[], at: Date): Promise<StructureSet> {
  const version = await packageVersion();
  const identity = [ct.seriesInstanceUid, ...ct.slices.map(({ sopInstanceUid }) => sopInstanceUid), version, ...models.map(({ manifest }) => manifest.files[0].sha256)];
  const made = models.map(({ manifest }) => `${manifest.name} ${manifest.version} (trained on ${manifest.trainingData.kind} patients)`);
  return {
    sopInstanceUid: uidFrom('rondo-structure-set', ...identity),
    seriesInstanceUid: uidFrom('rondo-structure-set-series', ...identity),
    label: 'Rondo',
    name: `Rondo ${version}`,
    description: [`Contoured automatically by Rondo ${version} with ${made.join(', ')}. Research software, not for clinical use.`, ...remarks].join(' ').slice(0, MOST_DESCRIPTION),
    ...dicomDateTime(at),
    structures,
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'Rondo', softwareVersions: [version, ...models.map(({ manifest }) => `${manifest.name} ${manifest.version}`)] },
  };
}
