import { Mask, type Volume } from '../geometry/index.ts';

/** Share of the pixels just inside the circle that differ from the padding somewhere: noise does everywhere, the outline of a couch in clipped air does not. */
const FULL_RIM = 0.9;

/** A structure that comes so near to the circle goes on beyond it; models and clean-up take off a millimetre or two. */
const NEAR_MM = 3;
const NEAR_PIXELS = 2;

/** Fewer voxels near the circle than these are a tip that touches it. */
const LEAST_VOXELS = 5;

/**
 * Radius in mm, round the middle of the image, of the circle that a CT was reconstructed in: beyond it every slice holds
 * the same padding. undefined where the whole matrix was imaged.
 */
export function fieldOfViewMm({ geometry, voxels }: Volume<Int16Array>): number | undefined {
  const [columns, rows, slices] = geometry.size;
  const area = columns * rows;
  const padding = voxels[0];
  const imaged = new Uint8Array(area);
  for (let k = 0; k < slices; k++) for (let pixel = 0; pixel < area; pixel++) if (voxels[k * area + pixel] !== padding) imaged[pixel] = 1;

  const distances = Float64Array.from({ length: area }, (_, pixel) => fromMiddleMm(geometry, pixel % columns, Math.floor(pixel / columns)));
  const pixelMm = Math.max(geometry.columnSpacingMm, geometry.rowSpacingMm);
  const farthestMm = distances.reduce((most, distance, pixel) => (imaged[pixel] === 1 && distance > most ? distance : most), 0);
  if (farthestMm > distances[0] - 2 * pixelMm) return undefined;
  let [rim, full] = [0, 0];
  distances.forEach((distance, pixel) => {
    if (distance > farthestMm - pixelMm || distance < farthestMm - 2 * pixelMm) return;
    rim++;
    full += imaged[pixel];
  });
  if (full >= FULL_RIM * rim) return farthestMm;
  // Air that was clipped to the padding hides the circle; it is then the largest that the matrix holds, if any.
  const inscribedMm = Math.min(columns * geometry.columnSpacingMm, rows * geometry.rowSpacingMm) / 2;
  return farthestMm <= inscribedMm + pixelMm ? inscribedMm : undefined;
}

/** Whether a mask reaches the circle of reconstruction, so that the structure may go on where nothing was imaged. */
export function reachesFieldOfView({ geometry, box, voxels }: Mask, radiusMm: number): boolean {
  const near = nearMm(geometry, radiusMm);
  const [width, height] = box.size;
  let count = 0;
  for (let index = 0; index < voxels.length && count < LEAST_VOXELS; index++) {
    if (voxels[index] === 1 && fromMiddleMm(geometry, box.min[0] + (index % width), box.min[1] + (Math.floor(index / width) % height)) > near) count++;
  }
  return count >= LEAST_VOXELS;
}

/**
 * A mask with all that its slices hold beyond the circle of reconstruction, and just inside it, where structures end
 * because the image does: what is left outside the mask was imaged and is not the structure.
 */
export function withUnimaged(mask: Mask, radiusMm: number): Mask {
  const { geometry, box } = mask;
  const near = nearMm(geometry, radiusMm);
  const [columns, rows] = geometry.size;
  const slices = box.size[2];
  const beyond = Uint8Array.from({ length: columns * rows }, (_, pixel) => (fromMiddleMm(geometry, pixel % columns, Math.floor(pixel / columns)) > near ? 1 : 0));
  const { voxels: all, box: whole } = mask.inBox({ min: [0, 0, box.min[2]], size: [columns, rows, slices] });
  for (let z = 0; z < slices; z++) {
    const plane = z * beyond.length;
    for (let pixel = 0; pixel < beyond.length; pixel++) all[plane + pixel] |= beyond[pixel];
  }
  return new Mask(geometry, whole, all);
}

function nearMm({ columnSpacingMm, rowSpacingMm }: Mask['geometry'], radiusMm: number): number {
  return radiusMm - Math.max(NEAR_MM, NEAR_PIXELS * Math.max(columnSpacingMm, rowSpacingMm));
}

function fromMiddleMm({ size, columnSpacingMm, rowSpacingMm }: Mask['geometry'], column: number, row: number): number {
  return Math.hypot((column - (size[0] - 1) / 2) * columnSpacingMm, (row - (size[1] - 1) / 2) * rowSpacingMm);
}
