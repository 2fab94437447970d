import { boundingBox, grownBox, Mask, type Vector3, type Volume, type VoxelBox } from '../geometry/index.ts';
import type { Model } from './modelManifest.ts';
import { layModelGrid, type ModelGrid } from './modelGrid.ts';
import { loadNetwork } from './network.ts';
import { ImageProbability, resampleToGrid } from './resample.ts';
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
}

/** HU above which something other than air may be: lets empty rims of the image go uncomputed. Fat is near −100, lung near −850, foam and clothes about −900 … −500. */
const NOT_AIR_HU = -500;
/** Air kept around what is not air, so that the network sees the skin from both sides. */
const RIM_MM = 15;

/**
 * Contours an image with one model: image → network grid → tiles → probabilities → masks on the image's own grid.
 * Knows no anatomy: names and channels come from the manifest.
 * @throws RondoError `contour-oblique`, `model-network`, `cancelled`
 */
export async function predict(model: Model, image: Volume<Int16Array>, { onProgress, signal }: PredictionOptions = {}): Promise<PredictedStructure[]> {
  const { input, output } = model.manifest;
  const grid = layModelGrid(image.geometry, input.spacingMm);
  const size: Vector3 = [grid[0].size, grid[1].size, grid[2].size];

  onProgress?.('resampling', 0, 1);
  const intensities = resampleToGrid(image, grid, input.intensity);
  const normalized = (hu: number): number => (hu - input.intensity.meanHu) / input.intensity.stdHu;
  const box = occupiedBox(intensities, size, normalized(NOT_AIR_HU), grid);

  onProgress?.('loading', 0, 1);
  const network = await loadNetwork(model);
  let channels: Float32Array[];
  try {
    channels = await runTiled(
      network,
      { intensities, size, box, patch: input.patch, channels: output.channels, outside: normalized(Math.max(input.outsideHu, input.intensity.clipHu[0])) },
      { onTile: (done, total) => onProgress?.('network', done, total), signal },
    );
  } finally {
    await network.release();
  }

  onProgress?.('masks', 0, 1);
  return output.structures.map(({ name, channels: used }) => {
    const probability = new ImageProbability({ grid, box, channels }, used);
    return { name, probability, mask: maskOf(probability, image) };
  });
}

function maskOf(probability: ImageProbability, image: Volume): Mask {
  const { min, size } = probability.box;
  const area = size[0] * size[1];
  const voxels = new Uint8Array(area * size[2]);
  for (let z = 0; z < size[2]; z++) {
    const values = probability.slice(min[2] + z);
    for (let index = 0; index < area; index++) voxels[z * area + index] = values[index] >= 0.5 ? 1 : 0;
  }
  return new Mask(image.geometry, probability.box, voxels).cropped();
}

/** The part of the grid that holds something other than air, with a rim. An image of nothing but air is computed whole: the network, not a threshold, says that it is empty. */
function occupiedBox(intensities: Float32Array, size: Vector3, threshold: number, grid: ModelGrid): VoxelBox {
  const occupied = boundingBox(size, (index) => intensities[index] >= threshold);
  if (occupied.size[0] === 0) return { min: [0, 0, 0], size };
  const rim = grid.map(({ spacingMm }) => Math.ceil(RIM_MM / spacingMm));
  return grownBox(occupied, [rim[0], rim[1], rim[2]], size);
}
