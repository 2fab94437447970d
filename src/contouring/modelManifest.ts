import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { RondoError } from '../errors.ts';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const positiveTriple = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

const listedFile = z.strictObject({ name: z.string().regex(/^[\w.-]+$/), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int().positive() });

const manifestSchema = z.strictObject({
  format: z.literal('rondo-model/1'),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  task: z.string(),
  architecture: z.strictObject({ name: z.string(), parameters: z.number().int().positive(), description: z.string() }),
  /** Id of the target guideline that the training labels follow; `none` for organs at risk. */
  guideline: z.string(),
  licence: z.string(),
  trainingData: z.strictObject({ kind: z.enum(['synthetic', 'clinical']), description: z.string(), cases: z.number().int().positive() }),
  input: z.strictObject({
    modality: z.literal('CT'),
    /** Voxel distance along x, y, z of the network's grid. */
    spacingMm: positiveTriple,
    /** Patient directions in which the grid's x, y, z grow: left, posterior, superior. */
    orientation: z.literal('LPS'),
    /** Tile size in voxels along x, y, z. */
    patch: triple.refine((sizes) => sizes.every((size) => Number.isInteger(size) && size > 0), 'expected three whole numbers'),
    divisor: z.number().int().positive(),
    intensity: z.strictObject({ clipHu: z.tuple([z.number(), z.number()]), meanHu: z.number(), stdHu: z.number().positive() }),
    outsideHu: z.number(),
  }),
  output: z.strictObject({
    activation: z.literal('softmax'),
    channels: z.number().int().min(2),
    /** A structure is the union of its channels: its probability is their sum. */
    structures: z.array(z.strictObject({ name: z.string().min(1).max(64), channels: z.array(z.number().int().nonnegative()).min(1) })).min(1),
  }),
  mirroring: z.strictObject({ axis: z.literal('x'), swap: z.array(z.tuple([z.string(), z.string()])) }),
  /** The network, then the vectors by which it is verified. */
  files: z.tuple([listedFile, listedFile]),
  accuracy: z.strictObject({
    testSet: z.string(),
    method: z.string(),
    structures: z.array(z.strictObject({
      name: z.string(),
      dscMean: z.number(),
      dscP5: z.number(),
      /** Absent where the structure was never found. */
      hd95MmMean: z.number().optional(),
      /** What only the run through the whole product measures: a site may have measured without it. */
      msdMmMean: z.number().optional(),
      scored: z.number().int().optional(),
      missed: z.number().int().optional(),
      absent: z.number().int().optional(),
      invented: z.number().int().optional(),
    })),
  }),
});

/** What a model is, expects and returns: the contents of `model.yaml`, checked. */
export type ModelManifest = z.infer<typeof manifestSchema>;

/** A model whose manifest is consistent and whose weights match the manifest's checksum. */
export interface Model {
  manifest: ModelManifest;
  /** Folder that holds `model.yaml`. */
  folder: string;
  /** The ONNX file's bytes, exactly those that were checksummed. */
  weights: Uint8Array;
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
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    throw new RondoError('model-manifest', `The model manifest is not valid YAML: ${String(cause)}`, { file }, { cause });
  }
  const parsed = manifestSchema.safeParse(document);
  if (!parsed.success) throw new RondoError('model-manifest', `The model manifest is not as expected:\n${z.prettifyError(parsed.error)}`, { file });
  const problem = contradiction(parsed.data);
  if (problem !== undefined) throw new RondoError('model-manifest', `The model manifest contradicts itself: ${problem}.`, { file });
  return parsed.data;
}

/**
 * Reads a model folder and verifies the SHA-256 of its weights.
 * @throws RondoError `model-missing`, `model-manifest`, `model-checksum`
 */
export async function readModel(folder: string): Promise<Model> {
  const manifest = await readManifest(folder);
  return { manifest, folder, weights: await readListedFile(folder, manifest.files[0]) };
}

/**
 * A file that a manifest lists, checked against size and SHA-256.
 * @throws RondoError `model-missing`, `model-checksum`
 */
export async function readListedFile(folder: string, { name, sha256, bytes }: ModelManifest['files'][number]): Promise<Uint8Array> {
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

function contradiction({ input, output, mirroring, accuracy, files }: ModelManifest): string | undefined {
  const names = output.structures.map(({ name }) => name);
  if (!files[0].name.endsWith('.onnx') || !files[1].name.endsWith('.json')) return 'files are not a network (.onnx) and its parity vectors (.json), in this order';
  if (new Set(names).size !== names.length) return 'a structure name occurs twice';
  for (const { name, channels } of output.structures) {
    if (channels.some((channel) => channel >= output.channels)) return `${name} uses channel ${Math.max(...channels)}, but there are only ${output.channels} (0 to ${output.channels - 1})`;
    if (new Set(channels).size !== channels.length) return `${name} lists a channel twice`;
  }
  const known = [...mirroring.swap.flat(), ...accuracy.structures.map(({ name }) => name)];
  const unknown = known.find((name) => !names.includes(name));
  if (unknown !== undefined) return `${unknown} is mentioned but is not a structure of the output`;
  if (input.patch.some((size) => size % input.divisor !== 0)) return `patch ${input.patch.join('×')} is not a multiple of the divisor ${input.divisor}`;
  if (input.intensity.clipHu[0] >= input.intensity.clipHu[1]) return 'clipHu does not rise';
  return undefined;
}
