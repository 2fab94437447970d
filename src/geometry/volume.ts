import { RondoError } from '../errors.ts';
import type { VolumeGeometry } from './volumeGeometry.ts';

export type VoxelArray = Int16Array | Float32Array | Uint8Array;

/** Voxel values on a geometry: voxels[(k · rows + j) · columns + i] for column i, row j, slice k. */
export class Volume<T extends VoxelArray = VoxelArray> {
  readonly geometry: VolumeGeometry;
  readonly voxels: T;

  /** @throws RondoError `volume-size` when the array does not hold one value per voxel. */
  constructor(geometry: VolumeGeometry, voxels: T) {
    if (voxels.length !== geometry.voxelCount) {
      throw new RondoError('volume-size', `Volume refused: ${voxels.length} values for ${geometry.size.join('×')} = ${geometry.voxelCount} voxels.`);
    }
    this.geometry = geometry;
    this.voxels = voxels;
  }
}
