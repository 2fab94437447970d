import { readPhantom, bundledPhantoms } from '../dist/phantom/index.js';
import { writeCtSeries } from '../dist/ct/index.js';
import { Volume, VolumeGeometry } from '../dist/geometry/index.js';

/** A bundled phantom stretched to 512×512 pixels and the given number of slices (nearest voxel; for timing, not for looking at), as a CT series. */
export async function writeLargeCt(folder, slices) {
  const { ct } = await readPhantom((await bundledPhantoms())[0].folder);
  const { geometry, voxels } = ct.volume;
  const [columns, rows, depth] = geometry.size;
  const offsets = Array.from({ length: slices }, (_, k) => (k * geometry.sliceOffsetsMm[depth - 1]) / (slices - 1));
  const large = new VolumeGeometry({
    size: [512, 512, slices],
    columnSpacingMm: (geometry.columnSpacingMm * columns) / 512,
    rowSpacingMm: (geometry.rowSpacingMm * rows) / 512,
    rowDirection: geometry.rowDirection,
    columnDirection: geometry.columnDirection,
    originMm: geometry.originMm,
    sliceOffsetsMm: offsets,
    frameOfReferenceUid: geometry.frameOfReferenceUid,
  });
  const stretched = new Int16Array(large.voxelCount);
  for (let k = 0, index = 0; k < slices; k++) {
    const z = Math.floor((k * depth) / slices);
    for (let j = 0; j < 512; j++) {
      const row = (z * rows + Math.floor((j * rows) / 512)) * columns;
      for (let i = 0; i < 512; i++, index++) stretched[index] = voxels[row + Math.floor((i * columns) / 512)];
    }
  }
  await writeCtSeries({ ...ct, volume: new Volume(large, stretched), slices: undefined }, folder);
}
