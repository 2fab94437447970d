import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { RondoError } from '../errors.ts';
import { readYaml } from '../yaml/index.ts';
import { handWrittenSchema, manifestSchema, networkFiles, vectorsFile, type ListedFile, type ModelManifest } from './modelManifest.ts';
import { loadNetwork, type Network } from './network.ts';
import { makeParity } from './parity.ts';
import { readListedFile } from './readModel.ts';
import { verifyModel } from './verifyModel.ts';

/** The key "location" of a tensor's external data (onnx.proto: StringStringEntryProto). The runtime looks for such files wherever it was started. */
const WEIGHTS_ELSEWHERE = Buffer.from('\x0a\x08location\x12', 'latin1');

const MANIFEST = { code: 'model-manifest', what: 'The model manifest' };

/**
 * Makes a model folder of networks and a manifest, in `modelsFolder` under the model's name, and verifies it before it is there.
 *
 * A manifest that lists its files was written by a converter: the networks must be those, and vectors and card come from beside it.
 * One that lists none was written by hand: files are listed, vectors computed and a card written here, so that a network or a
 * machine that changes later is found out.
 *
 * @param networks .onnx files; several are an ensemble
 * @returns the manifest as it is kept
 * @throws RondoError `model-manifest`, `model-missing`, `model-checksum`, `model-exists`, and what `loadNetwork`, `makeParity` and `verifyModel` find
 */
export async function addModel(networks: readonly string[], manifestFile: string, modelsFolder: string, takenNames: readonly string[]): Promise<ModelManifest> {
  const text = await readFile(manifestFile, 'utf8').catch((cause: unknown) => {
    throw new RondoError('model-missing', 'The manifest could not be read. Expected a YAML file.', { file: manifestFile }, { cause });
  });
  const weights = await Promise.all(networks.map(readNetwork));
  const { manifest, files } = await (listsFiles(text) ? asConverted : asWrittenByHand)({ text, manifestFile, networks, weights });
  if (takenNames.includes(manifest.name)) {
    throw new RondoError('model-exists', `There is a model named "${manifest.name}" already. Give this one another name in its manifest, or remove the folder of that one.`, { file: path.join(modelsFolder, manifest.name) });
  }
  await mkdir(modelsFolder, { recursive: true });
  // Names that begin with a point are no models: what is cut short here is never taken for one.
  const folder = path.join(modelsFolder, `.adding-${randomUUID()}`);
  await mkdir(folder);
  try {
    for (const [name, content] of files) await writeFile(path.join(folder, name), content);
    const { checks } = await verifyModel(folder);
    const failed = checks.find(({ problem }) => problem !== undefined);
    if (failed?.problem !== undefined) throw failed.problem;
    await rename(folder, path.join(modelsFolder, manifest.name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return manifest;
}

interface Given {
  /** Of the manifest. */
  text: string;
  manifestFile: string;
  networks: readonly string[];
  weights: readonly Uint8Array[];
}

interface Contents {
  manifest: ModelManifest;
  /** All files of the model folder. */
  files: (readonly [name: string, content: string | Uint8Array])[];
}

async function asConverted({ text, manifestFile, networks, weights }: Given): Promise<Contents> {
  const manifest = readYaml(text, manifestSchema, { ...MANIFEST, file: manifestFile }).data;
  const own = networkFiles(manifest);
  const given = weights.map(sha256);
  if (own.map((file) => file.sha256).join() !== given.join()) {
    throw new RondoError('model-checksum', `The networks are not those of the manifest, which lists ${own.map(({ name, sha256: sum }) => `${name} (SHA-256 ${sum})`).join(', ')}. Given: ${networks.map((file, index) => `${path.basename(file)} (${given[index]})`).join(', ')}.`, { file: manifestFile });
  }
  const folder = path.dirname(manifestFile);
  const vectors = await readListedFile(folder, vectorsFile(manifest));
  const card = await readFile(path.join(folder, 'card.md')).catch((cause: unknown) => {
    throw new RondoError('model-card', 'The model has no card beside its manifest. Convert it anew.', { file: path.join(folder, 'card.md') }, { cause });
  });
  await withNetwork(manifest, networks, weights, () => Promise.resolve());
  return { manifest, files: [...own.map(({ name }, index) => [name, weights[index]] as const), [vectorsFile(manifest).name, vectors], ['card.md', card], ['model.yaml', text]] };
}

async function asWrittenByHand({ text, manifestFile, networks: given, weights }: Given): Promise<Contents> {
  const written = readYaml(text, handWrittenSchema, { ...MANIFEST, file: manifestFile }).data;
  const networks = weights.map((content, index) => listed(weights.length === 1 ? 'model.onnx' : `model-${index}.onnx`, content));
  const vectors = await withNetwork({ ...written, files: [] }, given, weights, async (network, draft) => new TextEncoder().encode(`${JSON.stringify(await makeParity(network, draft))}\n`));
  const manifest: ModelManifest = { ...written, files: [...networks, listed('parity.json', vectors)] };
  return { manifest, files: [...networks.map(({ name }, index) => [name, weights[index]] as const), ['parity.json', vectors], ['card.md', cardOf(manifest)], ['model.yaml', stringify(manifest)]] };
}

/** Uses the network that the files make up, each called what whoever gave it calls it. */
async function withNetwork<T>(manifest: ModelManifest, networks: readonly string[], weights: readonly Uint8Array[], use: (network: Network, manifest: ModelManifest) => Promise<T>): Promise<T> {
  const vectors = listed('parity.json', new Uint8Array(0));
  const asGiven = { ...manifest, files: [...networks.map((file, index) => listed(path.basename(file), weights[index])), vectors] };
  const network = await loadNetwork({ manifest: asGiven, folder: path.dirname(networks[0]), weights });
  try {
    return await use(network, asGiven);
  } finally {
    await network.release();
  }
}

/** Whether a manifest says which files belong to it; what is no YAML is refused by whoever reads it. */
function listsFiles(text: string): boolean {
  try {
    const document: unknown = parse(text);
    return typeof document === 'object' && document !== null && 'files' in document;
  } catch {
    return false;
  }
}

async function readNetwork(file: string): Promise<Uint8Array> {
  const content = await readFile(file).catch((cause: unknown) => {
    throw new RondoError('model-missing', 'The network could not be read. Expected an .onnx file.', { file }, { cause });
  });
  if (content.includes(WEIGHTS_ELSEWHERE)) {
    throw new RondoError('model-network', 'The weights of the network are not in its file, but in another beside it, and would be left behind. Export it anew with torch.onnx.export(…, external_data=False).', { file });
  }
  return content;
}

function listed(name: string, content: Uint8Array): ListedFile {
  return { name, sha256: sha256(content), bytes: content.length };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function cardOf({ name, version, task, licence, guideline, trainingData, output, files }: ModelManifest): string {
  return `# ${name} ${version}

${task}. Contours ${output.structures.map((structure) => structure.name).join(', ')}.

**Not for clinical use.** This model was added to Rondo from outside. Its manifest says: trained on ${trainingData.cases === 0 ? 'an unknown number of' : trainingData.cases} ${trainingData.kind} cases (${trainingData.description}),
guideline ${guideline}, licence ${licence}. How accurate it is was not measured here: do so on your own cases, with \`rondo compare\`, before anybody looks at its contours.

${networkFiles({ files }).map((file) => `\`${file.name}\`: ${file.bytes.toLocaleString('en')} bytes, SHA-256 \`${file.sha256}\`.`).join('\n')}

\`parity.json\` was computed on the machine that the model was added on: it shows that the network still gives what it gave then, not that it
gives what it gave where it was trained.
`;
}
