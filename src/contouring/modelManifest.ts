import { z } from 'zod';
import { RESAMPLING_NAMES } from './resampling.ts';
import { TILING_NAMES } from './tiles.ts';

/** What CT is scanned and contoured at: beyond it the number is in another unit. */
const spacingMm = z.number().min(0.1).max(20);

/** No scale of HU reaches further; on it a window of less is one of a scale from 0 to 1. */
const MOST_HU = 100_000;
const LEAST_WINDOW_HU = 10;
const hu = z.number().min(-MOST_HU).max(MOST_HU);

/** A tile of more would not fit into any memory. */
const MOST_VOXELS_ALONG_AXIS = 1024;
const voxels = z.number().int().min(1).max(MOST_VOXELS_ALONG_AXIS);

/** Networks of the whole body tell some 120 structures apart; labels of voxels are bytes. */
const MOST_CHANNELS = 256;

/**
 * Tiles are laid out evenly, so the true overlap is this or more. A third keeps the cost near (1 / (2/3))³ ≈ 3.4 of the volume at worst, while the
 * Gaussian weight gives the rim of a tile, where the network sees least context, almost no say.
 */
export const DEFAULT_OVERLAP = 1 / 3;

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
  /** `unknown` where whoever brings the model cannot say, and 0 cases where nobody counted them: structure sets must not claim what nobody knows. */
  trainingData: z.strictObject({ kind: z.enum(['synthetic', 'clinical', 'unknown']), description: z.string(), cases: z.number().int().nonnegative() }),
  input: z.strictObject({
    modality: z.literal('CT'),
    /** Voxel distance along x, y, z of the network's grid; `image` for the slices of the image as they are. */
    spacingMm: z.tuple([spacingMm, spacingMm, z.union([spacingMm, z.literal('image')])]),
    /** Patient directions in which the grid's x, y, z grow: left or right, posterior or anterior, superior or inferior. */
    orientation: z.string().regex(/^[LR][PA][SI]$/, 'expected three letters: L or R, P or A, S or I').default('LPS'),
    /** Order of the tensors' axes after batch and channel; of a network for slices z is left out. */
    axes: z.enum(['zyx', 'xyz']).default('zyx'),
    /** Whether the network sees tiles of three dimensions, or one slice at a time, across z. */
    dimensions: z.union([z.literal(3), z.literal(2)]).default(3),
    /** Tile size in voxels along x, y, z. */
    patch: z.tuple([voxels, voxels, voxels]),
    /** The tile size is a multiple of it along each axis that the network sees. */
    divisor: z.number().int().positive(),
    /** Clipped to `clipHu`, then (HU − `meanHu`) / `stdHu`. */
    intensity: z.strictObject({ clipHu: z.tuple([hu, hu]), meanHu: hu, stdHu: z.number().positive().max(MOST_HU) }),
    outsideHu: hu,
  }),
  output: z.strictObject({
    /** `softmax`: the channels are classes that exclude each other. `sigmoid`: regions that may overlap. */
    activation: z.enum(['softmax', 'sigmoid']),
    /** Which voxels belong to a structure of classes: where their summed probability is 0.5 or more, or where one of them is the most probable class of all. */
    decision: z.enum(['half', 'argmax']).default('half'),
    channels: z.number().int().min(1).max(MOST_CHANNELS),
    /** A structure is the union of its channels. */
    structures: z.array(z.strictObject({ name: z.string().min(1).max(64), channels: z.array(z.number().int().nonnegative()).min(1) })).min(1),
  }),
  /** How the network is run unless whoever contours wants it otherwise. */
  inference: z.strictObject({
    /** Least share of a tile that its neighbour covers too. */
    overlap: z.number().min(0).max(0.9).default(DEFAULT_OVERLAP),
    /** Whether logits are averaged over all flips along `mirroring.axes`. */
    mirroring: z.boolean().default(false),
    /** Whether only what is not air is computed, or the whole image. */
    crop: z.enum(['body', 'none']).default('body'),
    /** How tiles are laid out and blended: as the software that the network was trained with does. */
    tiling: z.enum(TILING_NAMES).default('spread'),
    /** How the image is brought to the network's grid, and its answer back. */
    resampling: z.enum(RESAMPLING_NAMES).default('triangle'),
  }).prefault({}),
  /** Along which axes the network was trained on flipped images too, and the structures that change places when x is flipped. */
  mirroring: z.strictObject({ axes: z.array(z.enum(['x', 'y', 'z'])), swap: z.array(z.tuple([z.string(), z.string()])) }),
  /** One network or several, whose logits are averaged; then the vectors by which they are verified. */
  files: z.array(listedFile).min(2),
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

export const manifestSchema = manifestShape.superRefine((manifest, context) => {
  for (const { path: place, message } of contradictions(manifest)) context.addIssue({ code: 'custom', path: place, message });
});

/** A manifest as it is written by hand: Rondo lists the files itself, and what was not measured need not be said. */
export const handWrittenSchema = manifestShape.omit({ files: true }).extend({ accuracy: manifestShape.shape.accuracy.default({ testSet: 'not measured here', method: 'none', structures: [] }) }).superRefine((manifest, context) => {
  for (const { path: place, message } of contradictions(manifest)) context.addIssue({ code: 'custom', path: place, message });
});

