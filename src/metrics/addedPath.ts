import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import { bitsOf } from './bitMask.ts';
import { requireSameGrid } from './sameGrid.ts';

/** Length in mm of the contour of one slice of the reference, and of the part of it that the test lacks. */
export interface SlicePath {
  slice: number;
  referenceMm: number;
  addedMm: number;
}

/** Pieces of the contour of one slice: each lies in the middle of four neighbouring voxel centres, the cell (x, y) that spans i = x−1…x, j = y−1…y, of which `codes` says who belongs. */
interface Contour {
  x: number[];
  y: number[];
  codes: number[];
}

/**
 * Added path length (Vaassen 2020, Phys Imaging Radiat Oncol 13:1–6): the length of the reference's contour that lies farther than the tolerance
 * from the test's contour in the same slice: what a corrector would have to draw. For each slice that holds the reference, in rising order.
 * Contours are marching squares between voxel centres, with their lengths, where the paper counts contour voxels.
 * @param toleranceMm 0, as in the paper, counts whatever does not coincide
 * @throws RondoError `frame-differs` or `grid-differs` when the masks do not lie on the same grid.
 */
export function addedPathOf(reference: Mask, test: Mask, toleranceMm: number): SlicePath[] {
  requireSameGrid(reference.geometry, test.geometry);
  const { geometry, box } = reference;
  const lengthsMm = lengthsByCode(geometry);
  const near = stepsWithin(toleranceMm, geometry);
  const drawn = new DrawnCells(test);
  const paths: SlicePath[] = [];
  for (let slice = box.min[2]; slice < box.min[2] + box.size[2]; slice++) {
    const { x, y, codes } = contourOf(reference, slice);
    if (codes.length === 0) continue;
    drawn.draw(slice);
    let [referenceMm, addedMm] = [0, 0];
    for (let n = 0; n < codes.length; n++) {
      const lengthMm = lengthsMm[codes[n]];
      referenceMm += lengthMm;
      if (!drawn.isNear(x[n], y[n], near)) addedMm += lengthMm;
    }
    paths.push({ slice, referenceMm, addedMm });
  }
  return paths;
}

/** Length of the contour inside a cell, for each of the 16 ways in which its four corners can belong (bit 2y + x). Source: DeepMind surface-distance 0.1, two dimensions. */
function lengthsByCode({ columnSpacingMm, rowSpacingMm }: VolumeGeometry): Float64Array {
  const cut = Math.hypot(columnSpacingMm, rowSpacingMm) / 2;
  const lengths = [0, cut, cut, columnSpacingMm, cut, rowSpacingMm, 2 * cut, cut];
  return Float64Array.from([...lengths, ...lengths.toReversed()]);
}

/** Steps between cells no longer than a distance, the shortest first: most pieces are near. */
function stepsWithin(distanceMm: number, { columnSpacingMm, rowSpacingMm }: VolumeGeometry): [number, number][] {
  const [columns, rows] = [Math.floor(distanceMm / columnSpacingMm), Math.floor(distanceMm / rowSpacingMm)];
  const steps: [number, number][] = [];
  for (let dy = -rows; dy <= rows; dy++) for (let dx = -columns; dx <= columns; dx++) steps.push([dx, dy]);
  const lengthMm = ([dx, dy]: [number, number]): number => Math.hypot(dx * columnSpacingMm, dy * rowSpacingMm);
  return steps.filter((step) => lengthMm(step) <= distanceMm).sort((a, b) => lengthMm(a) - lengthMm(b));
}

/** The cells through which the contour of a slice passes. */
class DrawnCells {
  readonly #mask: Mask;
  readonly #left: number;
  readonly #top: number;
  readonly #width: number;
  readonly #height: number;
  readonly #cells: Uint8Array;

  constructor(mask: Mask) {
    this.#mask = mask;
    [this.#left, this.#top] = mask.box.min;
    [this.#width, this.#height] = [mask.box.size[0] + 1, mask.box.size[1] + 1];
    this.#cells = new Uint8Array(this.#width * this.#height);
  }

  /** Takes the contour of another slice. */
  draw(slice: number): void {
    this.#cells.fill(0);
    const { x, y } = contourOf(this.#mask, slice);
    for (let n = 0; n < x.length; n++) this.#cells[(y[n] - this.#top) * this.#width + x[n] - this.#left] = 1;
  }

  /** Whether it passes through a cell that is one of the steps away. */
  isNear(x: number, y: number, steps: readonly (readonly [number, number])[]): boolean {
    for (const [dx, dy] of steps) {
      const [column, row] = [x + dx - this.#left, y + dy - this.#top];
      if (column >= 0 && column < this.#width && row >= 0 && row < this.#height && this.#cells[row * this.#width + column] === 1) return true;
    }
    return false;
  }
}

function contourOf(mask: Mask, slice: number): Contour {
  const contour: Contour = { x: [], y: [], codes: [] };
  const { min, size } = mask.box;
  const z = slice - min[2];
  if (z < 0 || z >= size[2]) return contour;
  const { words, stride, rows } = bitsOf(mask);
  for (let y = 0; y <= size[1]; y++) {
    let at = ((z + 1) * rows + y) * stride;
    let [lastUpper, lastLower] = [0, 0];
    for (let word = 0; word < stride; word++, at++) {
      const [upper, lower] = [words[at], words[at + stride]];
      const [leftUpper, leftLower] = [(upper << 1) | (lastUpper >>> 31), (lower << 1) | (lastLower >>> 31)];
      [lastUpper, lastLower] = [upper, lower];
      for (let cut = (upper | lower | leftUpper | leftLower) & ~(upper & lower & leftUpper & leftLower); cut !== 0; cut &= cut - 1) {
        const bit = 31 - Math.clz32(cut & -cut);
        contour.x.push(min[0] + word * 32 + bit - 1);
        contour.y.push(min[1] + y);
        contour.codes.push(((leftUpper >>> bit) & 1) | (((upper >>> bit) & 1) << 1) | (((leftLower >>> bit) & 1) << 2) | (((lower >>> bit) & 1) << 3));
      }
    }
  }
  return contour;
}
