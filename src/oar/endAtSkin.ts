import { Mask, type Volume } from '../geometry/index.ts';
import { deeperThan, piecesOf, type Outline } from './outline.ts';
import { paintPieces } from './runs.ts';
import { takeAir } from './surfaceAir.ts';
import { takeMetal } from './surfaceMetal.ts';

/** What is cut off and reaches no deeper than this under the outline as it was, in mm, is what air or metal held to the body: a sheet of couch, a sleeve. */
const RIM_MM = 6;

/**
 * A mask without what lies on the skin, slice by slice: the air at its outline, wires and markers, and what only these held to the body. Where the image ends
 * there is no outline.
 * @param image CT in HU on the grid of the mask
 */
export function endAtSkin(mask: Mask, { voxels: hu }: Volume<Int16Array>): Mask {
  const { geometry, box: { min, size } } = mask;
  const voxels = mask.voxels.slice();
  const [columns, rows] = geometry.size;
  const [width, height, slices] = size;
  for (let z = 0; z < slices; z++) {
    const first = ((z + min[2]) * rows + min[1]) * columns + min[0];
    const outline: Outline = {
      geometry,
      box: { min: [min[0], min[1], min[2] + z], size: [width, height, 1] },
      pixels: voxels.subarray(z * width * height, (z + 1) * width * height),
      huAt: (place) => hu[first + Math.floor(place / width) * columns + (place % width)],
    };
    const before = outline.pixels.slice();
    takeAir(outline);
    takeMetal(outline);
    dropWhatIsCutOff(outline, before);
  }
  return new Mask(geometry, mask.box, voxels).cropped();
}

/** Drops pieces that hung together with deeper ones before, and reach nowhere deep themselves. */
function dropWhatIsCutOff(outline: Outline, before: Uint8Array): void {
  const { pixels, box: { size: [width] } } = outline;
  const parts = piecesOf(outline, pixels);
  if (parts.pieceCount <= 1) return;

  const whole = piecesOf(outline, before);
  const wholeAt = new Int32Array(pixels.length).fill(-1);
  for (let n = 0; n < whole.count; n++) wholeAt.fill(whole.piece[n], whole.row[n] * width + whole.start[n], whole.row[n] * width + whole.end[n]);
  const isDeep = deeperThan({ ...outline, pixels: before }, RIM_MM);
  const deep = new Uint8Array(parts.pieceCount);
  const parent = new Int32Array(parts.pieceCount);
  for (let n = 0; n < parts.count; n++) {
    const [piece, y] = [parts.piece[n], parts.row[n]];
    parent[piece] = wholeAt[y * width + parts.start[n]];
    for (let x = parts.start[n]; x < parts.end[n] && deep[piece] === 0; x++) deep[piece] = Number(isDeep(x, y));
  }
  const hasDeep = new Set(Array.from(parent).filter((_, piece) => deep[piece] === 1));
  paintPieces(parts, (piece) => deep[piece] === 0 && hasDeep.has(parent[piece]), pixels, 0);
}
