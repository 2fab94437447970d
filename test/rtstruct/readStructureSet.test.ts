import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { items, readDicom, RT_STRUCTURE_SET_STORAGE, text, writeDicom, type Dataset } from '../../src/dicom/index.ts';
import { Mask, VolumeGeometry } from '../../src/geometry/index.ts';
import { contoursOnGrid, rasterize, readStructureSet, writeStructureSet, type FileContour } from '../../src/rtstruct/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { dice, maskOf, sameVoxels } from './masks.ts';
import { makeSet } from './structureSets.ts';

const CLINICAL = new URL('../../../shared/data/breast-rtstruct/', import.meta.url);
const ECLIPSE = new URL('../../../shared/data/eclipse-rtstruct/', import.meta.url);

/** Runs the test where the real data is, says so and skips where it is not. */
function itOnData(folder: URL): typeof it | typeof it.skip {
  if (existsSync(folder)) return it;
  process.stderr.write(`skipped: no ${folder.pathname.split('/').slice(-2)[0]} beside the repository\n`);
  return it.skip;
}

/** The members of a zip archive (deflated or stored). */
function unzip(bytes: Buffer): Map<string, Buffer> {
  const members = new Map<string, Buffer>();
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = bytes.readUInt32LE(end + 16);
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count--) {
    const [method, size, nameLength] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28)];
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(start, start + size);
    members.set(bytes.toString('latin1', at + 46, at + 46 + nameLength), method === 8 ? inflateRawSync(packed) : packed);
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return members;
}

/** The values of a NumPy array file of version 1. */
function npyValues(bytes: Buffer | undefined): Buffer {
  if (!bytes) throw new Error('the archive has no such member');
  return bytes.subarray(10 + bytes.readUInt16LE(8));
}

function npyNumbers(bytes: Buffer | undefined): number[] {
  const values = npyValues(bytes);
  return Array.from({ length: values.length / 8 }, (_, index) => values.readDoubleLE(index * 8));
}

describe('readStructureSet on a clinical structure set of a Varian system', () => {
  itOnData(CLINICAL)('reads names, types, colours, codes and empty ROIs', () => {
    const set = readStructureSet(readFileSync(new URL('rtss.dcm', CLINICAL)));
    expect(set.label).toBe('CT_1');
    expect(set.structures.map(({ number, name, contours }) => [number, name, contours.length])).toEqual([
      [1, 'BODY', 141], [2, 'Areola', 0], [3, 'Borders', 2], [4, 'Breast', 48], [5, 'Heart', 33],
      [6, 'Lt Lung', 165], [7, 'Nodes', 4], [8, 'Scar', 6], [9, 'Tumor Bed', 18], [10, 'Tumor Bed Block', 24],
    ]);
    expect(set.structures.map(({ type }) => type).slice(0, 5)).toEqual(['EXTERNAL', 'AVOIDANCE', 'CTV', 'GTV', 'ORGAN']);
    expect(set.structures[0].code?.value).toBe('C44.9');
    expect(set.structures[0].colour).toEqual([154, 155, 100]);
    expect(set.structures[4].algorithm).toBe('MANUAL');
    expect(set.reference.series.map(({ images }) => images.length)).toEqual([98]);
    expect(set.approval).toEqual({ status: 'APPROVED', reviewer: 'anonymous', date: '19010101', time: '000000' });
  });

  itOnData(CLINICAL)('rasterises every ROI like an independent even-odd rasterisation', () => {
    const set = readStructureSet(readFileSync(new URL('rtss.dcm', CLINICAL)));
    const archive = unzip(readFileSync(new URL('rasterised_masks.npz', CLINICAL)));
    const z = npyNumbers(archive.get('z.npy'));
    const [x, y] = npyNumbers(archive.get('origin.npy'));
    const [pixelMm] = npyNumbers(archive.get('pixel.npy'));
    const geometry = new VolumeGeometry({
      size: [512, 512, z.length],
      columnSpacingMm: pixelMm,
      rowSpacingMm: pixelMm,
      rowDirection: [1, 0, 0],
      columnDirection: [0, 1, 0],
      originMm: [x, y, z[0]],
      sliceOffsetsMm: z.map((position) => position - z[0]),
      frameOfReferenceUid: set.reference.frameOfReferenceUid,
    });
    for (const structure of set.structures) {
      const { contours, problems } = contoursOnGrid(set, structure, geometry);
      expect(problems.filter(({ placed }) => !placed)).toEqual([]);
      const expected = Mask.fromVoxels(geometry, npyValues(archive.get(`${structure.name.replaceAll(' ', '_')}.npy`)), (voxel) => voxel === 1);
      expect([structure.name, dice(rasterize(contours, geometry), expected) >= 0.999]).toEqual([structure.name, true]);
    }
  });
});

