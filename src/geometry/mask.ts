import { RondoError } from '../errors.ts';
import { addScaled } from './vector.ts';
import type { VolumeGeometry } from './volumeGeometry.ts';
import { boundingBox, EMPTY_BOX, type VoxelBox } from './voxelBox.ts';

/**
 * The voxels that belong to one structure: a geometry, a bounding box in it, and one byte (0 or 1) per voxel of the
 * box, column fastest, then row, then slice. Voxels outside the box do not belong. The box need not be tight;
 * an empty mask has a box of size 0×0×0.
 */
export class Mask {
  readonly geometry: VolumeGeometry;
  readonly box: VoxelBox;
  /** Not to be changed once the mask is in use: its volume is counted once. */
  readonly voxels: Uint8Array;
  #volumeCc: number | undefined;

  /** @throws RondoError `mask-box` when the box leaves the volume or the array does not fit the box. */
  constructor(geometry: VolumeGeometry, box: VoxelBox, voxels: Uint8Array) {
    const inside = box.min.every((low, axis) => Number.isInteger(low) && low >= 0 && box.size[axis] >= 0 && low + box.size[axis] <= geometry.size[axis]);
    if (!inside) {
      throw new RondoError('mask-box', `Mask refused: box ${box.min.join(',')} + ${box.size.join('×')} leaves the volume ${geometry.size.join('×')}.`);
    }
    if (voxels.length !== box.size[0] * box.size[1] * box.size[2]) {
      throw new RondoError('mask-box', `Mask refused: ${voxels.length} values for a box of ${box.size.join('×')}.`);
    }
    this.geometry = geometry;
    this.box = box;
    this.voxels = voxels;
  }

  static empty(geometry: VolumeGeometry): Mask {
    return new Mask(geometry, EMPTY_BOX, new Uint8Array(0));
  }

  /** The voxels of a full-size array for which `belongs` holds, in a tight box. */
  static fromVoxels<T>(geometry: VolumeGeometry, voxels: ArrayLike<T>, belongs: (value: T) => boolean): Mask {
    const dense = new Uint8Array(geometry.voxelCount);
    for (let index = 0; index < dense.length; index++) dense[index] = belongs(voxels[index]) ? 1 : 0;
    return new Mask(geometry, { min: [0, 0, 0], size: geometry.size }, dense).cropped();
  }

  /** Whether voxel (i, j, k) of the volume belongs; false outside the box. */
  has(i: number, j: number, k: number): boolean {
    const { min, size } = this.box;
    if (i < min[0] || j < min[1] || k < min[2] || i >= min[0] + size[0] || j >= min[1] + size[1] || k >= min[2] + size[2]) return false;
    return this.voxels[this.#indexOf(i, j, k)] === 1;
  }

  /** Place in `voxels` of a voxel of the box. */
  #indexOf(i: number, j: number, k: number): number {
    const { min, size } = this.box;
    return ((k - min[2]) * size[1] + j - min[1]) * size[0] + i - min[0];
  }

  /** The box's part of slice k of the volume (row-major, box.size[0] columns wide), or undefined outside the box. A view, not a copy. */
  slice(k: number): Uint8Array | undefined {
    const { min, size } = this.box;
    const z = k - min[2];
    if (z < 0 || z >= size[2]) return undefined;
    const area = size[0] * size[1];
    return this.voxels.subarray(z * area, (z + 1) * area);
  }

  get voxelCount(): number {
    return countOnes(this.voxels, 0, this.voxels.length);
  }

  /** Number of voxels of slice k of the volume that belong. */
  sliceVoxelCount(k: number): number {
    const voxels = this.slice(k);
    return voxels === undefined ? 0 : countOnes(voxels, 0, voxels.length);
  }

  get isEmpty(): boolean {
    return !this.voxels.includes(1);
  }

