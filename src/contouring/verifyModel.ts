import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RondoError } from '../errors.ts';
import { networkFiles, vectorsFile, type ModelManifest } from './modelManifest.ts';
import { loadNetwork, type Network } from './network.ts';
import { compareWithParity, readParity } from './parity.ts';
import { readListedFile, readManifest } from './readModel.ts';

/** What must hold for a model, in the order in which it is looked at. */
export const MODEL_CHECKS = ['manifest', 'weights', 'vectors', 'card', 'network', 'parity'] as const;

export interface ModelCheck {
  check: (typeof MODEL_CHECKS)[number];
  /** `not run`: an earlier check failed that this one stands on. */
  result: 'ok' | 'failed' | 'not run';
  /** Why it failed. */
  problem?: RondoError;
}

export interface ModelVerification {
  /** Undefined where the manifest could not be read. */
  manifest: ModelManifest | undefined;
  checks: readonly ModelCheck[];
}

/**
 * Checks a model folder from its manifest to what its network computes on this machine. Failures are returned, not thrown:
 * `model-missing`, `model-manifest`, `model-checksum`, `model-card`, `model-network`, `model-operator`, `model-parity-file`, `model-parity-input`, `model-parity`.
 */
export async function verifyModel(folder: string): Promise<ModelVerification> {
  const checks: ModelCheck[] = [];
  const attempt = async <T>(check: ModelCheck['check'], step: () => Promise<T>): Promise<T | undefined> => {
    try {
      const value = await step();
      checks.push({ check, result: 'ok' });
      return value;
    } catch (error) {
      if (!(error instanceof RondoError)) throw error;
      checks.push({ check, result: 'failed', problem: error });
      return undefined;
    }
  };
  const manifest = await attempt('manifest', () => readManifest(folder));
  if (manifest !== undefined) {
    const weights = await attempt('weights', () => Promise.all(networkFiles(manifest).map((file) => readListedFile(folder, file))));
    const vectors = await attempt('vectors', () => readListedFile(folder, vectorsFile(manifest)));
    await attempt('card', () => checkCard(manifest, folder));
    // Other weights than the manifest's are not even loaded: the checksum is what keeps foreign files out of onnxruntime.
    const network = weights && (await attempt('network', () => loadNetwork({ manifest, folder, weights })));
    try {
      if (network && vectors) await attempt('parity', () => checkParity(network, manifest, vectors, path.join(folder, vectorsFile(manifest).name)));
    } finally {
      await network?.release();
    }
  }
  return { manifest, checks: MODEL_CHECKS.map((check): ModelCheck => checks.find((done) => done.check === check) ?? { check, result: 'not run' }) };
}

async function checkParity(network: Network, manifest: ModelManifest, vectors: Uint8Array, file: string): Promise<void> {
  await compareWithParity(network, manifest, readParity(vectors, manifest, file), file);
}

/** @throws RondoError `model-card` unless the card names this version and these weights */
async function checkCard(manifest: ModelManifest, folder: string): Promise<void> {
  const file = path.join(folder, 'card.md');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new RondoError('model-card', 'The model has no card: what it was trained on, how well it does and where it fails is unknown. Fetch it again, or export it anew.', { file }, { cause });
  }
  const missing = [`# ${manifest.name} ${manifest.version}\n`, networkFiles(manifest)[0].sha256].find((part) => !text.includes(part));
  if (missing !== undefined) {
    throw new RondoError('model-card', `The model card is of other weights: "${missing.trim()}" does not stand in it. Fetch the model again, or export it anew.`, { file });
  }
}
