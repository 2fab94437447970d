import { createHash } from 'node:crypto';
import { z } from 'zod';
import { RondoError } from '../errors.ts';
import type { ModelManifest } from './modelManifest.ts';
import type { Runner } from './network.ts';
import { parityTile, paritySamples } from './parityTile.ts';

/** Fewer logits, or a wider tolerance, would let another network pass. */
const LEAST_SAMPLES = 100;
const WIDEST_TOLERANCE = 1;

const paritySchema = z.strictObject({
  format: z.literal('rondo-parity/1'),
  /** Tile size in voxels along x, y, z. */
  patch: z.tuple([z.number().int(), z.number().int(), z.number().int()]),
  /** SHA-256 of the tile's HU as int16, little endian: tells another tile from another network. */
  inputSha256: z.string().regex(/^[0-9a-f]{64}$/),
  channels: z.number().int().positive(),
  /** Largest difference of a logit that counts as the same network on another runtime. */
  tolerance: z.number().positive().max(WIDEST_TOLERANCE),
  /** Logits at `paritySamples`, float32 little endian, base64. */
  logits: z.base64().refine((text) => floats(text).length >= LEAST_SAMPLES, `expected at least ${LEAST_SAMPLES} logits`),
});

/** The contents of `parity.json`: what a network returned where it was trained. */
export type Parity = z.infer<typeof paritySchema>;

/**
 * Reads parity vectors.
 * @throws RondoError `model-parity-file` when they are not as expected or are for another tile or number of channels than the manifest's
 */
export function readParity(bytes: Uint8Array, { input, output }: ModelManifest, file: string): Parity {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new RondoError('model-parity-file', 'The parity vectors are not JSON. Export the model anew.', { file }, { cause });
  }
  const parsed = paritySchema.safeParse(document);
  if (!parsed.success) throw new RondoError('model-parity-file', `The parity vectors are not as expected. Export the model anew.\n${z.prettifyError(parsed.error)}`, { file });
  const { patch, channels } = parsed.data;
  if (patch.join() !== input.patch.join() || channels !== output.channels) {
    throw new RondoError(
      'model-parity-file',
      `The parity vectors are for ${channels} channels on tiles of ${patch.join('×')}, the manifest says ${output.channels} on ${input.patch.join('×')}. Export the model anew.`,
      { file },
    );
  }
  return parsed.data;
}

/** Logits that are kept of a network, and how far a logit may differ on another machine, as a share of the largest one. */
const SAMPLES = 4_000;
const TOLERANCE = 2e-4;

/** Vectors of what a network returns here. @throws RondoError `model-network` when it returns what is no number, and what `Runner.run` throws */
export async function makeParity(network: Runner, { input, output, name }: ModelManifest): Promise<Parity> {
  const hu = parityTile(input.patch);
  const logits = await network.run(networkTile(hu, input), input.patch);
  const kept = Float32Array.from(paritySamples(output.channels * hu.length, SAMPLES), (position) => logits[position]);
  const largest = kept.reduce((most, logit) => Math.max(most, Math.abs(logit)), 0);
  if (!Number.isFinite(largest)) throw new RondoError('model-network', `The network of ${name} returns what is no number for a chest in Hounsfield units. Check clipHu, meanHu and stdHu of its manifest.`);
  return {
    format: 'rondo-parity/1',
    patch: input.patch,
    inputSha256: createHash('sha256').update(littleEndian(hu)).digest('hex'),
    channels: output.channels,
    tolerance: Math.min(Math.max(TOLERANCE * largest, Number.EPSILON), WIDEST_TOLERANCE),
    logits: Buffer.from(kept.buffer).toString('base64'),
  };
}

/**
 * Runs the network on the tile of the vectors and compares.
 * @returns the largest difference of a logit
 * @throws RondoError `model-parity-input` when the tile is not the one of the vectors, `model-parity` when the logits differ
 * by more than the tolerance, and what `Network.run` throws
 */
export async function compareWithParity(network: Runner, { input, output, name }: ModelManifest, parity: Parity, file: string): Promise<number> {
  const hu = parityTile(input.patch);
  const found = createHash('sha256').update(littleEndian(hu)).digest('hex');
  if (found !== parity.inputSha256) {
    throw new RondoError(
      'model-parity-input',
      `The parity vectors were computed from another tile (SHA-256 ${parity.inputSha256}, here ${found}), so they say nothing about the network of ${name}. Export it with the version of rondo_training that belongs to this Rondo.`,
      { file },
    );
  }
  const logits = await network.run(networkTile(hu, input), input.patch);
  const difference = largestDifference(logits, floats(parity.logits), output.channels * hu.length);
  if (!(difference <= parity.tolerance)) {
    throw new RondoError(
      'model-parity',
      `The network of ${name} does not give here what it gave where it was trained: a logit differs by ${difference.toPrecision(3)}, at most ${parity.tolerance.toPrecision(3)} is rounding. Fetch the model again; if it is whole, this machine's onnxruntime computes wrongly: do not contour with it.`,
      { file },
    );
  }
  return difference;
}

/** The tile as the network takes it; its voxels are those of the network's grid. */
function networkTile(hu: Int16Array, { intensity: { clipHu, meanHu, stdHu } }: ModelManifest['input']): Float32Array {
  return Float32Array.from(hu, (value) => (Math.min(Math.max(value, clipHu[0]), clipHu[1]) - meanHu) / stdHu);
}

/** NaN when a logit is not a number. */
function largestDifference(logits: Float32Array, expected: Float32Array, total: number): number {
  let largest = 0;
  for (const [n, position] of paritySamples(total, expected.length).entries()) largest = Math.max(largest, Math.abs(logits[position] - expected[n]));
  return largest;
}

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  return Float32Array.from({ length: bytes.length >> 2 }, (_, n) => bytes.readFloatLE(4 * n));
}

function littleEndian(values: Int16Array): Uint8Array {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [n, value] of values.entries()) bytes.writeInt16LE(value, 2 * n);
  return bytes;
}
