import { Coverage, Mask, type Vector3, type VolumeGeometry, type VoxelBox } from '../geometry/index.ts';

/** The axis of a volume that planes lie across: 0 columns (sagittal planes of an axial CT), 1 rows (coronal), 2 slices. */
export type StackAxis = 0 | 1 | 2;

/** A ring seen across an axis. */
export interface StackRing {
  /** Fractional index, at voxel centres, along each of the two other axes in their order (i j, i k or j k): two a point. */
  coordinates: Float64Array;
  /** Range of its points along the axis: mm from the first plane of voxels. */
  lowestMm: number;
  highestMm: number;
  /** Farthest that it reaches from the first voxel, along either of the two other axes, in mm. */
  reachMm: number;
}

/**
 * A volume as a stack of planes of voxels across one of its axes. Planes across the slices are the slices; planes across
 * columns or rows hold one line of each slice, at that slice's own position.
 */
export class PlaneStack {
  readonly geometry: VolumeGeometry;
  readonly axis: StackAxis;
  /** [width, height, planes]: voxels along the two other axes in their order, and along the axis. */
  readonly size: Vector3;

  constructor(geometry: VolumeGeometry, axis: StackAxis) {
    const [columns, rows, slices] = geometry.size;
    this.geometry = geometry;
    this.axis = axis;
    this.size = axis === 0 ? [rows, slices, columns] : axis === 1 ? [columns, slices, rows] : [columns, rows, slices];
  }

  /** Distance in mm along the axis from the first plane to the fractional plane index. */
  positionMm(plane: number): number {
    return this.axis === 2 ? this.geometry.sliceOffsetAt(plane) : plane * this.#spacingMm;
  }

  /** Fractional plane index at a distance in mm from the first plane: the inverse of `positionMm`. */
  planeAt(positionMm: number): number {
    return this.axis === 2 ? this.geometry.sliceIndexAt(positionMm) : positionMm / this.#spacingMm;
  }

  /** Extent of a plane of voxels along the axis, in mm. */
  thicknessMm(plane: number): number {
    return this.axis === 2 ? this.geometry.sliceThicknessMm(plane) : this.#spacingMm;
  }