describe('readStructureSet on an Eclipse structure set', () => {
  itOnData(ECLIPSE)('reads ROIs that are not in the order of their numbers, most of them empty', () => {
    const set = readStructureSet(readFileSync(new URL('RS.1.2.246.352.71.4.2088656855.2404649.20110920153449.dcm', ECLIPSE)));
    expect(set.structures.map(({ number }) => number)).toEqual([1, 2, 3, 12, 11, 8, 13, 4, 5, 6, 14, 15, 16, 7, 9, 10]);
    expect(set.structures.filter(({ contours }) => contours.length === 0)).toHaveLength(10);
    expect(set.structures.reduce((sum, { contours }) => sum + contours.length, 0)).toBe(210);
    expect(set.structures.find(({ name }) => name === 'Bladder')?.colour).toEqual([192, 192, 254]);
  });

  itOnData(ECLIPSE)('rasterises like an independent rasterisation', () => {
    const set = readStructureSet(readFileSync(new URL('RS.1.2.246.352.71.4.2088656855.2404649.20110920153449.dcm', ECLIPSE)));
    for (const [name, file] of [['Bladder', 'Bladder'], ['PTV', 'PTV'], ['Rectum', 'Rectum'], ['Femoral Head Lt', 'FemoralHeadLt'], ['Femoral Head RT', 'FemoralHeadRT']]) {
      const structure = set.structures.find((candidate) => candidate.name === name);
      const { geometry, voxels } = readNrrd(readFileSync(new URL(`independent_labelmaps/EclipseProstate_${file}_IndexedLabelmap.nrrd`, ECLIPSE)), set.reference.frameOfReferenceUid);
      const { contours } = contoursOnGrid(set, structure ?? { contours: [] }, geometry);
      expect([name, dice(rasterize(contours, geometry), Mask.fromVoxels(geometry, voxels, (voxel) => voxel !== 0)) >= 0.999]).toEqual([name, true]);
    }
  });
});

/** A label map of SlicerRT: gzipped NRRD, one byte a voxel. */
function readNrrd(bytes: Buffer, frameOfReferenceUid: string): { geometry: VolumeGeometry; voxels: Uint8Array } {
  const end = bytes.indexOf('\n\n');
  const header = new Map(bytes.toString('latin1', 0, end).split('\n').filter((line) => line.includes(': ')).map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const));
  const vectors = (key: string): number[][] => [...(header.get(key) ?? '').matchAll(/\(([^)]*)\)/g)].map((match) => match[1].split(',').map(Number));
  const sizes = (header.get('sizes') ?? '').split(' ').map(Number);
  const [column, row, slice] = vectors('space directions');
  const [origin] = vectors('space origin');
  if (header.get('space') !== 'left-posterior-superior' || !['unsigned char', 'uint8'].includes(header.get('type') ?? '')) throw new Error('unexpected NRRD');
  const length = (vector: number[]): number => Math.hypot(...vector);
  const unit = (vector: number[]): [number, number, number] => [vector[0] / length(vector), vector[1] / length(vector), vector[2] / length(vector)];
  const geometry = new VolumeGeometry({
    size: [sizes[0], sizes[1], sizes[2]],
    columnSpacingMm: length(column),
    rowSpacingMm: length(row),
    rowDirection: unit(column),
    columnDirection: unit(row),
    originMm: [origin[0], origin[1], origin[2]],
    sliceOffsetsMm: Array.from({ length: sizes[2] }, (_, k) => k * length(slice)),
    frameOfReferenceUid,
  });
  return { geometry, voxels: gunzipSync(bytes.subarray(end + 2)) };
}

