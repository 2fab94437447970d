/**
 * A CT painted from the contours of a real structure set, contoured by Rondo and compared with them: real shapes, which no phantom
 * drew, in tissue that nobody scanned.
 *
 *   node bench/paintedCt.js <RT Structure Set> <folder to make> [options of rondo contour, such as --side L --surgery conserving]
 *
 * It takes the structures of ROLES by name. Body is fat under the skin and muscle below, fat between the lungs, round them a wall of muscle with ribs, behind them a spine; heart,
 * breast and tumour bed are filled with the HU of their tissue, all with texture and noise. The right lung and breast, which the structure set of ../shared/data/breast-rtstruct lacks,
 * are the left ones mirrored; muscles, vessels and the nodes' fat are not told apart. So the figures say how models carry over to real outlines, not how they do on patients.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cropFromSurface, intersection, subtraction, union, withMargin } from '../dist/algebra/index.js';
import { writeCtSeries } from '../dist/ct/index.js';
import { CT_IMAGE_STORAGE, uidFrom } from '../dist/dicom/index.js';
import { Mask, Volume, VolumeGeometry } from '../dist/geometry/index.js';
import { maskOfStructure, readStructureSet, referenceTo, traceContours, writeStructureSet } from '../dist/rtstruct/index.js';

/** What a clinic called a structure → what Rondo calls it. */
const ROLES = { BODY: 'External', Heart: 'Heart', 'Lt Lung': 'Lung_L', Breast: 'Breast_L', 'Tumor Bed': 'CTVp_Tumorbed_L' };
const HU = { air: -1000, skin: 10, fat: -100, muscle: 50, lung: -820, wall: 55, bone: 320, mediastinum: -85, heart: 45, breast: -95, gland: 30, bed: 12 };
const PIXEL_MM = 1.2;
const ROOM_MM = 40;
const NOISE_HU = 12;
const TEXTURE_HU = 14;
/** Ribs in the wall round the lungs: how far apart they are, how high, and how much lower they lie in front than behind, mm. */
const RIBS = { wallMm: 10, stepMm: 27, heightMm: 11, fallMm: 60, depthMm: 140 };

const run = promisify(execFile);
const [file, folder, ...options] = process.argv.slice(2);
const set = readStructureSet(await readFile(file), { file });
const drawn = new Map(Object.entries(ROLES).map(([theirs, ours]) => [ours, set.structures.find(({ name }) => name === theirs)]));
for (const [ours, structure] of drawn) if (structure === undefined) throw new Error(`${file} holds no structure for ${ours}`);

const geometry = gridOf(drawn.get('External'));
const masks = new Map([...drawn].map(([name, structure]) => [name, maskOfStructure(set, structure, geometry).mask]));
const ct = paint();
await mkdir(folder, { recursive: true });
await writeCtSeries(ct, path.join(folder, 'ct'));
await writeFile(path.join(folder, 'truth.dcm'), truth());
const rondo = (...args) => run(process.execPath, [path.join(import.meta.dirname, '../dist/cli/rondo.js'), ...args], { maxBuffer: 2 ** 26 });
const [ctFolder, truthFile, result] = ['ct', 'truth.dcm', 'contours.dcm'].map((name) => path.join(folder, name));
console.log((await rondo('contour', ctFolder, '--out', result, ...options)).stdout);
console.log((await rondo('compare', truthFile, result, '--ct', ctFolder)).stdout);

/** A grid round the contours of a structure, one slice for each of its planes. */
function gridOf({ contours }) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  const heights = new Set();
  for (const { points } of contours) {
    heights.add(Math.round(points[2] * 100) / 100);
    for (let at = 0; at < points.length; at++) {
      if (at % 3 === 2) continue;
      low[at % 3] = Math.min(low[at % 3], points[at]);
      high[at % 3] = Math.max(high[at % 3], points[at]);
    }
  }
  const levels = [...heights].sort((a, b) => a - b);
  return new VolumeGeometry({
    size: [...low.map((least, axis) => Math.ceil((high[axis] - least + 2 * ROOM_MM) / PIXEL_MM)), levels.length],
    columnSpacingMm: PIXEL_MM,
    rowSpacingMm: PIXEL_MM,
    rowDirection: [1, 0, 0],
    columnDirection: [0, 1, 0],
    originMm: [low[0] - ROOM_MM, low[1] - ROOM_MM, levels[0]],
    sliceOffsetsMm: levels.map((level) => level - levels[0]),
    frameOfReferenceUid: set.reference.frameOfReferenceUid,
  });
}

