import { inferenceOf, networkFiles, predict, type InferenceOptions, type LoadedNetworks, type Model, type ModelManifest, type PredictionStage, type Provider } from '../contouring/index.ts';
import { checkTargetOptions, targetOf, type RuleReport, type TargetOptions } from '../ctv/index.ts';
import { uidFrom, type PlanningCt } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import type { NotFound } from '../oar/index.ts';
import { referenceTo, type Structure, type StructureSet, type TpsName } from '../rtstruct/index.ts';
import { applyRules, type Predicted } from './applyRules.ts';
import { checkScan } from './checkScan.ts';
import { dicomDateTime } from './dateTime.ts';
import { roiDescription, setDescription } from './description.ts';
import { goalNote } from './goalNote.ts';
import { packageVersion } from './packageInfo.ts';
import type { StructureSetWorkers } from './structureSetWorkers.ts';
import { writtenStructures, type OutputProtocol } from './writtenStructures.ts';

export type ContourStage = PredictionStage | 'rules' | 'contours' | 'writing' | 'checking';

export interface ContourOptions {
  /** `done` of `total` in the current stage; `total` is 1 in stages that do not count. */
  onProgress?: ((stage: ContourStage, done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** The planning system that shall import the file; `generic` by default. */
  profile?: TpsName | undefined;
  /** Moment that the structure set is dated with; now by default. */
  at?: Date | undefined;
  /** Side, surgery, PTV and rules of the targets; only with a model that contours targets. */
  targets?: TargetOptions | undefined;
  /** What the file shall hold, and how; without it all that the models contour, by its standard names. */
  protocol?: OutputProtocol | undefined;
  /** How networks are run, where that is not as their manifests have it. */
  inference?: InferenceOptions | undefined;
  /** Networks that stay loaded, and where they run; without it each is loaded, on the CPU, for this CT alone. */
  networks?: LoadedNetworks | undefined;
}

/** One structure as it stands in the written file. */
export interface ContouredStructure {
  /** ROI Name. */
  name: string;
  /** What its model calls it; undefined for a structure that the protocol derives. */
  standardName: string | undefined;
  mask: Mask;
  /** Volume in cm³ of the contours read back from the file. */
  volumeCc: number;
  contourCount: number;
  /** Dice coefficient between the mask and the contours read back from the file. */
  readBackDsc: number;
  /** What a reader should know: cut by the edge of the image, an unusual volume, what was removed, a model that falls short of its goal. */
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
  notFound: readonly NotFound[];
  /** What each rule of targets did; empty where no model contours targets. */
  rules: readonly RuleReport[];
}

/**
 * The main job: planning CT → probabilities → masks → contours → RT Structure Set, which is read back and compared
 * before it is returned. The same CT and models give the same SOP Instance UID, so that sending a result again makes no second one.
 * @throws RondoError `ct-no-air`, `contour-nothing-found`, `contour-structure-twice`, and what each step throws, among them the
 *   contradictions of `checkTargetOptions` and `applyTargetRules`; nothing is returned half-done
 */
export async function contourPlanningCt(ct: PlanningCt, models: readonly Model[], workers: StructureSetWorkers, options: ContourOptions = {}): Promise<ContouredCase> {
  const { onProgress, protocol, targets = {}, inference = {}, networks } = options;
  checkModels(models, targets, inference);
  const scanNotes = checkScan(ct);
  const predicted = await predictAll(ct, models, options);

  onProgress?.('rules', 0, 1);
  const { found: ruled, notFound: missing, notes: targetNotes, rules } = applyRules(predicted, ct.volume, targets);
  const found = ruled.map((structure) => {
    const note = goalNote(structure.name, sourceOf(structure.name, predicted).model.manifest);
    return note === undefined ? structure : { ...structure, notes: [...structure.notes, note] };
  });
  const notes = [...scanNotes, ...targetNotes, ...(networks === undefined ? [] : await fallbackNotes(networks, models))];
  const { written, notFound } = writtenStructures(found, missing, protocol);
  if (written.length === 0) {
    throw new RondoError(
      'contour-nothing-found',
      `No structure was found, so there is nothing to write. ${notFound.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}. Check that the scan shows what the model contours.`,
      { uid: ct.seriesInstanceUid },
    );
  }

  const fields = written.map(({ mask, source }) => {
    const probability = source === undefined ? undefined : sourceOf(source, predicted).probability;
    return { mask, probability: probability && ((slice: number) => probability.sliceIn(mask.box, slice)) };
  });
  const drawn = await workers.trace(fields, 'smooth', (index) => onProgress?.('contours', index, written.length));
  const structures = written.map(({ style, source, mask, notes }, index): Structure => ({
    ...style,
    number: index + 1,
    algorithm: 'AUTOMATIC',
    ...madeBy(source === undefined ? undefined : sourceOf(source, predicted).model, notes),
    volumeCc: mask.volumeCc,
    contours: drawn[index],
  }));

  onProgress?.('writing', 0, 1);
  const structureSet = await assemble(ct, models, structures, { remarks: notes, notFound, targets, inference, provider: networks?.provider ?? 'cpu', protocol, at: options.at ?? new Date() });
  const { profile = 'generic' } = options;
  const bytes = await workers.write(structureSet, ct, profile);

  onProgress?.('checking', 0, 1);
  const verified = await workers.check(bytes, ct, profile, new Map(written.map(({ style: { name }, mask }) => [name, mask])));
  return {
    bytes,
    structureSet,
    notes,
    notFound,
    rules,
    structures: written.map(({ style: { name }, source, mask, notes }, index) => ({
      name,
      standardName: source,
      mask,
      notes,
      contourCount: structures[index].contours.length,
      volumeCc: verified[index].volumeCc,
      readBackDsc: verified[index].dice,
    })),
  };
}

/** What a manifest says that follows no guideline. */
const NO_GUIDELINE = 'none';

/** What can be told of the models and options before minutes are spent on a network. */
function checkModels(models: readonly Model[], targets: TargetOptions, inference: InferenceOptions): void {
  for (const model of models) inferenceOf(model, inference);
  const ofTargets = models.filter(({ manifest }) => manifest.output.structures.some(({ name }) => targetOf(name) !== undefined));
  checkTargetOptions(models.flatMap(({ manifest }) => manifest.output.structures.map(({ name }) => name)), ofTargets.map(({ manifest }) => manifest.guideline), targets);
}

async function predictAll(ct: PlanningCt, models: readonly Model[], { onProgress, signal, inference, networks }: ContourOptions): Promise<Predicted[]> {
  const predicted: Predicted[] = [];
  const onGrids = new Map<string, Float32Array>();
  for (const model of models) {
    for (const structure of await predict(model, ct.volume, { onProgress, signal, inference, networks, onGrids })) {
      if (predicted.some(({ name }) => name === structure.name)) {
        throw new RondoError('contour-structure-twice', `Two of the chosen models contour ${structure.name}. Choose one of them.`, { file: model.folder });
      }
      predicted.push({ ...structure, model });
    }
  }
  return predicted;
}

/** That networks did not run where they were asked to, and why. */
async function fallbackNotes(networks: LoadedNetworks, models: readonly Model[]): Promise<string[]> {
  return (await Promise.all(models.map((model) => networks.of(model)))).flatMap(({ fallback }) => fallback ?? []);
}

/** The model of a structure and the probabilities behind it; a PTV is its CTV's model's, and no probability draws it. */
function sourceOf(name: string, predicted: readonly Predicted[]): { model: Model; probability: Predicted['probability'] | undefined } {
  const source = predicted.find((candidate) => candidate.name === name);
  if (source !== undefined) return source;
  const ctv = predicted.find((candidate) => candidate.name === name.replace(/^PTV/, 'CTV'));
  if (ctv === undefined) throw new RondoError('contour-structure-unknown', `The rules returned ${name}, which no model contoured.`);
  return { model: ctv.model, probability: undefined };
}

/** What is said of how a structure came about: by which model and guideline, and what a reader should know. */
function madeBy(model: Model | undefined, notes: readonly string[]): Pick<Structure, 'description' | 'algorithmIdentification'> {
  const remarks = [...(model === undefined || model.manifest.guideline === NO_GUIDELINE ? [] : [`guideline ${model.manifest.guideline}`]), ...notes];
  return {
    description: roiDescription(remarks),
    algorithmIdentification: model && { name: model.manifest.name, version: model.manifest.version, parameters: `sha256=${networkFiles(model.manifest).map(({ sha256 }) => sha256).join()}`, source: 'Rondo' },
  };
}

interface SetContents {
  remarks: readonly string[];
  notFound: readonly NotFound[];
  targets: TargetOptions;
  inference: InferenceOptions;
  provider: Provider;
  protocol: OutputProtocol | undefined;
  at: Date;
}

function trainedOn(kind: ModelManifest['trainingData']['kind']): string {
  return kind === 'unknown' ? 'not known what it was trained on' : `trained on ${kind} patients`;
}

async function assemble(ct: PlanningCt, models: readonly Model[], structures: readonly Structure[], { remarks, notFound, targets, inference, provider, protocol, at }: SetContents): Promise<StructureSet> {
  const version = await packageVersion();
  // Options of targets and of networks and a protocol change what is drawn; without them the instance is that of the CT and the models alone.
  const given = Object.entries({ ...targets, ...inference, ...(provider !== 'cpu' && { provider }) }).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${JSON.stringify(value)}`).sort();
  // Nor is it another one where a protocol sends it elsewhere.
  if (protocol !== undefined) given.push(`protocol=${JSON.stringify({ ...protocol, destinations: undefined })}`);
  // An archive that corrects a patient keeps the images' UIDs; the structure set then says something else.
  // Whole manifests: beside the hashes of the weights and how they are used, version and goals stand in the file too.
  const identity = [ct.seriesInstanceUid, JSON.stringify(ct.attributes), ...ct.slices.map(({ sopInstanceUid }) => sopInstanceUid), version, ...models.map(({ manifest }) => JSON.stringify(manifest)), ...given];
  const made = models.map(({ manifest: { name, version: ofModel, trainingData, guideline } }) => `${name} ${ofModel} (${trainedOn(trainingData.kind)}${guideline === NO_GUIDELINE ? '' : `, guideline ${guideline}`})`);
  return {
    sopInstanceUid: uidFrom('rondo-structure-set', ...identity),
    seriesInstanceUid: uidFrom('rondo-structure-set-series', ...identity),
    label: 'Rondo',
    name: `Rondo ${version}`,
    description: setDescription({ version, models: made, protocol: protocol?.name, notFound, remarks }),
    ...dicomDateTime(at),
    structures,
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'Rondo', softwareVersions: [version, ...models.map(({ manifest }) => `${manifest.name} ${manifest.version}`)] },
  };
}