/** What a model is, expects and returns: the contents of `model.yaml`, checked. */
export type ModelManifest = z.output<typeof manifestSchema>;
/** The same as it may stand in `model.yaml`, where what has a default may be absent. */
export type ModelManifestText = z.input<typeof manifestSchema>;
export type ListedFile = ModelManifest['files'][number];

/** The files of a model's networks. */
export function networkFiles({ files }: Pick<ModelManifest, 'files'>): ListedFile[] {
  return files.slice(0, -1);
}

/** The file of the vectors by which they are verified. */
export function vectorsFile({ files }: Pick<ModelManifest, 'files'>): ListedFile {
  return files[files.length - 1];
}

/** What the parts of a manifest say against each other, with the place of each. */
function contradictions({ input, output, inference, mirroring, accuracy, files = [] }: Omit<z.output<typeof manifestShape>, 'files'> & { files?: ListedFile[] }): { path: (string | number)[]; message: string }[] {
  const names = output.structures.map(({ name }) => name);
  const unknown = (mentioned: readonly string[], ...path: (string | number)[]) => mentioned.filter((name) => !names.includes(name)).map((name) => ({ path, message: `${name} is mentioned but is not a structure of the output` }));
  return [
    ...(files.length === 0 || (networkFiles({ files }).every(({ name }) => name.endsWith('.onnx')) && vectorsFile({ files }).name.endsWith('.json')) ? [] : [{ path: ['files'], message: 'expected one network or more (.onnx) and their parity vectors (.json), in this order' }]),
    ...(new Set(files.map(({ name }) => name)).size < files.length ? [{ path: ['files'], message: 'a file is listed twice' }] : []),
    ...(output.activation === 'softmax' && output.channels < 2 ? [{ path: ['output', 'channels'], message: 'softmax of one channel is always 1: expected two channels or more, or sigmoid' }] : []),
    ...(output.activation === 'sigmoid' && output.decision === 'argmax' ? [{ path: ['output', 'decision'], message: 'regions that may overlap are not decided by argmax' }] : []),
    ...(inference.resampling === 'nnunet' && output.activation === 'softmax' && output.decision === 'half' ? [{ path: ['inference', 'resampling'], message: 'nnunet brings logits back to the image, which have no sum of 0.5: expected decision argmax' }] : []),
    ...(input.dimensions === 2 && input.patch[2] !== 1 ? [{ path: ['input', 'patch'], message: `${input.patch.join('×')} has ${input.patch[2]} slices, but the network sees one at a time` }] : []),
    ...(input.dimensions === 3 && input.spacingMm[2] === 'image' ? [{ path: ['input', 'spacingMm'], message: 'a network that sees several slices needs their distance in mm' }] : []),
    ...(inference.mirroring && mirroring.axes.length === 0 ? [{ path: ['inference', 'mirroring'], message: 'is asked for, but mirroring names no axes' }] : []),
    ...(input.dimensions === 2 && mirroring.axes.includes('z') ? [{ path: ['mirroring', 'axes'], message: 'a network that sees one slice cannot be mirrored along z' }] : []),
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
    ...unpairedChannels(output, mirroring.swap).map((channel) => ({ path: ['mirroring', 'swap'], message: `channel ${channel} is paired with several others: list the channels of both structures of a pair in the same order, and no structure with two others` })),
    ...mirroring.swap.flatMap(([one, other], index) => {
      const [own, others] = [one, other].map((name) => output.structures.find((structure) => structure.name === name)?.channels.length);
      return own === others ? [] : [{ path: ['mirroring', 'swap', index], message: `${one} and ${other} have unlike numbers of channels` }];
    }),
    ...(input.patch.slice(0, input.dimensions).some((size) => size % input.divisor !== 0) ? [{ path: ['input', 'patch'], message: `${input.patch.join('×')} is not a multiple of the divisor ${input.divisor}` }] : []),
    ...(input.intensity.clipHu[1] - input.intensity.clipHu[0] >= LEAST_WINDOW_HU ? [] : [{ path: ['input', 'intensity', 'clipHu'], message: `the two values do not rise by ${LEAST_WINDOW_HU} HU or more: expected Hounsfield units` }]),
  ];
}

/** Channels that pairs of structures would exchange with more than one other. */
function unpairedChannels({ structures }: ModelManifest['output'], swap: ModelManifest['mirroring']['swap']): number[] {
  const opposites = new Map<number, Set<number>>();
  const channelsOf = (name: string): readonly number[] => structures.find((structure) => structure.name === name)?.channels ?? [];
  const pair = (channel: number, opposite: number): void => { opposites.set(channel, (opposites.get(channel) ?? new Set()).add(opposite)); };
  for (const [one, other] of swap) {
    for (const [at, channel] of channelsOf(one).entries()) {
      const opposite = channelsOf(other)[at] as number | undefined;
      if (opposite === undefined) continue;
      pair(channel, opposite);
      pair(opposite, channel);
    }
  }
  return [...opposites].filter(([, found]) => found.size > 1).map(([channel]) => channel);
}
