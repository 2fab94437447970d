import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { readModel, type Model } from '../contouring/index.ts';
import { RondoError } from '../errors.ts';
import { PACKAGE_FOLDER } from './packageInfo.ts';

const BUNDLED_FOLDER = path.join(PACKAGE_FOLDER, 'models');

/** Where Rondo keeps what is one's own: RONDO_HOME, which is `.rondo` in the user's home by default. */
export function homeFolder(): string {
  return process.env.RONDO_HOME ?? path.join(homedir(), '.rondo');
}

/** Where models of one's own are kept, each in a folder of its name: `models` in RONDO_HOME. */
export function ownModelsFolder(): string {
  return path.join(homeFolder(), 'models');
}

/** Names of the models that come with Rondo, in alphabetical order. */
export async function bundledModelNames(): Promise<string[]> {
  return await foldersIn(BUNDLED_FOLDER);
}

/** Names of all models, bundled ones first, each in alphabetical order. */
export async function modelNames(): Promise<string[]> {
  return [...(await bundledModelNames()), ...(await foldersIn(ownModelsFolder()))];
}

/**
 * The folder of a model, bundled or of one's own.
 * @throws RondoError `model-unknown`, `model-twice` where a bundled one has the name too
 */
export async function modelFolder(name: string): Promise<string> {
  const [isBundled, isOwn] = [(await bundledModelNames()).includes(name), (await foldersIn(ownModelsFolder())).includes(name)];
  const own = path.join(ownModelsFolder(), name);
  if (isBundled && isOwn) throw new RondoError('model-twice', `"${name}" is a bundled model and one of your own: which of the two is meant cannot be told. Give your own another name, in its manifest and its folder, or delete its folder.`, { file: own });
  if (isOwn) return own;
  if (isBundled) return path.join(BUNDLED_FOLDER, name);
  throw new RondoError('model-unknown', `There is no model "${name}". Known models: ${(await modelNames()).join(', ')}. Your own are added by "rondo models add".`);
}

/**
 * A model by name, its weights checked.
 * @throws RondoError those of `modelFolder` and `readModel`; `model-name` where its manifest says another name: structure sets would name that one
 */
export async function openModel(name: string): Promise<Model> {
  const folder = await modelFolder(name);
  const model = await readModel(folder);
  if (model.manifest.name !== name) throw new RondoError('model-name', `The manifest says that this is the model "${model.manifest.name}", its folder is called "${name}". Expected one name: structure sets would name the wrong model. Rename the folder or the model in its manifest.`, { file: folder });
  return model;
}

async function foldersIn(folder: string): Promise<string[]> {
  // Whoever has added no model has no folder of them.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name).sort();
}