describe('readStructureSet', () => {
  const ct = testCt({ geometry: { size: [20, 16, 4], sliceOffsetsMm: [0, 2, 5, 7.5] } });
  const masks = new Map([
    ['Heart', maskOf(ct.volume.geometry, (i, j) => i > 3 && i < 9 && j > 2 && j < 8)],
    ['Liver', maskOf(ct.volume.geometry, (i, j, k) => i > 10 && j > 4 && k < 2)],
  ]);
  const { dataset } = readDicom(writeStructureSet(makeSet(ct, masks), ct));
  const reread = (changes: Dataset): ReturnType<typeof readStructureSet> => readStructureSet(writeDicom({ ...dataset, ...changes }));
  const altered = (sequence: string, change: (item: Dataset, index: number) => Dataset): Dataset => ({ [sequence]: items(dataset, sequence).map(change) });

  it('takes a missing Contour Sequence, ROI Contour item or observation as empty, and joins by number', () => {
    const noContours = reread(altered('ROIContourSequence', (item, index) => (index === 0 ? { ...item, ContourSequence: undefined } : item)));
    expect(noContours.structures.map(({ name, contours }) => [name, contours.length])).toEqual([['Heart', 0], ['Liver', 2]]);
    const shorter = reread({ ROIContourSequence: items(dataset, 'ROIContourSequence').slice(1), RTROIObservationsSequence: items(dataset, 'RTROIObservationsSequence').slice(1) });
    expect(shorter.structures.map(({ name, type, contours }) => [name, type, contours.length])).toEqual([['Heart', '', 0], ['Liver', 'ORGAN', 2]]);
    const reversed = reread({ ROIContourSequence: items(dataset, 'ROIContourSequence').toReversed() });
    expect(reversed.structures.map(({ name, contours }) => [name, contours.length])).toEqual([['Heart', 4], ['Liver', 2]]);
  });

  it('finds slices by position where contours name no image', () => {
    const bare = reread(
      altered('ROIContourSequence', (item) => ({ ...item, ContourSequence: items(item, 'ContourSequence').map((contour) => ({ ...contour, ContourNumber: undefined, ContourImageSequence: undefined })) })),
    );
    expect(bare.structures[0].contours[0].imageUid).toBeUndefined();
    const { contours, problems } = contoursOnGrid(bare, bare.structures[0], ct.volume.geometry);
    expect(problems).toEqual([]);
    expect(sameVoxels(rasterize(contours, ct.volume.geometry), masks.get('Heart') as Mask)).toBe(true);
  });

  it.each([
    { name: 'another SOP class', code: 'rtstruct-wrong-class', changes: { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2' } },
    { name: 'an ROI Number used twice', code: 'rtstruct-roi-number', changes: altered('StructureSetROISequence', (item) => ({ ...item, ROINumber: 1 })) },
    { name: 'contours of an ROI that is not listed', code: 'rtstruct-roi-number', changes: { StructureSetROISequence: items(dataset, 'StructureSetROISequence').slice(1) } },
    { name: 'a contour with a coordinate missing', code: 'rtstruct-contour-data', changes: altered('ROIContourSequence', (item) => ({ ...item, ContourSequence: items(item, 'ContourSequence').map((contour) => ({ ...contour, ContourData: text(contour, 'ContourData').replace(/\\[^\\]*$/, '') })) })) },
    { name: 'ROIs of two frames of reference', code: 'rtstruct-several-frames', changes: altered('StructureSetROISequence', (item, index) => ({ ...item, ReferencedFrameOfReferenceUID: `1.2.${index}` })) },
  ])('refuses $name', ({ code, changes }) => {
    expect(() => reread(changes)).toThrow(expect.objectContaining({ name: 'RondoError', code }));
  });

  it('refuses bytes that are no DICOM, or cut short', () => {
    expect(() => readStructureSet(new Uint8Array(300))).toThrow(expect.objectContaining({ name: 'RondoError' }));
    const whole = writeStructureSet(makeSet(ct, masks), ct);
    expect(() => readStructureSet(whole.subarray(0, whole.length - 40))).toThrow(expect.objectContaining({ name: 'RondoError' }));
    expect(text(dataset, 'SOPClassUID')).toBe(RT_STRUCTURE_SET_STORAGE);
  });
});

describe('contoursOnGrid', () => {
  const { geometry } = testCt({ geometry: { size: [20, 16, 4], columnSpacingMm: 2, rowSpacingMm: 3, sliceOffsetsMm: [0, 2, 5, 7.5], originMm: [0, 0, 100] } }).volume;
  const set = { reference: { frameOfReferenceUid: geometry.frameOfReferenceUid, series: [] } };
  /** A rectangle from (x, y) of the given width and height on the plane z, all in mm. */
  const rectangle = (x: number, y: number, width: number, height: number, z: number, geometricType = 'CLOSED_PLANAR'): FileContour => ({
    geometricType,
    points: Float64Array.of(x, y, z, x + width, y, z, x + width, y + height, z, x, y + height, z),
    imageUid: undefined,
  });
  const place = (...contours: FileContour[]): ReturnType<typeof contoursOnGrid> => contoursOnGrid(set, { contours }, geometry);

  it('refuses another frame of reference, and none', () => {
    for (const frameOfReferenceUid of ['1.2.3', '']) {
      expect(() => contoursOnGrid({ reference: { frameOfReferenceUid, series: [] } }, { contours: [] }, geometry)).toThrow(expect.objectContaining({ code: 'other-frame-of-reference' }));
    }
  });

  it('puts rounded positions on their slice, and reports what lies between slices or beyond them', () => {
    const { contours, problems } = place(rectangle(5, 5, 10, 10, 102.1), rectangle(5, 5, 10, 10, 103.6), rectangle(5, 5, 10, 10, 98), rectangle(5, 5, 10, 10, 110), rectangle(5, 5, 10, 10, 107.4));
    expect(contours.map(({ slice }) => slice)).toEqual([1, 3]);
    for (const { slice, points } of contours) expect(points[2]).toBeCloseTo(100 + geometry.sliceOffsetsMm[slice], 9);
    expect(problems).toEqual([
      { index: 1, problem: 'between-slices', placed: false, offSliceMm: expect.closeTo(1.4, 6) },
      { index: 2, problem: 'beyond-slices', placed: false, offSliceMm: expect.closeTo(2, 6) },
      { index: 3, problem: 'beyond-slices', placed: false, offSliceMm: expect.closeTo(2.5, 6) },
    ]);
  });

  it('reports points, open curves, slivers, tilted rings, repeated rings, and rings beside the image', () => {
    const tilted = { ...rectangle(5, 5, 10, 10, 102), points: Float64Array.of(5, 5, 102, 15, 5, 102, 15, 15, 105, 5, 15, 105) };
    const { contours, problems } = place(
      rectangle(5, 5, 10, 10, 100, 'POINT'),
      rectangle(5, 5, 10, 10, 100, 'OPEN_PLANAR'),
      rectangle(5, 5, 10, 0, 100),
      { ...rectangle(0, 0, 1, 1, 100), points: Float64Array.of(1, 1, 100, 2, 2, 100) },
      tilted,
      rectangle(5, 5, 10, 10, 102),
      rectangle(5, 5, 10, 10, 102),
      rectangle(30, 5, 30, 10, 105),
    );
    expect(problems.map(({ index, problem, placed }) => [index, problem, placed])).toEqual([
      [0, 'not-closed', false], [1, 'not-closed', false], [2, 'no-area', false], [3, 'no-area', false],
      [4, 'not-planar', false], [6, 'repeated', false], [7, 'outside-matrix', true],
    ]);
    expect(contours.map(({ slice }) => slice)).toEqual([1, 2]);
  });

  it('leaves out the same ring again, from another point, the other way round or closed by its first point', () => {
    const ring = [[5, 5], [15, 5], [15, 14], [9, 18], [5, 12]];
    const drawn = (points: number[][]): FileContour => ({ geometricType: 'CLOSED_PLANAR', imageUid: undefined, points: Float64Array.from(points.flatMap(([x, y]) => [x, y, 100])) });
    const variants = [ring, [...ring.slice(2), ...ring.slice(0, 2)], [...ring].reverse(), [...ring, ring[0]], [ring[0], ring[0], ...ring.slice(1)]];
    const alone = rasterize(place(drawn(ring)).contours, geometry);
    expect(alone.voxelCount).toBeGreaterThan(10);
    const { contours, problems } = place(...variants.map(drawn));
    expect(problems).toEqual([1, 2, 3, 4].map((index) => ({ index, problem: 'repeated', placed: false })));
    expect(sameVoxels(rasterize(contours, geometry), alone)).toBe(true);
  });

  it('reports what lies metres away, and does not try to fill it', () => {
    const { contours, problems } = place(rectangle(-1e12, 5, 2e12, 1e11, 100), rectangle(5, 5, 10, 10, 100));
    expect(problems).toEqual([{ index: 0, problem: 'far-away', placed: false }]);
    expect(contours).toHaveLength(1);
    // Tall enough to take hours, were every row of it visited.
    expect(rasterize(place(rectangle(2, -9000, 20, 18_500, 100)).contours, geometry).voxelCount).toBeGreaterThan(100);
  });

  it('sorts rings into regions and holes, and reports rings that overlap', () => {
    const nested = place(rectangle(10, 9, 4, 3, 100), rectangle(2, 2, 30, 35, 100), rectangle(6, 6, 20, 25, 100, 'CLOSEDPLANAR_XOR'));
    expect(nested.contours.map(({ holes }) => holes.length)).toEqual([0, 1]);
    expect(nested.problems).toEqual([]);
    const overlapping = place(rectangle(2, 2, 20, 20, 100), rectangle(12, 12, 20, 20, 100));
    expect(overlapping.problems.map(({ index, problem, placed }) => [index, problem, placed])).toEqual([[0, 'overlaps', true], [1, 'overlaps', true]]);
    const besideEachOther = place(rectangle(2, 2, 10, 10, 100), rectangle(12, 2, 10, 10, 100));
    expect(besideEachOther.problems).toEqual([]);
  });

  it('rasterises a keyhole, two rings one in the other and XOR rings alike', () => {
    const keyhole: FileContour = {
      geometricType: 'CLOSED_PLANAR',
      points: Float64Array.from([[2, 2], [32, 2], [32, 38], [2, 38], [2, 2], [9, 7], [9, 30], [25, 30], [25, 7], [9, 7]].flatMap(([x, y]) => [x, y, 100])),
      imageUid: undefined,
    };
    const asMask = (...contours: FileContour[]): Mask => rasterize(place(...contours).contours, geometry);
    const rings = asMask(rectangle(2, 2, 30, 36, 100), rectangle(9, 7, 16, 23, 100));
    expect(rings.voxelCount).toBeGreaterThan(50);
    expect(sameVoxels(asMask(keyhole), rings)).toBe(true);
    expect(sameVoxels(asMask(rectangle(2, 2, 30, 36, 100, 'CLOSEDPLANAR_XOR'), rectangle(9, 7, 16, 23, 100, 'CLOSEDPLANAR_XOR')), rings)).toBe(true);
  });

  it('gives a centre that lies on an edge to the side of higher columns and rows', () => {
    const mask = rasterize(place(rectangle(4, 9, 8, 12, 100)).contours, geometry);
    expect(sameVoxels(mask, maskOf(geometry, (i, j, k) => i >= 2 && i < 6 && j >= 3 && j < 7 && k === 0))).toBe(true);
    const neighbours = rasterize(place(rectangle(4, 9, 8, 12, 100), rectangle(12, 9, 8, 12, 100)).contours, geometry);
    expect(sameVoxels(neighbours, maskOf(geometry, (i, j, k) => i >= 2 && i < 10 && j >= 3 && j < 7 && k === 0))).toBe(true);
  });
});
