import { RondoError } from '../errors.ts';
import { boundingBox, grownBox, Mask, type Vector3, type Volume, type VoxelBox } from '../geometry/index.ts';
import { structureFields } from './decision.ts';
import { highestChannels } from './imageLabels.ts';
import { ImageProbability } from './imageProbability.ts';
import { LoadedNetworks } from './loadedNetworks.ts';
import { mirrored, mirroringOf } from './mirrored.ts';
import type { ModelManifest } from './modelManifest.ts';
import { layModelGrid, type ModelGrid } from './modelGrid.ts';
import type { Model } from './readModel.ts';
import { resampleToGrid } from './resample.ts';
import { runTiled } from './tiledInference.ts';

/** What a network says of one structure, on the image's own voxels. */
export interface PredictedStructure {
  name: string;
  /** Voxels with a probability of at least 0.5. Empty where the network sees none. */
  mask: Mask;
  /** The probabilities behind the mask, for contours finer than a voxel. */
  probability: ImageProbability;
}

export type PredictionStage = 'loading' | 'resampling' | 'network' | 'masks';

export interface PredictionOptions {
  /** `done` of `total` tiles while the stage is `network`; 0 of 1 at the start of the others. */
  onProgress?: ((stage: PredictionStage, done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** How the network is run, where that is not as the manifest has it. */
  inference?: InferenceOptions | undefined;
  /** Networks that stay loaded; without it the network is loaded, on the CPU, for this image alone. */
  networks?: LoadedNetworks | undefined;
  /** What of this image was brought to networks' grids already: models of one grid share it. Filled on the way. */
  onGrids?: Map<string, Float32Array> | undefined;
}

/** What may be chosen of how a network is run. */
export type InferenceOptions = { [Choice in Exclude<keyof ModelManifest['inference'], 'tiling' | 'resampling'>]?: ModelManifest['inference'][Choice] | undefined };

/** HU above which something other than air may be: lets empty rims of the image go uncomputed. Fat is near −100, lung near −850, foam and clothes about −900 … −500. */
const NOT_AIR_HU = -500;
/** Air kept around what is not air, so that the network sees the skin from both sides. */
const RIM_MM = 15;

/**
 * Contours an image with one model: image → network grid → tiles → probabilities → masks on the image's own grid.
 * Knows no anatomy: names and channels come from the manifest.
 * @throws RondoError `contour-oblique`, `contour-inference` for mirroring that the model was not trained for, `model-network`, `model-operator`, `cancelled`
 */
export async function predict(model: Model, image: Volume<Int16Array>, { onProgress, signal, inference, networks, onGrids }: PredictionOptions = {}): Promise<PredictedStructure[]> {
  const { input, output } = model.manifest;
  const { overlap, mirroring, crop, tiling, resampling } = inferenceOf(model, inference);
  const grid = layModelGrid(image.geometry, input, resampling);
  const size: Vector3 = [grid[0].size, grid[1].size, grid[2].size];

  onProgress?.('resampling', 0, 1);
  const gridKey = JSON.stringify([input.spacingMm, input.orientation, input.intensity, resampling]);
  const intensities = onGrids?.get(gridKey) ?? await resampleToGrid(image, grid, input.intensity);
  onGrids?.set(gridKey, intensities);
  const normalized = (hu: number): number => (hu - input.intensity.meanHu) / input.intensity.stdHu;
  // Of what is clipped nothing below the window can be told from air.
  const box: VoxelBox = crop === 'none' ? { min: [0, 0, 0], size } : occupiedBox(intensities, size, normalized(Math.max(NOT_AIR_HU, input.intensity.clipHu[0] + 1)), grid);

  onProgress?.('loading', 0, 1);
  const loaded = networks ?? new LoadedNetworks();
  let channels: Float32Array[];
  try {
    const network = await loaded.of(model);
    channels = await runTiled(
      mirroring ? mirrored(network, mirroringOf(model.manifest)) : network,
      { intensities, size, box, patch: input.patch, overlap, tiling, channels: output.channels, activation: resampling === 'nnunet' ? 'none' : output.activation, outside: normalized(Math.max(input.outsideHu, input.intensity.clipHu[0])) },
      { onTile: (done, total) => onProgress?.('network', done, total), signal },
    );
  } finally {
    if (loaded !== networks) await loaded.close();
  }

  onProgress?.('masks', 0, 1);
  const fields = structureFields(output, channels, resampling === 'nnunet');
  const labels = resampling !== 'triangle' && output.decision === 'argmax' ? highestChannels({ grid, box, channels }, image.geometry) : undefined;
  return output.structures.map(({ name, channels: own }, index) => {
    const probability = new ImageProbability({ grid, box, channels: fields.channels }, fields.used[index]);
    return { name, probability, mask: labels === undefined ? probability.mask(image.geometry) : Mask.fromVoxels(image.geometry, labels, (channel) => own.includes(channel)) };
  });
}

/** How the network of a model is run: as asked, else as its manifest says. @throws RondoError `contour-inference` */
export function inferenceOf({ manifest, folder }: Model, asked: InferenceOptions = {}): ModelManifest['inference'] {
  const { overlap, mirroring, crop, tiling, resampling } = manifest.inference;
  const inference = { overlap: asked.overlap ?? overlap, mirroring: asked.mirroring ?? mirroring, crop: asked.crop ?? crop, tiling, resampling };
  if (inference.mirroring && manifest.mirroring.axes.length === 0) {
    throw new RondoError('contour-inference', `Mirroring is asked for, but ${manifest.name} was not trained on mirrored images: its manifest names no axes. Run it without.`, { file: folder });
  }
  return inference;
}

/** The part of the grid that holds something other than air, with a rim. An image of nothing but air is computed whole: the network, not a threshold, says that it is empty. */
function occupiedBox(intensities: Float32Array, size: Vector3, threshold: number, grid: ModelGrid): VoxelBox {
  const occupied = boundingBox(size, intensities, threshold);
  if (occupied.size[0] === 0) return { min: [0, 0, 0], size };
  const rim = grid.map(({ spacingMm }) => Math.ceil(RIM_MM / spacingMm));
  return grownBox(occupied, [rim[0], rim[1], rim[2]], size);
}
