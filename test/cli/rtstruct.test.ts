import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { items, readDicom, text, writeDicom } from '../../src/dicom/index.ts';
import { addScaled, cross, norm, type Mask, type Vector3 } from '../../src/geometry/index.ts';
import { readNifti, writeMaskFile } from '../../src/nifti/index.ts';
import { contoursOnGrid, readStructureSet, writeStructureSet } from '../../src/rtstruct/index.ts';
import { blobs } from '../rtstruct/masks.ts';
import { makeSet } from '../rtstruct/structureSets.ts';
import { alterFile, testCt, writeTestCt } from '../support/ctSeries.ts';
import { rondo } from '../support/rondo.ts';

interface ListJson {
  structures: { number: number; name: string; type: string; contours: number; volumeCc: number | null }[];
}

const GEOMETRY = { size: [64, 40, 6], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 5, 7.5, 10, 12.5] } as const;

/** Area in mm² of a flat ring in space. */
function areaOf(points: Float64Array): number {
  let sum: Vector3 = [0, 0, 0];
  const at = (index: number): Vector3 => [points[index] - points[0], points[index + 1] - points[1], points[index + 2] - points[2]];
  for (let index = 3; index < points.length; index += 3) sum = addScaled(sum, cross(at(index - 3), at(index)), 0.5);
  return norm(sum);
}

