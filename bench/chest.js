import { CT_IMAGE_STORAGE, uidFrom } from '../dist/dicom/index.js';
import { Mask, Volume, VolumeGeometry } from '../dist/geometry/index.js';

/** Millimetres from the lowest slice to the highest: a scan with more slices has thinner ones, so outlines stay alike. */
const HEIGHT_MM = 400;

/** A CT of 512×512 pixels and the given number of slices. Its voxels are all 0: outlines come from the masks alone. */
export function chestCt(slices) {
  const seriesInstanceUid = uidFrom('bench', 'chest', slices);
  const geometry = new VolumeGeometry({
    size: [512, 512, slices],
    columnSpacingMm: 0.9765625,
    rowSpacingMm: 0.9765625,
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    originMm: [-249.51171875, -249.51171875, -200],
    sliceOffsetsMm: Array.from({ length: slices }, (_, k) => (k * HEIGHT_MM) / (slices - 1)),
    frameOfReferenceUid: uidFrom('bench', 'frame of reference', slices),
  });
  return {
    volume: new Volume(geometry, new Int16Array(geometry.voxelCount)),
    slices: Array.from({ length: slices }, (_, k) => ({ sopInstanceUid: uidFrom(seriesInstanceUid, k), imagePositionMm: geometry.toPatient([0, 0, k]) })),
    seriesInstanceUid,
    sopClassUid: CT_IMAGE_STORAGE,
    patientPosition: 'HFS',
    attributes: {
      PatientName: 'BENCH^CHEST', PatientID: 'BENCH', PatientBirthDate: '', PatientSex: 'F', StudyInstanceUID: uidFrom('bench', 'study', slices), StudyDate: '20200101', StudyTime: '120000',
      StudyID: '1', StudyDescription: '', AccessionNumber: '', ReferringPhysicianName: '', PositionReferenceIndicator: '', SpecificCharacterSet: [],
    },
    skipped: [],
  };
}

/**
 * The structures of the chest by name: for a height z, from 0 at the lowest slice to 1 at the highest, a function that says whether
 * a point belongs, x from the right to the left and y from front to back in millimetres from the middle of the image.
 */
const STRUCTURES = {
  /** A trunk with two breasts, and the upper arms beside it, which are raised away towards the head. */
  Body: (z) => {
    const trunk = wavy(168 + 8 * Math.sin(7 * z), 108 + 6 * Math.cos(5 * z), 0.012, z);
    const breast = 20 + 34 * Math.exp(-(((z - 0.45) / 0.2) ** 2));
    const arm = 175 + 38 * z;
    return (x, y) => trunk(x, y - 20) || isInEllipse(Math.abs(x) - 78, y + 75, 52, breast) || (z < 0.8 && isInEllipse(Math.abs(x) - arm, y - 35, 34, 40));
  },
  Heart: heart,
  Lung_L: (z) => without(lung(z), heart(z)),
  Lung_R: (z) => {
    const mirrored = lung(z);
    return without((x, y) => mirrored(-x, y), heart(z));
  },
};

function heart(z) {
  const size = Math.sqrt(Math.max(1 - ((z - 0.4) / 0.18) ** 2, 0));
  const outline = wavy(62 * size, 52 * size, 0.04, 3 * z);
  return (x, y) => outline(x - 44 + 40 * z, y + 8);
}

/** An oval with its larger vessels left out. */
function lung(z) {
  const size = Math.sqrt(Math.max(1 - ((z - 0.5) / 0.42) ** 2, 0));
  const outline = wavy(60 * size, 82 * size, 0.03, 2 * z);
  const vessels = Array.from({ length: 6 }, (_, vessel) => {
    const away = 12 + 9 * vessel + 20 * z;
    const angle = 1.1 * vessel + 2 * z;
    return { x: 70 + away * 0.5 * Math.cos(angle), y: 15 + away * Math.sin(angle), radius: 3.2 - 0.3 * vessel };
  });
  return (x, y) => outline(x - 82, y - 18) && !vessels.some((vessel) => isInEllipse(x - vessel.x, y - vessel.y, vessel.radius, 2.6));
}

function without(one, other) {
  return (x, y) => one(x, y) && !other(x, y);
}

function isInEllipse(x, y, radiusX, radiusY) {
  return (x / radiusX) ** 2 + (y / radiusY) ** 2 < 1;
}

/** An ellipse whose outline rises and falls, as that of a patient does, by a part of its radius. */
function wavy(radiusX, radiusY, part, phase) {
  const [surelyInside, surelyOutside] = [(1 - 3 * part) ** 2, (1 + 3 * part) ** 2];
  return (x, y) => {
    const squared = (x / radiusX) ** 2 + (y / radiusY) ** 2;
    if (squared < surelyInside) return true;
    if (!(squared < surelyOutside)) return false;
    const angle = Math.atan2(y, x);
    return Math.sqrt(squared) < 1 + part * (Math.sin(3 * angle + 5 * phase) + Math.sin(7 * angle - 3 * phase) + Math.sin(17 * angle + 2 * phase));
  };
}

/** Masks of Body, Heart, Lung_L and Lung_R on a chest CT. */
export function chestMasks(geometry) {
  const [columns, rows, slices] = geometry.size;
  return new Map(Object.entries(STRUCTURES).map(([name, shape]) => {
    const voxels = new Uint8Array(geometry.voxelCount);
    for (let k = 0, at = 0; k < slices; k++) {
      const belongs = shape(k / (slices - 1));
      for (let j = 0; j < rows; j++) {
        const y = (j - (rows - 1) / 2) * geometry.rowSpacingMm;
        for (let i = 0; i < columns; i++, at++) if (belongs((i - (columns - 1) / 2) * geometry.columnSpacingMm, y)) voxels[at] = 1;
      }
    }
    return [name, new Mask(geometry, { min: [0, 0, 0], size: geometry.size }, voxels).cropped()];
  }));
}
