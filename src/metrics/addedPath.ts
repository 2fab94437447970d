import type { Mask, VolumeGeometry } from '../geometry/index.ts';
import { requireSameGrid } from './sameGrid.ts';

/** Length in mm of the contour of one slice of the reference, and of the part of it that the test lacks. */
export interface SlicePath {
  slice: number;
  referenceMm: number;
  addedMm: number;
}

/** Pieces of the contour of one slice: each lies in the middle of four neighbouring voxel centres, the cell (x, y) that spans i = x−1…x, j = y−1…y. */
interface Contour {
  x: number[];
  y: number[];
  lengthsMm: number[];
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
  const paths: SlicePath[] = [];
  for (let slice = box.min[2]; slice < box.min[2] + box.size[2]; slice++) {
    const contour = contourOf(reference, slice, lengthsMm);
    if (contour.x.length === 0) continue;
    const drawn = cellsOf(test, slice, lengthsMm);
    let [referenceMm, addedMm] = [0, 0];
    for (let n = 0; n < contour.x.length; n++) {
      referenceMm += contour.lengthsMm[n];
      if (!near.some(([dx, dy]) => drawn(contour.x[n] + dx, contour.y[n] + dy))) addedMm += contour.lengthsMm[n];
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

function contourOf(mask: Mask, slice: number, lengthsByCode: Float64Array): Contour {
  const contour: Contour = { x: [], y: [], lengthsMm: [] };
  forEachPiece(mask, slice, lengthsByCode, (x, y, lengthMm) => {
    contour.x.push(x);
    contour.y.push(y);
    contour.lengthsMm.push(lengthMm);
  });
  return contour;
}

/** Whether the contour of a slice passes through a cell. */
function cellsOf(mask: Mask, slice: number, lengthsByCode: Float64Array): (x: number, y: number) => boolean {
  const { min, size } = mask.box;
  const [width, height] = [size[0] + 1, size[1] + 1];
  const cells = new Uint8Array(width * height);
  forEachPiece(mask, slice, lengthsByCode, (x, y) => { cells[(y - min[1]) * width + x - min[0]] = 1; });
  return (x, y) => x >= min[0] && x < min[0] + width && y >= min[1] && y < min[1] + height && cells[(y - min[1]) * width + x - min[0]] === 1;
}

function forEachPiece(mask: Mask, slice: number, lengthsByCode: Float64Array, visit: (x: number, y: number, lengthMm: number) => void): void {
  const { min, size: [columns, rows] } = mask.box;
  const voxels = mask.slice(slice);
  if (!voxels?.includes(1)) return;
  for (let y = 0; y <= rows; y++) {
    const [above, below] = [(y - 1) * columns, y * columns];
    let low = 0;
    for (let x = 0; x <= columns; x++) {
      const inside = x < columns;
      const high = (inside && y > 0 ? voxels[above + x] : 0) | (inside && y < rows ? voxels[below + x] << 2 : 0);
      const lengthMm = lengthsByCode[low | (high << 1)];
      if (lengthMm > 0) visit(min[0] + x, min[1] + y, lengthMm);
      low = high;
    }
  }
}