describe('rondo rtstruct', () => {
  const ct = testCt({ geometry: GEOMETRY });
  const masks = new Map([['Heart', blobs(ct.volume.geometry, 1, 4)], ['Lung_L', blobs(ct.volume.geometry, 8, 12)], ['Bolus 1/2', blobs(ct.volume.geometry, 3, 9)]]);
  let folder: string;
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  const json = async <T>(...words: string[]): Promise<T> => {
    const ended = await rondo('rtstruct', ...words, '--json');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ended.stdout) as T;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-rtstruct-'));
    await mkdir(at('ct'));
    await writeTestCt(at('ct'), { geometry: GEOMETRY });
    await writeFile(at('set.dcm'), writeStructureSet(makeSet(ct, masks), ct));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('list: number, name, type, contours and volume, from the contours or on the voxels of a CT', async () => {
    const { structures } = await json<ListJson>('list', at('set.dcm'));
    expect(structures.map(({ number, name, type }) => [number, name, type])).toEqual([[1, 'Heart', 'ORGAN'], [2, 'Lung_L', 'ORGAN'], [3, 'Bolus 1/2', 'ORGAN']]);
    const onCt = await json<ListJson>('list', at('set.dcm'), '--ct', at('ct'));
    for (const [index, { name, contours, volumeCc }] of onCt.structures.entries()) {
      const cc = masks.get(name)?.volumeCc ?? NaN;
      expect(contours).toBeGreaterThan(0);
      expect(volumeCc).toBeCloseTo(cc, 9);
      expect(Math.abs((structures[index].volumeCc ?? NaN) / cc - 1)).toBeLessThan(0.1);
    }
    expect((await rondo('rtstruct', 'list', at('set.dcm'))).stdout).toContain('Bolus 1/2');
  });

  it('to-masks and from-masks: the same voxels back, in both modes', async () => {
    const { structures, problems } = await json<{ structures: { name: string; file: string }[]; problems: string[] }>('to-masks', at('set.dcm'), '--ct', at('ct'), '--out', at('masks'));
    expect(problems).toEqual([]);
    expect((await readdir(at('masks'))).sort()).toEqual(['Bolus 1_2.nii.gz', 'Heart.nii.gz', 'Lung_L.nii.gz']);
    for (const mode of ['exact', 'smooth']) {
      const out = at(`${mode}.dcm`);
      const made = await json<{ structures: { name: string; readBackDsc: number; volumeCc: number }[] }>('from-masks', ...structures.map(({ file }) => file), '--ct', at('ct'), '--out', out, '--mode', mode);
      for (const [index, { readBackDsc, volumeCc }] of made.structures.entries()) {
        expect(readBackDsc).toBe(1);
        expect(volumeCc).toBeCloseTo(masks.get(structures[index].name)?.volumeCc ?? NaN, 9);
      }
      const set = readStructureSet(await readFile(out));
      expect(set.structures.map(({ name, type, code }) => [name, type, code?.value])).toEqual([['Heart', 'ORGAN', '80891009'], ['Lung_L', 'ORGAN', '39607008'], ['Bolus 1_2', '', undefined]]);
      expect(set.description).toContain('not for clinical use');
    }
  });

  it('to-masks --coverage: the share of each voxel inside the contours', async () => {
    const { structures } = await json<{ structures: { name: string; file: string; volumeCc: number }[] }>('to-masks', at('set.dcm'), '--ct', at('ct'), '--out', at('shares'), '--structure', 'Heart', '--coverage');
    expect(structures.map(({ name }) => name)).toEqual(['Heart']);
    const [{ file, volumeCc }] = structures;
    const voxels = Array.from((await readNifti(file)).voxels);
    expect([Math.min(...voxels), Math.max(...voxels), voxels.some((share) => share > 0 && share < 1)]).toEqual([0, 1, true]);
    const set = readStructureSet(await readFile(at('set.dcm')));
    const { contours } = contoursOnGrid(set, set.structures[0], ct.volume.geometry);
    const areaMm2 = contours.flatMap(({ points, holes }) => [areaOf(points), ...holes.map((hole) => -areaOf(hole))]).reduce((sum, area) => sum + area, 0);
    expect(volumeCc / ((areaMm2 * 2.5) / 1000)).toBeCloseTo(1, 6);
    expect((voxels.reduce((sum, share) => sum + share, 0) * 1.25 * 0.75 * 2.5) / 1000 / volumeCc).toBeCloseTo(1, 6);
  });

  it('to-masks --coverage: contours on sagittal planes too, on the voxels that the planes run through', async () => {
    const { dataset } = readDicom(await readFile(at('set.dcm')));
    const { originMm: [x, y, z] } = ct.volume.geometry;
    // 18.6 mm across the rows and 6.25 mm through the slices, on the planes of columns 20 to 23.
    const contours = [20, 21, 22, 23].map((column) => {
      const points = [[3.1, 1.5], [21.7, 1.5], [21.7, 7.75], [3.1, 7.75]].flatMap(([down, up]) => [x + column * 1.25, y + down, z + up]);
      return { ContourGeometricType: 'CLOSED_PLANAR', NumberOfContourPoints: 4, ContourData: points };
    });
    const [first] = items(dataset, 'ROIContourSequence');
    await writeFile(at('upright.dcm'), writeDicom({ ...dataset, ROIContourSequence: [{ ...first, ContourSequence: contours }] }));
    const run = (out: string, ...options: string[]): Promise<{ structures: { file: string; volumeCc: number }[]; problems: string[] }> => json('to-masks', at('upright.dcm'), '--ct', at('ct'), '--out', at(out), '--structure', 'Heart', ...options);
    const [drawn, shares] = [await run('upright'), await run('upright-shares', '--coverage')];
    expect(shares.problems).toEqual(['Heart: drawn on planes along the columns of the image, not on slices']);
    expect(drawn.problems).toEqual(shares.problems);
    const exactCc = (18.6 * 6.25 * 4 * 1.25) / 1000;
    expect(shares.structures[0].volumeCc / exactCc).toBeCloseTo(1, 6);
    expect(drawn.structures[0].volumeCc / exactCc).not.toBeCloseTo(1, 2);
    const { voxels } = await readNifti(shares.structures[0].file);
    const [columns, rows] = GEOMETRY.size;
    // Row 4 ends at 3.375 mm and row 10 lies inside; slice 1 begins at 1.25 mm, slice 2 lies inside, slice 3 begins at 6.25 mm.
    expect([[20, 10, 2], [23, 10, 1], [20, 4, 2], [20, 4, 3], [19, 10, 2], [24, 10, 2]].map(([i, j, k]) => voxels[(k * rows + j) * columns + i])).toEqual(
      [1, 0.9, (3.375 - 3.1) / 0.75, ((3.375 - 3.1) / 0.75) * 0.6, 0, 0].map((share) => expect.closeTo(share, 5) as unknown),
    );
  });

  it('to-masks --interpolate: fills slices between contours that lie wider apart, which are listed without it', async () => {
    const heart = masks.get('Heart') as Mask;
    const everySecond = { ...makeSet(ct, new Map([['Heart', heart]])) };
    const [structure] = everySecond.structures;
    const sparse = { ...everySecond, structures: [{ ...structure, contours: structure.contours.filter(({ slice }) => slice % 2 === 0) }] };
    await writeFile(at('sparse.dcm'), writeStructureSet(sparse, ct));
    const run = (out: string, ...options: string[]): Promise<{ structures: { volumeCc: number }[]; problems: string[] }> => json('to-masks', at('sparse.dcm'), '--ct', at('ct'), '--out', at(out), ...options);
    const [asDrawn, interpolated] = [await run('as-drawn'), await run('interpolated', '--interpolate')];
    expect(asDrawn.problems).toEqual([expect.stringMatching(/^Heart: \d slices between contours hold none, .* 5\.0 mm apart; left empty .*--interpolate/)]);
    expect(interpolated.problems).toEqual([expect.stringMatching(/^Heart: \d slices between contours interpolated$/)]);
    expect(interpolated.structures[0].volumeCc).toBeGreaterThan(1.3 * asDrawn.structures[0].volumeCc);
    const derived = await rondo('rtstruct', 'derive', at('sparse.dcm'), 'PRV = margin(Heart, 3)', '--ct', at('ct'), '--out', at('no.dcm'), '--json');
    expect([derived.code, JSON.parse(derived.stdout)]).toEqual([1, { error: { code: 'derive-unplaced', message: expect.stringContaining('wider planes') as unknown } }]);
    expect((await rondo('rtstruct', 'to-masks', at('sparse.dcm'), '--ct', at('ct'), '--out', at('no'), '--coverage', '--interpolate')).code).toBe(2);
    expect(await readdir(folder)).not.toContain('no');
  });

  it('to-masks --format seg: one valid DICOM Segmentation with a segment for each structure', async () => {
    const { structures } = await json<{ structures: { name: string; file: string; volumeCc: number }[] }>('to-masks', at('set.dcm'), '--ct', at('ct'), '--out', at('seg'), '--format', 'seg');
    expect(structures.map(({ name, file }) => [name, path.basename(file)])).toEqual([...masks.keys()].map((name) => [name, 'segmentation.dcm']));
    const { dataset } = readDicom(await readFile(at('seg', 'segmentation.dcm')));
    const segments = items(dataset, 'SegmentSequence').map((segment) => [text(segment, 'SegmentLabel'), text(items(segment, 'SegmentedPropertyTypeCodeSequence')[0], 'CodeValue')]);
    expect(segments).toEqual([['Heart', '80891009'], ['Lung_L', '39607008'], ['Bolus 1/2', '85756007']]);
    expect((await rondo('rtstruct', 'to-masks', at('set.dcm'), '--ct', at('ct'), '--out', at('no'), '--format', 'seg', '--coverage')).code).toBe(2);
  });

  it('from-masks: refuses a mask on other voxels and an empty one, and writes nothing', async () => {
    await writeMaskFile(blobs(testCt({ geometry: { ...GEOMETRY, originMm: [0, 0, 0.5] } }).volume.geometry, 1, 4), at('Elsewhere.nii.gz'));
    const empty = masks.get('Heart')?.inBox({ min: [0, 0, 0], size: [0, 0, 0] });
    if (empty) await writeMaskFile(empty, at('Empty.nii.gz'));
    for (const [name, code] of [['Elsewhere', 'nifti-other-grid'], ['Empty', 'mask-empty']]) {
      const ended = await rondo('rtstruct', 'from-masks', at(`${name}.nii.gz`), '--ct', at('ct'), '--out', at('no.dcm'), '--json');
      expect([ended.code, JSON.parse(ended.stdout)]).toEqual([1, { error: { code, message: expect.any(String) as unknown } }]);
    }
    expect(await readdir(folder)).not.toContain('no.dcm');
  });

  it('rename: by name or number, everything else as it was', async () => {
    await json('rename', at('set.dcm'), 'Bolus 1/2=Bolus', '1=Herz', '--out', at('renamed.dcm'));
    const [before, after] = [readStructureSet(await readFile(at('set.dcm'))), readStructureSet(await readFile(at('renamed.dcm')))];
    expect(after.structures).toEqual(before.structures.map((structure) => ({ ...structure, name: { 'Bolus 1/2': 'Bolus', Heart: 'Herz' }[structure.name] ?? structure.name })));
    expect(after.predecessor?.sopInstanceUid).toBe(before.sopInstanceUid);
    for (const pair of ['Lunge=Lung_L', 'Heart=lung_l', 'Heart']) {
      expect((await rondo('rtstruct', 'rename', at('set.dcm'), pair, '--out', at('no.dcm'))).code).toBe(1);
    }
  });

  it('derive: structures from others, read back; the others bit for bit as they were', async () => {
    const definitions = ['Both = Heart | Lung_L', 'PTV_1 = margin(Heart, 2) - "Bolus 1/2"', 'Wall = ring(Both, 0, 2.5)'];
    const { structures } = await json<{ structures: { number: number; name: string; readBackDsc: number; volumeCc: number }[] }>('derive', at('set.dcm'), ...definitions, '--ct', at('ct'), '--out', at('derived.dcm'));
    expect(structures.map(({ number, name }) => [number, name])).toEqual([[4, 'Both'], [5, 'PTV_1'], [6, 'Wall']]);
    const both = masks.get('Heart')?.toDense().reduce((sum, voxel, index) => sum + (voxel | (masks.get('Lung_L')?.has(index % 64, Math.floor(index / 64) % 40, Math.floor(index / 2560)) ? 1 : 0)), 0);
    expect(structures[0].volumeCc).toBeCloseTo(((both ?? NaN) * 1.25 * 0.75 * 2.5) / 1000, 6);
    for (const { readBackDsc } of structures) expect(readBackDsc).toBe(1);
    const [before, after] = [readStructureSet(await readFile(at('set.dcm'))), readStructureSet(await readFile(at('derived.dcm')))];
    expect(after.structures.slice(0, 3)).toEqual(before.structures);
    expect(after.structures[4]).toMatchObject({ type: 'PTV', algorithm: 'SEMIAUTOMATIC' });
    for (const [definition, code] of [['X = Lunge | Heart', 'derive-unknown'], ['X = Heart - Heart', 'derive-empty'], ['Heart = Lung_L', 'edit-name'], ['X = Heart +', 'algebra-expression']]) {
      const ended = await rondo('rtstruct', 'derive', at('set.dcm'), definition, '--ct', at('ct'), '--out', at('no.dcm'), '--json');
      expect([ended.code, JSON.parse(ended.stdout)]).toEqual([1, { error: { code, message: expect.any(String) as unknown } }]);
    }
  });

  it('derive: says when a structure that is used has an empty slice between its contours', async () => {
    const set = makeSet(ct, new Map([['Heart', masks.get('Heart') as Mask]]));
    const [structure] = set.structures;
    const drawnOn = [...new Set(structure.contours.map(({ slice }) => slice))].sort((one, other) => one - other);
    const forgotten = drawnOn[1];
    expect(drawnOn.length).toBeGreaterThan(3);
    await writeFile(at('forgotten.dcm'), writeStructureSet({ ...set, structures: [{ ...structure, contours: structure.contours.filter(({ slice }) => slice !== forgotten) }] }, ct));
    const { problems } = await json<{ problems: string[] }>('derive', at('forgotten.dcm'), 'PRV = margin(Heart, 3)', '--ct', at('ct'), '--out', at('prv.dcm'));
    expect(problems).toEqual([expect.stringMatching(/^Heart: 1 slices between contours hold none, and the contours beside them lie farther apart than usual/)]);
    const told = await rondo('rtstruct', 'derive', at('forgotten.dcm'), 'PRV = margin(Heart, 3)', '--ct', at('ct'), '--out', at('prv2.dcm'));
    expect(told.stdout).toContain(`note: ${problems[0]}`);
  });

  it('rename --tg263: standard names where there is no doubt, the others listed', async () => {
    await json('rename', at('set.dcm'), '1=Herz', '2=Lunge li', '3=Breast', '--out', at('german.dcm'));
    const { renamed, left } = await json<{ renamed: { from: string; to: string }[]; left: { name: string; kind: string }[] }>('rename', at('german.dcm'), '--tg263', '--out', at('standard.dcm'));
    expect(renamed.map(({ from, to }) => [from, to])).toEqual([['Herz', 'Heart'], ['Lunge li', 'Lung_L']]);
    expect(left.map(({ name, kind }) => [name, kind])).toEqual([['Breast', 'ambiguous']]);
    await writeFile(at('names.yaml'), 'format: rondo-names/1\nstructures:\n  - name: Breast_L\n    patterns: [breast]\n');
    const own = await json<{ renamed: { from: string; to: string }[] }>('rename', at('german.dcm'), '--tg263', '--names', at('names.yaml'), '--out', at('own.dcm'));
    expect(own.renamed.map(({ to }) => to)).toEqual(['Heart', 'Lung_L', 'Breast_L']);
    expect((await rondo('rtstruct', 'rename', at('german.dcm'), '--out', at('no.dcm'))).code).toBe(2);
  });

  it('check: nothing against what Rondo writes, for any planning system; errors with tag, rule, source and code 1', async () => {
    for (const profile of ['generic', 'eclipse', 'raystation', 'pinnacle', 'monaco']) {
      const report = await json<{ errors: number; warnings: number }>('check', at('set.dcm'), '--ct', at('ct'), '--profile', profile);
      expect([profile, report.errors, report.warnings]).toEqual([profile, 0, 0]);
    }
    await copyFile(at('set.dcm'), at('bad.dcm'));
    await alterFile(at('bad.dcm'), { OperatorsName: undefined, Modality: 'CT' });
    const ended = await rondo('rtstruct', 'check', at('bad.dcm'), '--json');
    expect(ended.code).toBe(1);
    const { violations } = JSON.parse(ended.stdout) as { violations: { tag: string; rule: string; source: string; severity: string }[] };
    expect(violations.map(({ tag, rule, severity }) => [tag, rule, severity])).toEqual([['(0008,0060)', 'modality', 'error'], ['(0008,1070)', 'attribute-missing', 'error']]);
    for (const { source } of violations) expect(source).toContain('PS3');
    expect((await rondo('rtstruct', 'check', at('bad.dcm'))).stdout).toContain('(0008,0060)');
    expect((await rondo('rtstruct', 'check', at('set.dcm'), '--profile', 'other')).code).toBe(2);
  });

  it('copy: some structures as a set of their own, or into another set', async () => {
    await json('copy', at('set.dcm'), '--structure', 'Heart', '--out', at('heart.dcm'));
    await json('rename', at('heart.dcm'), 'Heart=Heart_2', '--out', at('heart2.dcm'));
    await json('copy', at('heart2.dcm'), '--into', at('set.dcm'), '--out', at('both.dcm'));
    const both = readStructureSet(await readFile(at('both.dcm'))).structures;
    expect(both.map(({ number, name }) => [number, name])).toEqual([[1, 'Heart'], [2, 'Lung_L'], [3, 'Bolus 1/2'], [4, 'Heart_2']]);
    expect(both[3].contours).toEqual(both[0].contours);
    await alterFile(at('heart2.dcm'), { PatientID: 'another' });
    const refused = await rondo('rtstruct', 'copy', at('heart2.dcm'), '--into', at('set.dcm'), '--out', at('refused.dcm'));
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('another Patient ID')]);
    expect(await readdir(folder)).not.toContain('refused.dcm');
    await alterFile(at('heart2.dcm'), { PatientID: '' });
    const { notes } = await json<{ notes: string[] }>('copy', at('heart2.dcm'), '--into', at('set.dcm'), '--out', at('unsure.dcm'));
    expect(notes).toEqual(['that both sets are of one patient was not checked: a Patient ID is missing']);
  });

  it('ends with 2 when used wrongly, with 1 when a file cannot be read', async () => {
    expect((await rondo('rtstruct')).code).toBe(2);
    expect((await rondo('rtstruct', 'list')).code).toBe(2);
    expect((await rondo('rtstruct', 'from-masks', 'a.nii', '--ct', at('ct'), '--out', at('no.dcm'), '--mode', 'round')).code).toBe(2);
    expect((await rondo('rtstruct', 'list', at('nowhere.dcm'))).code).toBe(1);
  });
});
