import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readModel, type Model } from '../contouring/index.ts';
import { RondoError } from '../errors.ts';
import { PACKAGE_FOLDER } from './packageInfo.ts';

const MODELS_FOLDER = path.join(PACKAGE_FOLDER, 'models');

/** Names of the bundled models, in alphabetical order. */
export async function modelNames(): Promise<string[]> {
  const entries = await readdir(MODELS_FOLDER, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
}

/**
 * The folder of a bundled model.
 * @throws RondoError `model-unknown`
 */
export async function modelFolder(name: string): Promise<string> {
  const names = await modelNames();
  if (!names.includes(name)) throw new RondoError('model-unknown', `There is no model "${name}". Known models: ${names.join(', ')}.`);
  return path.join(MODELS_FOLDER, name);
}

/**
 * A bundled model by name, its weights checked.
 * @throws RondoError `model-unknown`, and what `readModel` throws.
 */
export async function bundledModel(name: string): Promise<Model> {
  return await readModel(await modelFolder(name));
}
