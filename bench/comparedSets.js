import { Mask, Volume, VolumeGeometry } from '../dist/geometry/index.js';
import { uidFrom } from '../dist/dicom/index.js';
import { bundledPhantoms, readPhantom } from '../dist/phantom/index.js';
import { referenceTo, traceSmoothContours, writeStructureSet } from '../dist/rtstruct/index.js';

/** Pixels are not square and slices lie at uneven distances, which repeat. */
const [COLUMN_MM, ROW_MM] = [0.9765625, 0.93];
const GAPS_MM = [2.5, 1.5, 2, 2];

/** How far a point of the second set may lie from the first, along each axis: a smooth field, as between two observers. */
const APART_MM = 4;
const WAVE_MM = 70;

/**
 * The structures of a bundled phantom, twice: as they are, and as another observer might have drawn them, on 512×512 pixels and the given
 * number of slices, over which its height is stretched.
 * @param count of the largest structures
 * @returns a CT of air that has this geometry, and the structures as `[name, mask, the other observer's mask]`
 */
export async function comparedSets(slices, count) {
  const { ct, structures } = await readPhantom((await bundledPhantoms())[0].folder);
  const { geometry: own } = ct.volume;
  const sliceOffsetsMm = [0];
  for (let k = 1; k < slices; k++) sliceOffsetsMm.push(sliceOffsetsMm[k - 1] + GAPS_MM[k % GAPS_MM.length]);
  const geometry = new VolumeGeometry({
    size: [512, 512, slices], columnSpacingMm: COLUMN_MM, rowSpacingMm: ROW_MM, rowDirection: own.rowDirection, columnDirection: own.columnDirection,
    originMm: [-250, -238, 0], sliceOffsetsMm, frameOfReferenceUid: uidFrom('bench', 'compared', slices),
  });
  const seriesInstanceUid = uidFrom('bench', 'compared series', slices);
  const images = sliceOffsetsMm.map((_, k) => ({ sopInstanceUid: uidFrom(seriesInstanceUid, k), imagePositionMm: geometry.toPatient([0, 0, k]) }));
  const largest = structures.filter(({ mask }) => !mask.isEmpty).sort((a, b) => b.mask.volumeCc - a.mask.volumeCc).slice(0, count);
  return {
    ct: { ...ct, volume: new Volume(geometry, new Int16Array(geometry.voxelCount).fill(-1000)), seriesInstanceUid, slices: images },
    structures: largest.map(({ name, mask }, n) => [name, resampled(mask, geometry, () => 0), resampled(mask, geometry, (x, y, z) => APART_MM * Math.sin((x + 2 * y + 3 * z) / WAVE_MM + n))]),
  };
}

/** Nearest voxel of the phantom, of whose coarser voxels the outlines keep the steps: rougher than any observer draws, so that no time is flattered. */
function resampled(mask, geometry, apartMm) {
  const { geometry: own, box } = mask;
  const ownMm = [own.columnSpacingMm, own.rowSpacingMm];
  const pixelMm = [geometry.columnSpacingMm, geometry.rowSpacingMm];
  const sliceMm = geometry.sliceOffsetsMm.at(-1) / (own.size[2] - 1);
  // Only where it can be: the image is far larger than most structures.
  const inPlane = [0, 1].map((axis) => {
    const place = (index, senseMm) => ((index - (own.size[axis] - 1) / 2) * ownMm[axis] + senseMm) / pixelMm[axis] + (geometry.size[axis] - 1) / 2;
    return [Math.max(Math.floor(place(box.min[axis] - 1, -APART_MM)), 0), Math.min(Math.ceil(place(box.min[axis] + box.size[axis], APART_MM)), geometry.size[axis] - 1)];
  });
  const [[left, right], [top, bottom]] = inPlane;
  const size = [right - left + 1, bottom - top + 1, geometry.size[2]];
  const voxels = new Uint8Array(size[0] * size[1] * size[2]);
  for (let k = 0, at = 0; k < size[2]; k++) {
    const z = geometry.sliceOffsetsMm[k];
    for (let j = top; j <= bottom; j++) {
      const y = (j - (geometry.size[1] - 1) / 2) * pixelMm[1];
      for (let i = left; i <= right; i++, at++) {
        const x = (i - (geometry.size[0] - 1) / 2) * pixelMm[0];
        const column = Math.round((x + apartMm(x, y, z)) / ownMm[0] + (own.size[0] - 1) / 2);
        const row = Math.round((y + apartMm(y, z, x)) / ownMm[1] + (own.size[1] - 1) / 2);
        if (mask.has(column, row, Math.round((z + apartMm(z, x, y)) / sliceMm))) voxels[at] = 1;
      }
    }
  }
  return new Mask(geometry, { min: [left, top, 0], size }, voxels).cropped();
}

/** A structure set of the masks, with contours as Rondo delivers them. */
export async function structureSetFile(label, structures, ct) {
  return await writeStructureSet({
    sopInstanceUid: uidFrom('bench', label), seriesInstanceUid: uidFrom('bench series', label), label, date: '20200101', time: '120000', approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'bench', softwareVersions: ['1'] }, reference: referenceTo(ct),
    structures: structures.map(([name, mask], index) => ({ number: index + 1, name, type: 'ORGAN', algorithm: '', contours: traceSmoothContours({ mask }) })),
  }, ct);
}
