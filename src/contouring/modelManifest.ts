import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { RondoError } from '../errors.ts';
import { readYaml } from '../yaml/index.ts';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const positiveTriple = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

const listedFile = z.strictObject({ name: z.string().regex(/^[\w.-]+$/), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int().positive() });

const manifestShape = z.strictObject({
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

const manifestSchema = manifestShape.superRefine((manifest, context) => {
  for (const { path: place, message } of contradictions(manifest)) context.addIssue({ code: 'custom', path: place, message });
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
  return readYaml(text, manifestSchema, { code: 'model-manifest', what: 'The model manifest', file }).data;
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

/** What the parts of a manifest say against each other, with the place of each. */
function contradictions({ input, output, mirroring, accuracy, files }: z.output<typeof manifestShape>): { path: (string | number)[]; message: string }[] {
  const names = output.structures.map(({ name }) => name);
  const unknown = (mentioned: readonly string[], ...path: (string | number)[]) => mentioned.filter((name) => !names.includes(name)).map((name) => ({ path, message: `${name} is mentioned but is not a structure of the output` }));
  return [
    ...(files[0].name.endsWith('.onnx') && files[1].name.endsWith('.json') ? [] : [{ path: ['files'], message: 'expected a network (.onnx) and its parity vectors (.json), in this order' }]),
    ...output.structures.flatMap(({ name, channels }, index) => {
      const path = ['output', 'structures', index];
      const most = Math.max(...channels);
      return [
        ...(names.indexOf(name) < index ? [{ path, message: 'the structure occurs twice' }] : []),
        ...(most >= output.channels ? [{ path, message: `uses channel ${most}, but there are only ${output.channels} (0 to ${output.channels - 1})` }] : []),
        ...(new Set(channels).size < channels.length ? [{ path, message: 'lists a channel twice' }] : []),
      ];
    }),
    ...mirroring.swap.flatMap((pair, index) => unknown(pair, 'mirroring', 'swap', index)),
    ...accuracy.structures.flatMap(({ name }, index) => unknown([name], 'accuracy', 'structures', index)),
    ...(input.patch.some((size) => size % input.divisor !== 0) ? [{ path: ['input', 'patch'], message: `${input.patch.join('×')} is not a multiple of the divisor ${input.divisor}` }] : []),
    ...(input.intensity.clipHu[0] < input.intensity.clipHu[1] ? [] : [{ path: ['input', 'intensity', 'clipHu'], message: 'the two values do not rise' }]),
  ];
}
