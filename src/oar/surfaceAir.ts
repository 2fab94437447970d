import { Mask, type Vector3, type Volume } from '../geometry/index.ts';
import { findPieces, paintPieces } from './runs.ts';

/** Half way between air and water: where the skin fills half of a pixel. */
const AIR_BELOW_HU = -500;

/** How deep air is looked for, in mm: a voxel of the models. What lies deeper under the skin is lung or bowel, or a wound. */
const DEPTH_MM = 3;

/** What is cut off and reaches no deeper than this under the outline as it was, in mm, is what air held to the body: a sheet of couch, a sleeve. */
const RIM_MM = 6;

/**
 * A mask without the air at its outline: a pixel of air leaves it that touches, within its slice, what does not belong to it, and
 * then the next, up to 3 mm deep; and with it what it alone held to the body. A network that sees voxels of 3 mm closes narrow
 * folds and rounds what the CT shows sharply; what keeps a distance from the skin must not measure it from there. Where the image
 * ends there is no outline.
 * @param image CT in HU on the grid of the mask
 */
export function withoutSurfaceAir(mask: Mask, image: Volume<Int16Array>): Mask {
  const voxels = mask.voxels.slice();
  const [width, height, slices] = mask.box.size;
  for (let z = 0; z < slices; z++) {
    const plane = voxels.subarray(z * width * height, (z + 1) * width * height);
    if (peel(plane, z, mask, image)) dropWhatIsCutOff(plane, z, mask);
  }
  return new Mask(mask.geometry, mask.box, voxels).cropped();
}

/** Takes air off the outline of a slice of the box; tells whether there was any. */
function peel(plane: Uint8Array, z: number, { geometry, box }: Mask, image: Volume<Int16Array>): boolean {
  const [columns, rows] = geometry.size;
  const [width, height] = box.size;
  const air: number[] = [];
  for (let y = 0; y < height; y++) {
    const line = ((z + box.min[2]) * rows + y + box.min[1]) * columns + box.min[0];
    for (let x = 0; x < width; x++) if (plane[y * width + x] === 1 && image.voxels[line + x] < AIR_BELOW_HU) air.push(y * width + x);
  }
  const holds = reader(plane, geometry.size, box);
  const passes = Math.max(1, Math.floor(DEPTH_MM / Math.min(geometry.columnSpacingMm, geometry.rowSpacingMm)));
  for (let pass = 0; pass < passes; pass++) {
    const open = air.filter((at) => plane[at] === 1 && !besides(at % width, Math.floor(at / width), 1, 1).every(([x, y]) => holds(x, y)));
    if (open.length === 0) return pass > 0;
    for (const at of open) plane[at] = 0;
  }
  return true;
}

/** Drops pieces of a peeled slice that hung together with deeper ones before, and reach nowhere deep themselves. */
function dropWhatIsCutOff(plane: Uint8Array, z: number, mask: Mask): void {
  const { geometry, box } = mask;
  const [width, height] = box.size;
  const before = mask.voxels.subarray(z * plane.length, (z + 1) * plane.length);
  const piecesOf = (voxels: Uint8Array) => findPieces(new Mask(geometry, { min: [box.min[0], box.min[1], box.min[2] + z], size: [width, height, 1] }, voxels), 1, 4);
  const [whole, parts] = [piecesOf(before), piecesOf(plane)];
  if (parts.pieceCount <= 1) return;

  const wholeAt = new Int32Array(plane.length).fill(-1);
  for (let n = 0; n < whole.count; n++) wholeAt.fill(whole.piece[n], whole.row[n] * width + whole.start[n], whole.row[n] * width + whole.end[n]);
  const held = reader(before, geometry.size, box);
  const [reachX, reachY] = [geometry.columnSpacingMm, geometry.rowSpacingMm].map((spacing) => Math.ceil(RIM_MM / spacing));
  const deep = new Uint8Array(parts.pieceCount);
  const parent = new Int32Array(parts.pieceCount);
  for (let n = 0; n < parts.count; n++) {
    const [piece, y] = [parts.piece[n], parts.row[n]];
    parent[piece] = wholeAt[y * width + parts.start[n]];
    for (let x = parts.start[n]; x < parts.end[n] && deep[piece] === 0; x++) deep[piece] = besides(x, y, reachX, reachY).every(([i, j]) => held(i, j)) ? 1 : 0;
  }
  const hasDeep = new Set(Array.from(parent).filter((_, piece) => deep[piece] === 1));
  paintPieces(parts, (piece) => deep[piece] === 0 && hasDeep.has(parent[piece]), plane, 0);
}

/** Whether pixel (x, y) of a slice of the box belongs; beyond the image, where nothing is known, it does. */
function reader(plane: Uint8Array, [columns, rows]: Vector3, { min, size }: Mask['box']): (x: number, y: number) => boolean {
  const [width, height] = size;
  return (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? plane[y * width + x] === 1 : x + min[0] < 0 || y + min[1] < 0 || x + min[0] >= columns || y + min[1] >= rows);
}

/** The pixels so far to the left, right, front and back of another. */
function besides(x: number, y: number, byX: number, byY: number): (readonly [number, number])[] {
  return [[x - byX, y], [x + byX, y], [x, y - byY], [x, y + byY]];
}
