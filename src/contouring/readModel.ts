import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RondoError } from '../errors.ts';
import { readYaml } from '../yaml/index.ts';
import { manifestSchema, networkFiles, type ListedFile, type ModelManifest } from './modelManifest.ts';

/** A model whose manifest is consistent and whose weights match the manifest's checksum. */
export interface Model {
  manifest: ModelManifest;
  /** Folder that holds `model.yaml`. */
  folder: string;
  /** The bytes of the networks' ONNX files, exactly those that were checksummed. */
  weights: readonly Uint8Array[];
}

/**
 * Reads and checks a manifest without touching its weights.
 * @throws RondoError `model-missing`, `model-manifest`
 */
export async function readManifest(folder: string): Promise<ModelManifest> {
  const file = path.join(folder, 'model.yaml');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new RondoError('model-missing', 'No model manifest could be read here; a model folder holds model.yaml beside its .onnx file.', { file }, { cause });
  }
  return readYaml(text, manifestSchema, { code: 'model-manifest', what: 'The model manifest', file }).data;
}

/**
 * Reads a model folder and verifies the SHA-256 of its weights.
 * @throws RondoError `model-missing`, `model-manifest`, `model-checksum`
 */
export async function readModel(folder: string): Promise<Model> {
  const manifest = await readManifest(folder);
  return { manifest, folder, weights: await Promise.all(networkFiles(manifest).map((file) => readListedFile(folder, file))) };
}

/**
 * A file that a manifest lists, checked against size and SHA-256.
 * @throws RondoError `model-missing`, `model-checksum`
 */
export async function readListedFile(folder: string, { name, sha256, bytes }: ListedFile): Promise<Uint8Array> {
  const file = path.join(folder, name);
  let content: Uint8Array;
  try {
    content = await readFile(file);
  } catch (cause) {
    throw new RondoError('model-missing', 'A file that the model manifest names could not be read.', { file }, { cause });
  }
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256 || content.length !== bytes) {
    throw new RondoError(
      'model-checksum',
      `This file is not the one that the manifest describes: SHA-256 ${found} over ${content.length} bytes, expected ${sha256} over ${bytes}. Fetch the model again; if it was retrained, export it anew.`,
      { file },
    );
  }
  return content;
}
