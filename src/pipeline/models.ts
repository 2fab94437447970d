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
 * A bundled model by name, verified.
 * @throws RondoError `model-unknown`, and what `readModel` throws.
 */
export async function bundledModel(name: string): Promise<Model> {
  const names = await modelNames();
  if (!names.includes(name)) throw new RondoError('model-unknown', `There is no model "${name}". Known models: ${names.join(', ')}.`);
  return await readModel(path.join(MODELS_FOLDER, name));
}
