import { readPhantom, bundledPhantoms } from '../dist/phantom/index.js';
import { writeCtSeries } from '../dist/ct/index.js';
import { Volume, VolumeGeometry } from '../dist/geometry/index.js';

/** As a planning scanner delivers a chest: air round the patient counts, because an engine may compute it. */
const FIELD_MM = 500;
const PIXELS = 512;
/** 180 slices of it show the bundled phantom once. */
const SLICE_MM = 1.8;
const AIR_HU = -1000;

/**
 * A bundled phantom on 512×512 pixels of a 500 mm field and slices 1.8 mm apart (nearest voxel; for timing, not for looking at). More
 * slices than it has go on with its mirror image, so that the body grows with their number.
 */
export async function largeCt(slices) {
  const { ct } = await readPhantom((await bundledPhantoms())[0].folder);
  const { geometry, voxels } = ct.volume;
  const [columns, rows, depth] = geometry.size;
  const pixelMm = FIELD_MM / PIXELS;
  const large = new VolumeGeometry({
    size: [PIXELS, PIXELS, slices],
    columnSpacingMm: pixelMm,
    rowSpacingMm: pixelMm,
    rowDirection: geometry.rowDirection,
    columnDirection: geometry.columnDirection,
    originMm: geometry.originMm,
    sliceOffsetsMm: Array.from({ length: slices }, (_, k) => k * SLICE_MM),
    frameOfReferenceUid: geometry.frameOfReferenceUid,
  });
  const sliceMm = geometry.sliceOffsetsMm[depth - 1] / (depth - 1);
  const nearest = (pixel, count, spacingMm) => Math.round((count - 1) / 2 + ((pixel - (PIXELS - 1) / 2) * pixelMm) / spacingMm);
  const columnOf = Array.from({ length: PIXELS }, (_, i) => nearest(i, columns, geometry.columnSpacingMm));
  const filled = new Int16Array(large.voxelCount).fill(AIR_HU);
  for (let k = 0; k < slices; k++) {
    const turned = Math.round((k * SLICE_MM) / sliceMm) % (2 * depth);
    const z = Math.min(turned, 2 * depth - 1 - turned);
    for (let j = 0; j < PIXELS; j++) {
      const y = nearest(j, rows, geometry.rowSpacingMm);
      if (y < 0 || y >= rows) continue;
      for (let i = 0; i < PIXELS; i++) {
        const x = columnOf[i];
        if (x >= 0 && x < columns) filled[(k * PIXELS + j) * PIXELS + i] = voxels[(z * rows + y) * columns + x];
      }
    }
  }
  return { ...ct, volume: new Volume(large, filled) };
}

/** The same as a CT series in a folder. */
export async function writeLargeCt(folder, slices) {
  await writeCtSeries({ ...(await largeCt(slices)), slices: undefined }, folder);
}
