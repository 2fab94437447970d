import type { VolumeGeometry } from './volumeGeometry.ts';
import type { VoxelBox } from './voxelBox.ts';

/**
 * How much of each voxel belongs to one structure: a geometry, a bounding box in it, and a share from 0 to 1 per voxel of
 * the box, column fastest, then row, then slice. Nothing of the voxels outside the box belongs.
 */
export class Coverage {
  readonly geometry: VolumeGeometry;
  readonly box: VoxelBox;
  readonly shares: Float32Array;

  constructor(geometry: VolumeGeometry, box: VoxelBox, shares: Float32Array) {
    this.geometry = geometry;
    this.box = box;
    this.shares = shares;
  }

  /** Volume in cm³; each slice counts with its own thickness. */
  get volumeCc(): number {
    const area = this.box.size[0] * this.box.size[1];
    let volume = 0;
    for (let z = 0; z < this.box.size[2]; z++) {
      const shares = this.shares.subarray(z * area, (z + 1) * area).reduce((sum, share) => sum + share, 0);
      volume += shares * this.geometry.voxelVolumeCc(this.box.min[2] + z);
    }
    return volume;
  }

  /** The share of every voxel of the volume, column fastest. */
  toDense(): Float32Array {
    const { geometry, box: { min, size: [width, height, depth] } } = this;
    const dense = new Float32Array(geometry.voxelCount);
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        const from = (z * height + y) * width;
        dense.set(this.shares.subarray(from, from + width), geometry.offset(min[0], min[1] + y, min[2] + z));
      }
    }
    return dense;
  }
}