function paint() {
  const [body, heart, left, breast, bed] = ['External', 'Heart', 'Lung_L', 'Breast_L', 'CTVp_Tumorbed_L'].map((name) => masks.get(name));
  const lungs = union(left, subtraction(mirrored(left, body), heart));
  const breasts = intersection(union(breast, mirrored(breast, body)), cropFromSurface(body, body, 2));
  const wall = wallRound(lungs, body);
  const layers = [
    [body, HU.skin],
    [cropFromSurface(body, body, 2), HU.fat],
    [cropFromSurface(body, body, 18), HU.muscle],
    [breasts, HU.breast],
    [bed, HU.bed],
    [wall, HU.wall],
    [ribs(subtraction(wall, withMargin(lungs, 2))), HU.bone],
    [between(lungs), HU.mediastinum],
    [spine(body, lungs), HU.bone],
    [lungs, HU.lung],
    [heart, HU.heart],
  ];
  const glandular = subtraction(breasts, bed).toDense();
  const voxels = new Int16Array(geometry.voxelCount).fill(HU.air);
  for (const [mask, hu] of layers) mask.toDense().forEach((belongs, index) => { if (belongs === 1) voxels[index] = hu; });
  const random = randomNumbers(7);
  const [columns, rows, depth] = geometry.size;
  for (let k = 0, index = 0; k < depth; k++) {
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++, index++) {
        // A fifth of the breast, in strands.
        if (glandular[index] === 1 && Math.sin(i / 6.1 + Math.sin(k / 2.9)) * Math.sin(j / 5.3 + 2 * Math.sin(i / 11.3)) > 0.45) voxels[index] = HU.gland;
        const texture = voxels[index] === HU.air ? 0 : TEXTURE_HU * Math.sin(i / 5.1 + 2 * Math.sin(k / 3.3)) * Math.sin(j / 4.3 + Math.sin(i / 9.7));
        voxels[index] = Math.max(-1024, Math.round(voxels[index] + texture + NOISE_HU * (random() + random() + random() + random() - 2) * 1.73));
      }
    }
  }
  const seriesInstanceUid = uidFrom('painted', 'series');
  return {
    volume: new Volume(geometry, voxels),
    slices: Array.from({ length: depth }, (_, k) => ({ sopInstanceUid: uidFrom(seriesInstanceUid, k), imagePositionMm: geometry.toPatient([0, 0, k]) })),
    seriesInstanceUid,
    sopClassUid: CT_IMAGE_STORAGE,
    patientPosition: 'HFS',
    attributes: {
      PatientName: 'PAINTED', PatientID: 'PAINTED', PatientBirthDate: '', PatientSex: 'F', StudyInstanceUID: uidFrom('painted', 'study'), StudyDate: '20200101', StudyTime: '120000',
      StudyID: '1', StudyDescription: 'Painted from contours', AccessionNumber: '', ReferringPhysicianName: '', PositionReferenceIndicator: '', SpecificCharacterSet: [],
    },
  };
}

/** Ribs and the muscle between them. The clinic's breast reaches into it. */
function wallRound(lungs, body) {
  return intersection(withMargin(lungs, RIBS.wallMm), body);
}

/** Of the wall round the lungs the bands that are bone: each falls from the back to the front. */
function ribs(wall) {
  const [columns, rows, depth] = geometry.size;
  const dense = wall.toDense();
  for (let k = 0, index = 0; k < depth; k++) {
    const height = geometry.toPatient([0, 0, k])[2];
    for (let j = 0; j < rows; j++) {
      const along = (height - (RIBS.fallMm * j * PIXEL_MM) / RIBS.depthMm) / RIBS.stepMm;
      for (let i = 0; i < columns; i++, index++) if ((along - Math.floor(along)) * RIBS.stepMm > RIBS.heightMm) dense[index] = 0;
    }
  }
  return Mask.fromVoxels(geometry, dense, (value) => value === 1);
}