  /**
   * A ring of patient points (x, y, z of each, LPS, mm) seen across the axis. Where its plane runs through the slices, it
   * gets a point wherever it passes one: between unevenly spaced slices an edge that is straight in mm is bent in indices.
   */
  ring(points: Float64Array): StackRing {
    const { geometry, axis } = this;
    const { originMm: origin } = geometry;
    const directions = [geometry.rowDirection, geometry.columnDirection, geometry.normal];
    const [across, down, along] = [directions[axis === 0 ? 1 : 0], directions[axis === 2 ? 1 : 2], directions[axis]];
    const ringMm = new Float64Array((points.length / 3) * 2);
    let [lowestMm, highestMm, reachMm] = [Infinity, -Infinity, 0];
    for (let from = 0, to = 0; from < points.length; from += 3, to += 2) {
      const x = points[from] - origin[0];
      const y = points[from + 1] - origin[1];
      const z = points[from + 2] - origin[2];
      ringMm[to] = x * across[0] + y * across[1] + z * across[2];
      ringMm[to + 1] = x * down[0] + y * down[1] + z * down[2];
      const alongMm = x * along[0] + y * along[1] + z * along[2];
      lowestMm = Math.min(lowestMm, alongMm);
      highestMm = Math.max(highestMm, alongMm);
      reachMm = Math.max(reachMm, Math.abs(ringMm[to]), Math.abs(ringMm[to + 1]));
    }
    return { coordinates: axis === 2 ? this.#inSlices(ringMm) : this.#throughSlices(ringMm), lowestMm, highestMm, reachMm };
  }

  /**
   * A ring's coordinates for measuring shares of voxels: with the second one running evenly in mm through each voxel, from
   * k − 0.5 to k + 0.5, and a point wherever the ring passes from one slice's voxels to the next's. Between unevenly spaced
   * slices an index runs evenly from centre to centre instead, and the half of a voxel's area does not lie above its centre.
   */
  evenInVoxels(coordinates: Float64Array): Float64Array {
    if (this.axis === 2) return coordinates;
    const even: number[] = [];
    for (let at = 0; at < coordinates.length; at += 2) {
      const next = at + 2 < coordinates.length ? at + 2 : 0;
      even.push(coordinates[at], this.#evenIndex(coordinates[at + 1]));
      // An edge lies between two slices, so it passes one border at most; from its lower end whichever way the ring runs.
      const [low, high] = coordinates[at + 1] <= coordinates[next + 1] ? [at, next] : [next, at];
      const [from, to] = [coordinates[low + 1], coordinates[high + 1]];
      const border = Math.floor(from) + 0.5;
      if (from < border && border < to) even.push(coordinates[low] + ((border - from) / (to - from)) * (coordinates[high] - coordinates[low]), border);
    }
    return Float64Array.from(even);
  }

  /** Voxels of a box of this stack (0 or 1, the first of the two other axes fastest, then the second, then planes) as a mask of the volume. */
  mask(box: VoxelBox, voxels: Uint8Array): Mask {
    return new Mask(this.geometry, this.#inVolume(box), this.#turned(box, voxels));
  }

  /** Shares of the voxels of a box of this stack, in the order of `mask`, as a coverage of the volume. */
  coverage(box: VoxelBox, shares: Float32Array): Coverage {
    return new Coverage(this.geometry, this.#inVolume(box), this.#turned(box, shares));
  }

  /** Mm between the planes across columns or rows. */
  get #spacingMm(): number {
    return this.axis === 0 ? this.geometry.columnSpacingMm : this.geometry.rowSpacingMm;
  }

  /** A box of this stack as one of the volume. */
  #inVolume(box: VoxelBox): VoxelBox {
    const { min: [x, y, z], size: [width, height, planes] } = box;
    if (this.axis === 2) return box;
    return this.axis === 0 ? { min: [z, x, y], size: [planes, width, height] } : { min: [x, z, y], size: [width, planes, height] };
  }

  /** Values of the voxels of a box of this stack in the order of the volume. */
  #turned<T extends Uint8Array | Float32Array>({ size: [width, height, planes] }: VoxelBox, values: T): T {
    if (this.axis === 2) return values;
    const turned = values.slice() as T;
    // Both ways slices run slowest; columns are the planes, or rows are.
    const [planeStep, acrossStep] = this.axis === 0 ? [1, planes] : [width, 1];
    for (let plane = 0, from = 0; plane < planes; plane++) {
      for (let slice = 0; slice < height; slice++) {
        const start = slice * width * planes + plane * planeStep;
        for (let across = 0; across < width; across++, from++) turned[start + across * acrossStep] = values[from];
      }
    }
    return turned;
  }

  /** A fractional slice index as one that runs evenly in mm through each voxel; the same at the voxels' borders. */
  #evenIndex(slice: number): number {
    const { geometry } = this;
    const k = Math.min(Math.max(Math.round(slice), 0), geometry.size[2] - 1);
    return k - 0.5 + (geometry.sliceOffsetAt(slice) - geometry.sliceOffsetAt(k - 0.5)) / geometry.sliceThicknessMm(k);
  }

  #inSlices(ringMm: Float64Array): Float64Array {
    const { columnSpacingMm, rowSpacingMm } = this.geometry;
    const coordinates = new Float64Array(ringMm.length);
    for (let at = 0; at < ringMm.length; at++) coordinates[at] = ringMm[at] / (at & 1 ? rowSpacingMm : columnSpacingMm);
    return coordinates;
  }

  #throughSlices(ringMm: Float64Array): Float64Array {
    const { geometry } = this;
    const spacingMm = this.axis === 0 ? geometry.rowSpacingMm : geometry.columnSpacingMm;
    const coordinates: number[] = [];
    for (let at = 0; at < ringMm.length; at += 2) {
      const next = at + 2 < ringMm.length ? at + 2 : 0;
      coordinates.push(ringMm[at] / spacingMm, geometry.sliceIndexAt(ringMm[at + 1]));
      // From the lower to the upper end whichever way the ring runs, so that the same ring has the same points.
      const [low, high] = ringMm[at + 1] <= ringMm[next + 1] ? [at, next] : [next, at];
      const [fromMm, riseMm] = [ringMm[low + 1], ringMm[high + 1] - ringMm[low + 1]];
      const passed: [number, number][] = [];
      for (let k = Math.max(Math.floor(geometry.sliceIndexAt(fromMm)) + 1, 0); k < geometry.size[2] && geometry.sliceOffsetsMm[k] < ringMm[high + 1]; k++) {
        const share = (geometry.sliceOffsetsMm[k] - fromMm) / riseMm;
        passed.push([(ringMm[low] + share * (ringMm[high] - ringMm[low])) / spacingMm, k]);
      }
      coordinates.push(...(low === at ? passed : passed.reverse()).flat());
    }
    return Float64Array.from(coordinates);
  }
}