  /** Volume in cm³; each slice counts with its own thickness. */
  get volumeCc(): number {
    this.#volumeCc ??= this.#countVolumeCc();
    return this.#volumeCc;
  }

  /** Counts the volume, for whoever has the time now: it is kept. */
  countVolume(): void {
    this.#volumeCc ??= this.#countVolumeCc();
  }

  #countVolumeCc(): number {
    const area = this.box.size[0] * this.box.size[1];
    let volume = 0;
    for (let z = 0; z < this.box.size[2]; z++) {
      volume += countOnes(this.voxels, z * area, (z + 1) * area) * this.geometry.voxelVolumeCc(this.box.min[2] + z);
    }
    return volume;
  }

  /** Number of voxels that belong to both of two masks on the same grid. */
  commonVoxelCount(other: Mask): number {
    const [left, top, first] = this.box.min.map((low, axis) => Math.max(low, other.box.min[axis]));
    const [right, bottom, end] = this.box.min.map((low, axis) => Math.min(low + this.box.size[axis], other.box.min[axis] + other.box.size[axis]));
    let count = 0;
    for (let z = first; z < end; z++) {
      for (let y = top; y < bottom; y++) {
        const [own, others] = [this.#indexOf(left, y, z), other.#indexOf(left, y, z)];
        for (let x = 0; x < right - left; x++) count += this.voxels[own + x] & other.voxels[others + x];
      }
    }
    return count;
  }

  /** The same voxels in the smallest box that holds them. */
  cropped(): Mask {
    const { min, size } = boundingBox(this.box.size, this.voxels, 1);
    return this.inBox(size[0] === 0 ? EMPTY_BOX : { min: addScaled(this.box.min, min, 1), size });
  }

  /** The same mask seen through another box: voxels of this mask outside it are lost, voxels new in it are 0. */
  inBox(box: VoxelBox): Mask {
    const voxels = new Uint8Array(box.size[0] * box.size[1] * box.size[2]);
    const from = Math.max(box.min[0], this.box.min[0]);
    const to = Math.min(box.min[0] + box.size[0], this.box.min[0] + this.box.size[0]);
    for (let z = 0; z < box.size[2] && from < to; z++) {
      const source = this.slice(box.min[2] + z);
      if (!source) continue;
      for (let y = 0; y < box.size[1]; y++) {
        const sourceRow = box.min[1] + y - this.box.min[1];
        if (sourceRow < 0 || sourceRow >= this.box.size[1]) continue;
        const start = sourceRow * this.box.size[0] - this.box.min[0];
        voxels.set(source.subarray(start + from, start + to), (z * box.size[1] + y) * box.size[0] + from - box.min[0]);
      }
    }
    return new Mask(this.geometry, box, voxels);
  }

  /** Every voxel of the volume as one byte: 0 or 1. */
  toDense(): Uint8Array {
    return this.inBox({ min: [0, 0, 0], size: this.geometry.size }).voxels;
  }
}

/** Words of four voxels that may be added up before a byte of the sum could overflow. */
const MOST_ADDED = 255;

/** Four voxels at a time: counted one by one, the 80 million voxels of a long scan take four times as long. */
function countOnes(voxels: Uint8Array, from: number, to: number): number {
  let count = 0;
  let at = from;
  for (; at < to && (voxels.byteOffset + at) % 4 > 0; at++) count += voxels[at];
  if (at === to) return count;
  const words = new Uint32Array(voxels.buffer, voxels.byteOffset + at, (to - at) >> 2);
  for (let word = 0; word < words.length; ) {
    let sums = 0;
    for (const end = Math.min(word + MOST_ADDED, words.length); word < end; word++) sums = (sums + words[word]) | 0;
    const pairs = (sums & 0x00ff00ff) + ((sums >>> 8) & 0x00ff00ff);
    count += (pairs & 0xffff) + (pairs >>> 16);
  }
  for (at += words.length * 4; at < to; at++) count += voxels[at];
  return count;
}
