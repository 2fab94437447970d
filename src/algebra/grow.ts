import type { Vector3 } from '../geometry/index.ts';
import type { Side, Sides } from './reach.ts';

/**
 * Grows the ones of a block of bytes (0 or 1, column fastest, then row, then slice), in place: a voxel becomes 1 when its centre
 * lies within the margins of the body of any voxel that is 1, along straight lines in any direction.
 *
 * Distances are measured in units of the margin to the side in question, so that the margin is at 1 everywhere and unequal margins
 * make a ball of ellipsoid octants. The squared distance to a body, a box, is a sum over the axes, so that its minimum is taken one axis
 * after the other, in time linear in the voxels (Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions, Theory of
 * Computing 8 (2012) 415–428). A voxel of value v is a parabola that stands on the face by which its body is left:
 * beyond that face the other face is farther, and within the body the value is v itself. The sides of an axis are taken one by one:
 * a path that goes there and back is longer than the straight one, so that a second side may start from the first one's result.
 *
 * Memory: four bytes per voxel.
 */
export function grow(voxels: Uint8Array, size: Vector3, sides: Sides): void {
  const [columns, rows, slices] = size;
  const area = columns * rows;
  const distances = new Float32Array(voxels.length);
  const envelope = new Envelope(columns);
  for (let slice = 0; slice < slices; slice++) {
    const members = voxels.subarray(slice * area, (slice + 1) * area);
    const plane = distances.subarray(slice * area, (slice + 1) * area);
    for (let at = 0; at < area; at++) plane[at] = members[at] === 1 ? 0 : Infinity;
    if (!members.includes(1)) continue;
    for (const side of sides[1]) spreadAlongColumns(plane, columns, side);
    for (let start = 0; start < area; start += columns) {
      for (const side of sides[0]) envelope.spreadAlongRow(plane, start, side);
    }
    for (let at = 0; at < area; at++) members[at] = plane[at] <= 1 ? 1 : 0;
  }
  for (const side of sides[2]) spreadAlongSlices(voxels, distances, area, side);
}

/** From a plane of 0 and Infinity: the squared distance within each column, where it is at most 1. */
function spreadAlongColumns(plane: Float32Array, columns: number, { step, centres, faces }: Side): void {
  const left = new Float64Array(columns).fill(-Infinity);
  const rows = centres.length;
  for (let n = 0; n < rows; n++) {
    const row = step > 0 ? n : rows - 1 - n;
    const centre = centres[row];
    const face = faces[row];
    for (let column = 0, at = row * columns; column < columns; column++, at++) {
      if (plane[at] === 0) {
        left[column] = face;
        continue;
      }
      const distance = centre - left[column];
      const squared = distance * distance;
      if (squared <= 1 && squared < plane[at]) plane[at] = squared;
    }
  }
}

/** The lower envelope of the parabolas of one row, as far as the voxels passed so far make it up. */
class Envelope {
  readonly #values: Float64Array;
  readonly #parabolas: Int32Array;
  /** Where each parabola falls below the one before it. */
  readonly #starts: Float64Array;

  constructor(columns: number) {
    this.#values = new Float64Array(columns);
    this.#parabolas = new Int32Array(columns);
    this.#starts = new Float64Array(columns);
  }

  /** Lowers the squared distances of the row that begins at `start` to what the voxels before each one allow, where that is at most 1. */
  spreadAlongRow(plane: Float32Array, start: number, { step, centres, faces }: Side): void {
    const columns = centres.length;
    const values = this.#values;
    const parabolas = this.#parabolas;
    const starts = this.#starts;
    let lowest = 0;
    let count = 0;
    for (let n = 0, column = step > 0 ? 0 : columns - 1; n < columns; n++, column += step) {
      const value = plane[start + column];
      values[column] = value;
      if (lowest < count && value > 0) {
        const centre = centres[column];
        while (lowest + 1 < count && starts[lowest + 1] <= centre) lowest++;
        const distance = centre - faces[parabolas[lowest]];
        const squared = values[parabolas[lowest]] + distance * distance;
        if (squared <= 1 && squared < value) plane[start + column] = squared;
      }
      // Where the next voxel is no farther than this one, its own parabola is lower for all that follow.
      if (value > 1 || n + 1 === columns || plane[start + column + step] <= value) continue;
      const face = faces[column];
      let begin = -Infinity;
      for (; count > lowest; count--) {
        const before = faces[parabolas[count - 1]];
        begin = (value - values[parabolas[count - 1]] + (face - before) * (face + before)) / (2 * (face - before));
        if (begin > starts[count - 1]) break;
        begin = -Infinity;
      }
      parabolas[count] = column;
      starts[count++] = begin;
    }
  }
}

/** Only whether the margin is reached matters along the last axis, not how far away a voxel is: how far each column of voxels has reached. */
function spreadAlongSlices(voxels: Uint8Array, distances: Float32Array, area: number, { step, centres, faces }: Side): void {
  const reached = new Float64Array(area).fill(-Infinity);
  const slices = centres.length;
  for (let n = 0; n < slices; n++) {
    const slice = step > 0 ? n : slices - 1 - n;
    const centre = centres[slice];
    const face = faces[slice];
    for (let pixel = 0, at = slice * area; pixel < area; pixel++, at++) {
      const squared = distances[at];
      if (squared <= 1) {
        const reach = face + (squared === 0 ? 1 : Math.sqrt(1 - squared));
        if (reach > reached[pixel]) reached[pixel] = reach;
      } else if (reached[pixel] >= centre) {
        voxels[at] = 1;
      }
    }
  }
}
