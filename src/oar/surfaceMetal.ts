import { deeperThan, peel, piecesOf, placesWhere, type Outline } from './outline.ts';

/** Brighter than skin, fat and muscle with noise; wires of 1 mm reach 200–1,200 HU on pixels of a planning CT. */
const METAL_ABOVE_HU = 200;

/** Three quarters of a wire or bead and its halo are within this of the outline, in mm along rows or columns; of a bone nearly all lies deeper. */
const DEPTH_MM = 5;
const DEEP_SHARE = 0.25;

/** What no pixel of comes nearer to the outline, in mm, lies in the body: a vein with contrast, the rim of a clavicle. */
const TOUCHES_MM = 2;

/** How far the halo of metal reaches towards the air, in mm. */
const HALO_MM = 1.2;

/**
 * Takes wires and markers that lie on the skin, and the bright parts of a couch, off an outline: bright pieces along it, with the pixels of their halo towards the air.
 * A network takes them for skin, and what keeps a distance from the skin would measure it from there. A staple in the skin leaves a notch of its own size.
 */
export function takeMetal(outline: Outline): void {
  const { pixels, geometry } = outline;
  const metal = brightAlong(outline);
  const haloSteps = Math.ceil(HALO_MM / Math.min(geometry.columnSpacingMm, geometry.rowSpacingMm));
  peel(outline, haloOf(metal, outline.box.size[0], pixels.length, haloSteps), haloSteps);
  for (const place of metal) pixels[place] = 0;
}

/** The places of bright pieces that lie along the outline and somewhere at it. */
function brightAlong(outline: Outline): number[] {
  const bright = new Uint8Array(outline.pixels.length);
  for (const place of placesWhere(outline, (hu) => hu > METAL_ABOVE_HU)) bright[place] = 1;
  const [isDeep, isInside] = [deeperThan(outline, DEPTH_MM), deeperThan(outline, TOUCHES_MM)];
  const pieces = piecesOf(outline, bright);
  const places: number[][] = Array.from({ length: pieces.pieceCount }, () => []);
  const [deep, touching] = [new Int32Array(pieces.pieceCount), new Int32Array(pieces.pieceCount)];
  for (let n = 0; n < pieces.count; n++) {
    const [piece, y] = [pieces.piece[n], pieces.row[n]];
    for (let x = pieces.start[n]; x < pieces.end[n]; x++) {
      places[piece].push(y * outline.box.size[0] + x);
      deep[piece] += Number(isDeep(x, y));
      touching[piece] += Number(!isInside(x, y));
    }
  }
  return places.filter((own, piece) => touching[piece] > 0 && deep[piece] <= DEEP_SHARE * own.length).flat();
}

/** The places within so many steps of the given ones along rows and columns, without these. */
function haloOf(metal: readonly number[], width: number, count: number, steps: number): number[] {
  const seen = new Set(metal);
  let front = [...metal];
  for (let step = 0; step < steps; step++) {
    const beside = front.flatMap((at) => [...(at % width > 0 ? [at - 1] : []), ...(at % width < width - 1 ? [at + 1] : []), at - width, at + width]);
    front = [...new Set(beside)].filter((at) => at >= 0 && at < count && !seen.has(at));
    for (const at of front) seen.add(at);
  }
  return [...seen].slice(metal.length);
}
