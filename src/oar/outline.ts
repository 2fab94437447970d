import { Mask, type VolumeGeometry, type VoxelBox } from '../geometry/index.ts';
import { findPieces, type Pieces } from './runs.ts';

/** A slice of a mask, as it changes. */
export interface Outline {
  geometry: VolumeGeometry;
  /** The box of the slice, one slice high. */
  box: VoxelBox;
  /** 1 where it belongs, row by row. A pixel's place is its index here. */
  pixels: Uint8Array;
  /** HU of a place. */
  huAt: (place: number) => number;
}

/** Whether pixel (x, y) of a box belongs. */
type Reader = (x: number, y: number) => boolean;

/** Reads pixels of the box of an outline; beyond the image, where nothing is known, all belongs. */
function reader({ geometry: { size: [columns, rows] }, box: { min, size }, pixels }: Outline): Reader {
  const [width, height] = size;
  return (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? pixels[y * width + x] === 1 : x + min[0] < 0 || y + min[1] < 0 || x + min[0] >= columns || y + min[1] >= rows);
}

/** Tells of pixels whether those so far to the left, right, front and back of them, in mm, all belong. */
export function deeperThan(outline: Outline, mm: number): Reader {
  const holds = reader(outline);
  const { columnSpacingMm, rowSpacingMm } = outline.geometry;
  const [byX, byY] = [Math.ceil(mm / columnSpacingMm), Math.ceil(mm / rowSpacingMm)];
  return (x, y) => isSurrounded(holds, x, y, byX, byY);
}

function isSurrounded(holds: Reader, x: number, y: number, byX: number, byY: number): boolean {
  return holds(x - byX, y) && holds(x + byX, y) && holds(x, y - byY) && holds(x, y + byY);
}

/** The places that belong and whose HU is as wanted. */
export function placesWhere({ pixels, huAt }: Outline, wanted: (hu: number) => boolean): number[] {
  const places: number[] = [];
  for (let place = 0; place < pixels.length; place++) if (pixels[place] === 1 && wanted(huAt(place))) places.push(place);
  return places;
}

/**
 * Takes given places off the outline: each that touches what does not belong, and then the next.
 * @param passes how many pixels deep
 */
export function peel(outline: Outline, places: readonly number[], passes: number): void {
  const { pixels, box } = outline;
  const holds = reader(outline);
  for (let pass = 0; pass < passes; pass++) {
    const open = places.filter((at) => pixels[at] === 1 && !isSurrounded(holds, at % box.size[0], Math.floor(at / box.size[0]), 1, 1));
    if (open.length === 0) return;
    for (const at of open) pixels[at] = 0;
  }
}

/** The pieces of pixels of the box of an outline, joined across edges of pixels. */
export function piecesOf({ geometry, box }: Outline, pixels: Uint8Array): Pieces {
  return findPieces(new Mask(geometry, box, pixels), 1, 4);
}