/** A column of vertebrae between the backs of the lungs, 40 mm wide and 30 mm deep, with its canal. */
function spine(body, lungs) {
  const [columns, rows, depth] = geometry.size;
  const [whole, air] = [body.toDense(), lungs.toDense()];
  const bone = new Uint8Array(whole.length);
  let centre = null;
  for (let k = 0; k < depth; k++) {
    const start = k * rows * columns;
    const slice = (voxels) => voxels.subarray(start, start + rows * columns);
    const [inside, lung] = [slice(whole), slice(air)];
    const back = lung.lastIndexOf(1);
    if (back >= 0) {
      let sum = 0;
      let count = 0;
      inside.forEach((belongs, at) => { if (belongs === 1) { sum += at % columns; count++; } });
      centre = [sum / count, Math.floor(back / columns) - 12 / PIXEL_MM];
    }
    if (centre === null) continue;
    for (let at = 0; at < inside.length; at++) {
      const [x, y] = [((at % columns) - centre[0]) * PIXEL_MM, (Math.floor(at / columns) - centre[1]) * PIXEL_MM];
      const vertebra = (x / 20) ** 2 + (y / 15) ** 2 < 1;
      const arch = (x / 16) ** 2 + ((y - 24) / 13) ** 2 < 1 && (x / 9) ** 2 + ((y - 22) / 8) ** 2 > 1;
      if ((vertebra || arch) && inside[at] === 1) bone[start + at] = 1;
    }
  }
  return Mask.fromVoxels(geometry, bone, (value) => value === 1);
}

/** A mask, left and right exchanged about the middle of the body in each slice. */
function mirrored(mask, body) {
  const [columns, rows] = geometry.size;
  const [own, whole] = [mask.toDense(), body.toDense()];
  const turned = new Uint8Array(own.length);
  for (let start = 0; start < own.length; start += columns * rows) {
    let [first, last] = [columns, -1];
    for (let index = 0; index < columns * rows; index++) {
      if (whole[start + index] === 1) [first, last] = [Math.min(first, index % columns), Math.max(last, index % columns)];
    }
    for (let index = 0; index < columns * rows; index++) {
      const column = first + last - (index % columns);
      if (own[start + index] === 1 && column >= 0 && column < columns) turned[start + index - (index % columns) + column] = 1;
    }
  }
  return Mask.fromVoxels(geometry, turned, (value) => value === 1);
}

/** What lies between the lungs: in each row from the first to the last of their pixels. */
function between(lungs) {
  const [columns] = geometry.size;
  const filled = lungs.toDense();
  for (let start = 0; start < filled.length; start += columns) {
    const row = filled.subarray(start, start + columns);
    const [first, last] = [row.indexOf(1), row.lastIndexOf(1)];
    if (first >= 0) row.fill(1, first, last + 1);
  }
  return Mask.fromVoxels(geometry, filled, (value) => value === 1);
}

/** What was painted, as contours on the painted CT: `Breast_L` as the clinic drew it, down to the lung, `CTVp_Breast_L` without the wall that was painted over it. */
function truth() {
  const named = [...masks, ['CTVp_Breast_L', subtraction(masks.get('Breast_L'), wallRound(masks.get('Lung_L'), masks.get('External')))]];
  return writeStructureSet({
    sopInstanceUid: uidFrom('painted', 'truth'),
    seriesInstanceUid: uidFrom('painted', 'truth series'),
    label: 'PAINTED',
    date: '20200101',
    time: '120000',
    structures: named.map(([name, mask], index) => ({ number: index + 1, name, type: name === 'External' ? 'EXTERNAL' : 'ORGAN', algorithm: '', contours: traceContours(mask) })),
    reference: referenceTo(ct),
    approval: { status: 'UNAPPROVED' },
    equipment: { manufacturer: 'Rondo', modelName: 'Rondo', softwareVersions: ['painted'] },
  }, ct);
}

/** Numbers from 0 to 1 from a seed: xorshift (Marsaglia 2003, 13-17-5). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
