import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { items, readDicom, text, texts, uidFrom, writeDicom, type Dataset, type PlanningCt } from '../../src/dicom/index.ts';
import type { Mask, VolumeGeometry } from '../../src/geometry/index.ts';
import { readStructureSet, STRUCTURE_STYLES, TPS_NAMES, traceContours, verifyStructureSet, writeStructureSet, type StructureSet } from '../../src/rtstruct/index.ts';
import { inTemporaryFolder, testCt } from '../support/ctSeries.ts';
import { obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { blobs, drawn, maskOf, noise } from './masks.ts';
import { makeSet, makeStructure } from './structureSets.ts';

const WIDE = { size: [64, 40, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.625] } as const;

/** The only one that needs keyholes or XOR rings. */
function ringWithIsland(geometry: VolumeGeometry): Mask {
  return maskOf(geometry, (i, j, k) => {
    const distance = Math.hypot(i - 45, j - 24);
    return k > 0 && (distance < 3 || (distance > 6 && distance < 10));
  });
}

function masksOn(ct: PlanningCt): Map<string, Mask> {
  const { geometry } = ct.volume;
  return new Map([
    ['External', maskOf(geometry, (i, j) => (i - 30) ** 2 / 800 + (j - 20) ** 2 / 340 < 1)],
    ['Heart', blobs(geometry, 1, 4)],
    ['Lung_L', blobs(geometry, 8, 12)],
    ['CTVp_Breast_L', blobs(geometry, 3, 9)],
    ['A_LAD', maskOf(geometry, (i, j, k) => i === 20 && j === 10 && k === 3)],
    ['Lung_R', ringWithIsland(geometry)],
  ]);
}

function written(set: StructureSet, ct: PlanningCt, options: Parameters<typeof writeStructureSet>[2] = {}): Dataset {
  return readDicom(writeStructureSet(set, ct, options)).dataset;
}

/** Everything that dciodvfy calls an error, or the reason why it could not be asked. */
async function dciodvfyErrors(bytes: Uint8Array): Promise<string[]> {
  return await inTemporaryFolder(async (folder) => {
    const file = join(folder, 'rs.dcm');
    await writeFile(file, bytes);
    try {
      execFileSync('dciodvfy', [file], { stdio: ['ignore', 'pipe', 'pipe'] });
      return [];
    } catch (error) {
      const { stderr } = error as { stderr?: Buffer };
      return stderr ? stderr.toString().split('\n').filter((line) => line.startsWith('Error')) : ['dciodvfy did not run'];
    }
  });
}

describe('writeStructureSet', () => {
  const ct = testCt({ geometry: WIDE });
  const masks = masksOn(ct);

  it('writes a file that reads back as the masks it was made from', () => {
    const verified = verifyStructureSet(writeStructureSet(makeSet(ct, masks), ct), ct, masks);
    expect(verified.map(({ name, dice }) => [name, dice])).toEqual([...masks.keys()].map((name) => [name, 1]));
    for (const { name, volumeCc } of verified) expect(volumeCc).toBeCloseTo(masks.get(name)?.volumeCc ?? NaN, 9);
  });

  it.each(POSITIONS)('is exact in position $name, with keyholes, XOR rings and voxel edges', ({ rowDirection, columnDirection }) => {
    const turned = testCt({ geometry: { ...WIDE, rowDirection, columnDirection } });
    const turnedMasks = masksOn(turned);
    const set = makeSet(turned, turnedMasks);
    const exact = { ...set, structures: [...turnedMasks].map(([name, mask], index) => makeStructure(index, name, traceContours(mask))) };
    for (const each of [set, exact]) {
      for (const holes of ['keyhole', 'xor'] as const) {
        for (const { dice } of verifyStructureSet(writeStructureSet(each, turned, { holes }), turned, turnedMasks)) expect(dice).toBe(1);
      }
    }
  });

  it('is exact on oblique slices', () => {
    for (const [aboutX, aboutZ] of [[12, 25], [-40, 3], [0, 30]]) {
      const tilted = testCt({ geometry: { ...WIDE, ...obliqueDirections(aboutX, aboutZ), originMm: [-331.7, 212.3, -801.1] } });
      for (const { dice } of verifyStructureSet(writeStructureSet(makeSet(tilted, masksOn(tilted)), tilted), tilted, masksOn(tilted))) expect(dice).toBe(1);
    }
  });

  it('writes the same bytes for the same input', () => {
    expect(Buffer.from(writeStructureSet(makeSet(ct, masks), ct)).equals(Buffer.from(writeStructureSet(makeSet(ct, masks), ct)))).toBe(true);
  });

  it.each(TPS_NAMES.flatMap((profile) => (['keyhole', 'xor'] as const).map((holes) => ({ profile, holes }))))('passes dciodvfy for $profile with $holes', async ({ profile, holes }) => {
    // dciodvfy 1.00~20220618 does not know the XOR type yet (added to PS3.3 C.8.8.6 later).
    const known = holes === 'xor' ? /^Error - Unrecognized enumerated value <CLOSEDPLANAR_XOR> for value 1 of attribute <Contour Geometric Type>$/ : /^$/;
    const bytes = writeStructureSet(makeSet(ct, masks), ct, { profile, holes });
    expect(Buffer.from(bytes).includes('CLOSEDPLANAR_XOR')).toBe(holes === 'xor');
    const errors = await dciodvfyErrors(bytes);
    expect(errors.filter((line) => !known.test(line))).toEqual([]);
  });

  it('refers to frame, study, series and every image, and each contour to its own slice', () => {
    const dataset = written(makeSet(ct, masks), ct);
    const [frame] = items(dataset, 'ReferencedFrameOfReferenceSequence');
    expect(text(frame, 'FrameOfReferenceUID')).toBe(ct.volume.geometry.frameOfReferenceUid);
    const [study] = items(frame, 'RTReferencedStudySequence');
    expect(text(study, 'ReferencedSOPInstanceUID')).toBe(ct.attributes.StudyInstanceUID);
    const [series] = items(study, 'RTReferencedSeriesSequence');
    expect(text(series, 'SeriesInstanceUID')).toBe(ct.seriesInstanceUid);
    expect(items(series, 'ContourImageSequence').map((item) => text(item, 'ReferencedSOPInstanceUID'))).toEqual(ct.slices.map(({ sopInstanceUid }) => sopInstanceUid));
    const contours = items(dataset, 'ROIContourSequence').flatMap((item) => items(item, 'ContourSequence'));
    expect(contours.length).toBeGreaterThan(10);
    for (const contour of contours) {
      const [image] = items(contour, 'ContourImageSequence');
      const slice = ct.slices.findIndex(({ sopInstanceUid }) => sopInstanceUid === text(image, 'ReferencedSOPInstanceUID'));
      const z = texts(contour, 'ContourData').filter((_, index) => index % 3 === 2);
      expect(new Set(z)).toEqual(new Set([String(ct.slices[slice].imagePositionMm[2])]));
    }
  });

  it('joins ROI, contours and observation by number and carries type, code, side, colour and provenance', () => {
    const set = makeSet(ct, masks);
    const numbered = { ...set, structures: set.structures.map((structure, index) => ({ ...structure, number: 40 - 7 * index })) };
    const back = readStructureSet(writeStructureSet(numbered, ct));
    expect(back.structures.map(({ contours, ...rest }) => ({ ...rest, contours: contours.length > 0 }))).toEqual(
      numbered.structures.map(({ contours, ...rest }) => ({ description: undefined, ...rest, contours: contours.length > 0, volumeCc: expect.closeTo(rest.volumeCc ?? NaN, 6), ...(rest.code && { code: { laterality: undefined, ...rest.code } }) })),
    );
    expect(back.structures[2].code).toEqual(STRUCTURE_STYLES.get('Lung_L')?.code);
    expect({ ...back, structures: [] }).toEqual({ ...numbered, structures: [], predecessor: undefined });
  });

  it('writes the predecessor and the review', () => {
    const predecessor = { sopClassUid: '1.2.840.10008.5.1.4.1.1.481.3', sopInstanceUid: uidFrom('test', 'earlier') };
    const approval = { status: 'APPROVED', reviewer: 'Curie^Marie', date: '20250204', time: '080910' } as const;
    const back = readStructureSet(writeStructureSet(makeSet(ct, masks, { predecessor, approval }), ct));
    expect(back.predecessor).toEqual(predecessor);
    expect(back.approval).toEqual(approval);
  });

  it('holds the elements that importers ask for, even when empty, and none that are retired', () => {
    const dataset = written(makeSet(ct, masks), ct);
    const present = ['AccessionNumber', 'ReferringPhysicianName', 'OperatorsName', 'PositionReferenceIndicator', 'StudyID', 'SeriesNumber', 'PatientBirthDate', 'Manufacturer', 'StructureSetDate', 'FrameOfReferenceUID'];
    expect(present.filter((keyword) => dataset[keyword] === undefined)).toEqual([]);
    expect(text(dataset, 'ApprovalStatus')).toBe('UNAPPROVED');
    expect(text(items(items(dataset, 'ContributingEquipmentSequence')[0], 'PurposeOfReferenceCodeSequence')[0], 'CodeValue')).toBe('109102');
    const everything = JSON.stringify(dataset);
    for (const retired of ['ROIObservationLabel', 'ContourSlabThickness', 'AttachedContours']) expect(everything).not.toContain(retired);
    const lengths = items(dataset, 'ROIContourSequence').flatMap((item) => items(item, 'ContourSequence').flatMap((contour) => texts(contour, 'ContourData').map((value) => value.length)));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(16);
  });

  it('writes the full position of thin slices', () => {
    const thin = testCt({ geometry: { ...WIDE, originMm: [-17.25, -100.5, -1122.4375], sliceOffsetsMm: [0, 0.625, 1.25, 1.875, 2.5] } });
    const dataset = written(makeSet(thin, new Map([['Heart', maskOf(thin.volume.geometry, (i, j) => i > 3 && i < 9 && j > 2 && j < 8)]])), thin);
    const z = items(items(dataset, 'ROIContourSequence')[0], 'ContourSequence').map((contour) => texts(contour, 'ContourData')[2]);
    expect(z).toEqual(['-1122.4375', '-1121.8125', '-1121.1875', '-1120.5625', '-1119.9375']);
  });

  it('keeps accents and ideograms', () => {
    const attributes = { PatientName: 'Müller^Žofie=山田^花子', ReferringPhysicianName: 'Ångström', SpecificCharacterSet: ['ISO_IR 192'] };
    const foreign = testCt({ geometry: WIDE, attributes });
    const heart = new Map([['Herz größe 心臓', masks.get('Heart') as Mask]]);
    const dataset = written(makeSet(foreign, heart), foreign);
    expect(text(dataset, 'SpecificCharacterSet')).toBe('ISO_IR 192');
    expect(text(dataset, 'PatientName')).toBe(attributes.PatientName);
    expect(text(items(dataset, 'StructureSetROISequence')[0], 'ROIName')).toBe('Herz größe 心臓');
  });

  it('joins holes by bridges, or writes them as XOR rings where asked', () => {
    const mask = drawn(ct.volume.geometry, `.......\n.#######\n.#.##..#\n.####.##\n.#..#.##\n.#######`);
    const set = makeSet(ct, new Map([['Heart', mask]]));
    const types = (holes: 'keyhole' | 'xor'): string[] =>
      items(items(written(set, ct, { holes }), 'ROIContourSequence')[0], 'ContourSequence').map((contour) => text(contour, 'ContourGeometricType'));
    expect(types('keyhole')).toEqual(['CLOSED_PLANAR']);
    expect(types('xor')).toEqual(['CLOSEDPLANAR_XOR', 'CLOSEDPLANAR_XOR', 'CLOSEDPLANAR_XOR', 'CLOSEDPLANAR_XOR']);
    const whole = makeSet(ct, new Map([['Heart', maskOf(ct.volume.geometry, (i, j, k) => i > 3 && i < 9 && j > 2 && j < 8 && k === 1)]]));
    expect(text(items(items(written(whole, ct, { holes: 'xor' }), 'ROIContourSequence')[0], 'ContourSequence')[0], 'ContourGeometricType')).toBe('CLOSED_PLANAR');
  });

  it('joins a sieve of holes exactly', () => {
    const sieve = testCt({ geometry: { ...WIDE, size: [64, 40, 2], sliceOffsetsMm: [0, 3] } });
    const random = noise(sieve.volume.geometry, 5, 0.8);
    const [columns, rows] = sieve.volume.geometry.size;
    const mask = maskOf(sieve.volume.geometry, (i, j, k) => i === 0 || j === 0 || i === columns - 1 || j === rows - 1 || random.has(i, j, k));
    const one = new Map([['Lung_R', mask]]);
    expect(verifyStructureSet(writeStructureSet(makeSet(sieve, one), sieve), sieve, one)[0].dice).toBe(1);
    const exact = makeSet(sieve, one, { structures: [makeStructure(1, 'Lung_R', traceContours(mask))] });
    expect(verifyStructureSet(writeStructureSet(exact, sieve), sieve, one)[0].dice).toBe(1);
  });

  it('writes a structure without contours only when asked', () => {
    const set = makeSet(ct, masks);
    const withEmpty = { ...set, structures: [makeStructure(9, 'Liver', []), ...set.structures] };
    expect(() => writeStructureSet(withEmpty, ct)).toThrow(expect.objectContaining({ code: 'structure-empty' }));
    const back = readStructureSet(writeStructureSet(withEmpty, ct, { emptyStructures: true }));
    expect(back.structures.map(({ name }) => name)).toEqual(['Liver', ...masks.keys()]);
    expect(back.structures[0].contours).toEqual([]);
    expect(back.structures[1].contours.length).toBeGreaterThan(0);
  });

  const set = makeSet(ct, masks);
  const [first, second] = set.structures;
  const onSlice = first.contours[0];
  const REFUSALS: { name: string; code: string; wrong: StructureSet }[] = [
    { name: 'an empty set', code: 'structure-set-empty', wrong: { ...set, structures: [] } },
    { name: 'a label of 17 characters', code: 'structure-set-label', wrong: { ...set, label: 'x'.repeat(17) } },
    { name: 'an empty label', code: 'structure-set-label', wrong: { ...set, label: ' ' } },
    { name: 'a name of 65 characters', code: 'structure-name', wrong: { ...set, structures: [{ ...first, name: 'x'.repeat(65) }] } },
    { name: 'a name with a backslash', code: 'structure-name', wrong: { ...set, structures: [{ ...first, name: 'a\\b' }] } },
    { name: 'names that differ in case only', code: 'structure-duplicate-name', wrong: { ...set, structures: [first, { ...second, name: first.name.toUpperCase() }] } },
    { name: 'a number used twice', code: 'structure-duplicate-number', wrong: { ...set, structures: [first, { ...second, number: first.number }] } },
    { name: 'a number that is not whole', code: 'structure-number', wrong: { ...set, structures: [{ ...first, number: 1.5 }] } },
    { name: 'two externals', code: 'structure-two-externals', wrong: { ...set, structures: [first, { ...second, type: 'EXTERNAL' }] } },
    { name: 'another frame of reference', code: 'structure-set-other-frame', wrong: { ...set, reference: { ...set.reference, frameOfReferenceUid: '1.2.3' } } },
    { name: 'another series', code: 'structure-set-other-ct', wrong: { ...set, reference: { ...set.reference, series: set.reference.series.map((series) => ({ ...series, seriesInstanceUid: '1.2.3' })) } } },
    { name: 'a missing image reference', code: 'structure-set-other-ct', wrong: { ...set, reference: { ...set.reference, series: set.reference.series.map((series) => ({ ...series, images: series.images.slice(1) })) } } },
    { name: 'a description that is too long', code: 'dicom-value', wrong: { ...set, description: 'x'.repeat(1025) } },
    { name: 'a contour on another slice', code: 'contour-off-slice', wrong: { ...set, structures: [{ ...first, contours: [{ ...onSlice, slice: onSlice.slice + 1 }] }] } },
    { name: 'a contour on no slice', code: 'contour-off-slice', wrong: { ...set, structures: [{ ...first, contours: [{ ...onSlice, slice: 77 }] }] } },
    { name: 'a ring of two points', code: 'contour-degenerate', wrong: { ...set, structures: [{ ...first, contours: [{ ...onSlice, points: onSlice.points.slice(0, 6) }] }] } },
    { name: 'a ring that vanishes by rounding', code: 'contour-degenerate', wrong: { ...set, structures: [{ ...first, contours: [{ ...onSlice, holes: [onSlice.points.map((value, index) => (index % 3 === 2 ? value : 5 + (value - 5) * 1e-5))] }] }] } },
    { name: 'a hole that crosses its region', code: 'contour-rings-cross', wrong: { ...set, structures: [{ ...first, contours: [{ ...onSlice, holes: [Float64Array.from([0, 0, 0, 900, 0, 0, 900, 1, 0, 0, 1, 0], (value, index) => (index % 3 === 2 ? onSlice.points[2] : value - 450 + (index % 3 === 1 ? 365 : 0)))] }] }] } },
  ];
  it.each(REFUSALS)('refuses $name', ({ code, wrong }) => {
    expect(() => writeStructureSet(wrong, ct)).toThrow(expect.objectContaining({ name: 'RondoError', code }));
  });

  it('refuses a contour of more than 65,534 bytes that no line cuts in two', () => {
    // A tangle: every edge goes across it, so every line passes every edge.
    const points = Float64Array.from({ length: 5001 * 3 }, (_, index) => {
      const angle = ((Math.floor(index / 3) * 2500) / 5001) * 2 * Math.PI;
      return [12.5 * Math.cos(angle) + 15.25, 12.5 * Math.sin(angle) - 85, ct.slices[0].imagePositionMm[2]][index % 3];
    });
    const huge = { ...set, structures: [{ ...first, contours: [{ slice: 0, points, holes: [] }] }] };
    expect(() => writeStructureSet(huge, ct)).toThrow(expect.objectContaining({ code: 'contour-too-large' }));
  });
});

describe('verifyStructureSet', () => {
  const ct = testCt({ geometry: WIDE });
  const masks = masksOn(ct);
  const bytes = writeStructureSet(makeSet(ct, masks), ct);

  it('finds a mask that the file does not draw, and names the structure and the DSC', () => {
    const shifted = maskOf(ct.volume.geometry, (i, j, k) => masks.get('Heart')?.has(i - 1, j, k) === true);
    expect(() => verifyStructureSet(bytes, ct, new Map([...masks, ['Heart', shifted]]))).toThrow(expect.objectContaining({ code: 'verify-voxels', message: expect.stringMatching(/^Heart: .*\d+ voxels.*DSC 0\.\d+/) }));
  });

  it('finds a single voxel that the file lacks in a body of thousands: a lost island must not be released', () => {
    const body = masks.get('External') as Mask;
    const withIsland = maskOf(ct.volume.geometry, (i, j, k) => body.has(i, j, k) || (i === 1 && j === 1 && k === 2));
    expect(body.voxelCount).toBeGreaterThan(5000);
    expect(() => verifyStructureSet(bytes, ct, new Map([...masks, ['External', withIsland]]))).toThrow(expect.objectContaining({ code: 'verify-voxels', message: expect.stringMatching(/^External: .*\b1 voxels/) }));
  });

  it('finds structures too many and too few', () => {
    const heart = masks.get('Heart') as Mask;
    expect(() => verifyStructureSet(bytes, ct, new Map([['Heart', heart]]))).toThrow(expect.objectContaining({ code: 'verify-structures' }));
    expect(() => verifyStructureSet(bytes, ct, new Map([...masks, ['Liver', heart]]))).toThrow(expect.objectContaining({ code: 'verify-structures' }));
  });

  it('finds references to another CT', () => {
    expect(() => verifyStructureSet(bytes, testCt({ geometry: WIDE, name: 'another' }), masks)).toThrow(expect.objectContaining({ code: 'verify-reference' }));
  });

  it('looks at ranges of slices, which find together what the whole does', () => {
    const slices = ct.slices.length;
    const heart = masks.get('Heart') as Mask;
    for (const cuts of [[0, slices], [0, 1, slices], [0, 2, 3, slices]]) {
      const ranges = cuts.slice(1).map((end, index) => ({ first: cuts[index], end }));
      const parts = ranges.map((range) => verifyStructureSet(bytes, ct, masks, range));
      verifyStructureSet(bytes, ct, masks).forEach(({ name, volumeCc }, index) => {
        expect(parts.map((part) => part[index].name)).toEqual(ranges.map(() => name));
        expect(parts.reduce((sum, part) => sum + part[index].volumeCc, 0)).toBeCloseTo(volumeCc, 9);
      });
      for (let changed = 0; changed < slices; changed++) {
        const others = new Map([...masks, ['Heart', maskOf(ct.volume.geometry, (i, j, k) => heart.has(i, j, k) !== (i === 2 && j === 1 && k === changed))]]);
        for (const range of ranges) {
          const verified = () => verifyStructureSet(bytes, ct, others, range);
          if (changed < range.first || changed >= range.end) expect(verified()).toHaveLength(masks.size);
          else expect(verified).toThrow(expect.objectContaining({ code: 'verify-voxels', message: expect.stringMatching(/^Heart: .*\b1 voxels/) }));
        }
      }
    }
  });

  it('finds in every range of slices a contour that names no image of the CT', () => {
    const { dataset } = readDicom(bytes);
    const [drawing, ...others] = items(dataset, 'ROIContourSequence');
    const [first, ...rest] = items(drawing, 'ContourSequence');
    const anonymous = writeDicom({ ...dataset, ROIContourSequence: [{ ...drawing, ContourSequence: [{ ...first, ContourImageSequence: undefined }, ...rest] }, ...others] });
    for (let slice = 0; slice < ct.slices.length; slice++) {
      expect(() => verifyStructureSet(anonymous, ct, masks, { first: slice, end: slice + 1 })).toThrow(expect.objectContaining({ code: 'verify-contours' }));
    }
  });

  it('finds a contour that names the image of another slice', () => {
    const swapped = { ...ct, slices: ct.slices.map((slice, k) => (k < 2 ? { ...slice, sopInstanceUid: ct.slices[1 - k].sopInstanceUid } : slice)) };
    const wrong = writeStructureSet(makeSet(swapped, masks), swapped);
    const renamed = { ...swapped, slices: [swapped.slices[0], swapped.slices[1], ...ct.slices.slice(2)] };
    expect(verifyStructureSet(wrong, renamed, masks)).toHaveLength(masks.size);
    expect(() => verifyStructureSet(wrong, ct, masks)).toThrow(expect.objectContaining({ code: 'verify-reference' }));
  });
});
