import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readPlanningCt, writeCtSeries } from '../../src/ct/index.ts';
import { Mask, type Vector3 } from '../../src/geometry/index.ts';
import { bundledPhantoms, readPhantom, type Phantom } from '../../src/phantom/index.ts';
import { inTemporaryFolder } from '../support/ctSeries.ts';
import { writeNifti, type NiftiToWrite } from '../support/niftiFile.ts';

const RECORD = {
  format: 'rondo-phantom/2',
  name: 'tiny',
  seed: 5,
  description: 'a box with a block to its left',
  patientPosition: 'HFS',
  scan: 'good',
  labels: [
    { file: 'organs.nii.gz', structures: { External: [1, 2], Block_L: [2] } },
    { file: 'targets.nii.gz', structures: { CTVp_L: [3] } },
  ],
  licence: 'Apache-2.0',
};

const SIZE = [7, 5, 4] as const;
/** x to the left, y to posterior, z to superior, spacings 2, 3, 4 mm: first voxel at LPS (10, -20, 30). */
const AXES_LPS: NiftiToWrite['affineRas'] = [[-2, 0, 0, -10], [0, -3, 0, 20], [0, 0, 4, 30]];
const AXES_OTHER: NiftiToWrite['affineRas'] = [[-2, 0, 0, -10], [0, -3, 0, 20], [0, 0, 4, 31]];
const AXES_LEFT_HANDED: NiftiToWrite['affineRas'] = [[2, 0, 0, -10], [0, -3, 0, 20], [0, 0, 4, 30]];
const VOXELS = SIZE[0] * SIZE[1] * SIZE[2];

interface TinyPhantom {
  record?: object;
  ct?: Partial<NiftiToWrite>;
  labels?: Partial<NiftiToWrite>;
  targets?: Partial<NiftiToWrite>;
}

async function tinyPhantom(folder: string, { record = {}, ct = {}, labels = {}, targets = {} }: TinyPhantom = {}): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'phantom.json'), JSON.stringify({ ...RECORD, ...record }));
  await writeNifti(join(folder, 'ct.nii.gz'), { size: SIZE, affineRas: AXES_LPS, datatype: 'int16', values: Array.from({ length: VOXELS }, (_, index) => index * 5 - 300), ...ct });
  const labelMap = { size: SIZE, affineRas: AXES_LPS, datatype: 'uint8' as const };
  await writeNifti(join(folder, 'organs.nii.gz'), { ...labelMap, values: Array.from({ length: VOXELS }, (_, index) => (index % 7 >= 5 ? 2 : index % 7 >= 1 ? 1 : 0)), ...labels });
  await writeNifti(join(folder, 'targets.nii.gz'), { ...labelMap, values: Array.from({ length: VOXELS }, (_, index) => (index % 7 === 6 ? 3 : 0)), ...targets });
}

const readTiny = async (phantom: TinyPhantom = {}): Promise<Phantom> =>
  await inTemporaryFolder(async (folder) => {
    await tinyPhantom(folder, phantom);
    return await readPhantom(folder);
  });

/** Mean patient position (LPS, mm) of a mask's voxels. */
function centre(mask: Mask): Vector3 {
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  const { min, size } = mask.box;
  for (let k = min[2]; k < min[2] + size[2]; k++) {
    for (let j = min[1]; j < min[1] + size[1]; j++) {
      for (let i = min[0]; i < min[0] + size[0]; i++) {
        if (!mask.has(i, j, k)) continue;
        count++;
        mask.geometry.toPatient([i, j, k]).forEach((value, axis) => (sum[axis] += value));
      }
    }
  }
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}

describe('a phantom folder', () => {
  it('may be named relative to the working folder', async () => {
    await inTemporaryFolder(async (folder) => {
      await tinyPhantom(folder);
      expect((await readPhantom(relative(process.cwd(), folder))).name).toBe('tiny');
    });
  });

  it('gives a CT and masks at the patient coordinates that its NIfTI axes say', async () => {
    const { ct, structures, name, seed } = await readTiny();
    const { geometry, voxels } = ct.volume;
    expect([name, seed]).toEqual(['tiny', 5]);
    expect(geometry.size).toEqual([7, 5, 4]);
    expect([geometry.columnSpacingMm, geometry.rowSpacingMm, ...geometry.sliceGapsMm()]).toEqual([2, 3, 4, 4, 4]);
    expect(geometry.toPatient([0, 0, 0])).toEqual([10, -20, 30]);
    expect(geometry.toPatient([6, 4, 3])).toEqual([22, -8, 42]);
    expect([voxels[0], voxels[geometry.offset(6, 4, 3)]]).toEqual([-300, 395]);
    expect(structures.map(({ name: structure, mask }) => [structure, mask.voxelCount])).toEqual([['External', 6 * 20], ['Block_L', 2 * 20], ['CTVp_L', 20]]);
    const [external, block] = structures.map(({ mask }) => centre(mask));
    expect(block[0]).toBeGreaterThan(external[0]);
    expect(ct.slices.map(({ imagePositionMm }) => imagePositionMm[2])).toEqual([30, 34, 38, 42]);
  });

  it('follows axes that run otherwise: columns to the right, rows to anterior', async () => {
    const turned: NiftiToWrite['affineRas'] = [[2, 0, 0, -10], [0, 3, 0, 20], [0, 0, 4, 30]];
    const { ct } = await readTiny({ ct: { affineRas: turned }, labels: { affineRas: turned }, targets: { affineRas: turned } });
    expect(ct.volume.geometry.toPatient([1, 0, 0]).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([8, -20, 30]);
    expect(ct.volume.geometry.toPatient([0, 1, 0]).map((value) => Math.round(value * 1e6) / 1e6)).toEqual([10, -23, 30]);
  });

  it('has the same UIDs whenever it is read, and others under another name or seed', async () => {
    const uids = ({ ct }: Phantom): string[] => [ct.attributes.StudyInstanceUID, ct.seriesInstanceUid, ct.volume.geometry.frameOfReferenceUid, ...ct.slices.map(({ sopInstanceUid }) => sopInstanceUid)];
    const [once, again, otherName, otherSeed] = [await readTiny(), await readTiny(), await readTiny({ record: { name: 'other' } }), await readTiny({ record: { seed: 6 } })].map(uids);
    expect(again).toEqual(once);
    expect(new Set([...once, ...otherName, ...otherSeed]).size).toBe(3 * 7);
  });

  it.each<[string, TinyPhantom]>([
    ['phantom-invalid', { record: { format: 'rondo-phantom/1' } }],
    ['phantom-invalid', { record: { patientPosition: 'HFP' } }],
    ['phantom-invalid', { record: { name: '../x' } }],
    ['phantom-invalid', { record: { labels: [{ file: 'organs.nii.gz', structures: { Heart: [] } }] } }],
    ['phantom-invalid', { record: { labels: [{ file: '../organs.nii.gz', structures: { Heart: [1] } }] } }],
    ['phantom-invalid', { record: { labels: [] } }],
    ['phantom-invalid', { record: { labels: [{ file: 'organs.nii.gz', structures: { Heart: [1] } }, { file: 'targets.nii.gz', structures: { Heart: [3] } }] } }],
    ['phantom-invalid', { record: { scan: 'poor' } }],
    ['phantom-invalid', { record: { unheardOf: 1 } }],
    ['phantom-invalid', { labels: { affineRas: AXES_OTHER } }],
    ['phantom-invalid', { targets: { affineRas: AXES_OTHER } }],
    ['phantom-invalid', { targets: { datatype: 'int16' } }],
    ['phantom-invalid', { ct: { datatype: 'float32' } }],
    ['nifti-unreadable', { ct: { affineRas: AXES_LEFT_HANDED }, labels: { affineRas: AXES_LEFT_HANDED }, targets: { affineRas: AXES_LEFT_HANDED } }],
  ])('is refused with %s when it is wrong: %j', async (code, phantom) => {
    await expect(readTiny(phantom)).rejects.toMatchObject({ code });
  });

  it('is refused when files are missing', async () => {
    await expect(readPhantom('no such folder')).rejects.toMatchObject({ code: 'phantom-missing' });
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'phantom.json'), JSON.stringify(RECORD));
      await expect(readPhantom(folder)).rejects.toMatchObject({ code: 'nifti-unreadable' });
    });
  });
});

describe('the bundled phantoms', () => {
  it('are at least two, each anatomically the right way round', async () => {
    const bundled = await bundledPhantoms();
    expect(bundled.length).toBeGreaterThanOrEqual(2);
    for (const { name, folder } of bundled) {
      const phantom = await readPhantom(folder);
      expect(phantom.name).toBe(name);
      const { voxels, geometry } = phantom.ct.volume;
      const masks = new Map(phantom.structures.map(({ name: structure, mask }) => [structure, mask]));
      const at = (structure: string): Vector3 => centre(masks.get(structure) ?? Mask.empty(geometry));
      // x grows to the patient's left, y to the back.
      expect(at('Lung_L')[0]).toBeGreaterThan(at('Lung_R')[0] + 80);
      expect(at('Heart')[0]).toBeGreaterThan(at('Lung_R')[0] + 40);
      expect(at('SpinalCord')[1]).toBeGreaterThan(at('Heart')[1] + 40);
      expect(meanHu(voxels, masks.get('Lung_L') ?? Mask.empty(geometry))).toBeLessThan(-600);
      expect(Math.abs(meanHu(voxels, masks.get('Heart') ?? Mask.empty(geometry)))).toBeLessThan(250);
      expect(voxels.every((value) => value >= -1024)).toBe(true);
    }
  });

  it('show their operation, and the stations from the armpit to the breastbone', async () => {
    const [conserving, mastectomy] = await Promise.all((await bundledPhantoms()).map(async ({ folder }) => await readPhantom(folder)));
    const mask = ({ structures }: Phantom, name: string): Mask | undefined => structures.find((structure) => structure.name === name)?.mask;
    expect(mask(conserving, 'CTVp_Tumorbed_L')?.volumeCc).toBeGreaterThan(5);
    expect(mask(conserving, 'CTVp_Chestwall_L')?.isEmpty).toBe(true);
    expect(mask(mastectomy, 'CTVp_Chestwall_R')?.volumeCc).toBeGreaterThan(40);
    expect(mask(mastectomy, 'CTVp_Breast_R')?.isEmpty).toBe(true);
    for (const phantom of [conserving, mastectomy]) {
      for (const [letter, side] of [['L', 1], ['R', -1]] as const) {
        const lateral = ['L1', 'L2', 'L3', 'L4'].map((station) => side * centre(mask(phantom, `CTVn_${station}_${letter}`) ?? Mask.empty(phantom.ct.volume.geometry))[0]);
        expect(lateral).toEqual(lateral.toSorted((a, b) => b - a));
        expect(lateral[3]).toBeGreaterThan(20);
      }
    }
  });

  it('written as DICOM and read again are the same', async () => {
    const [{ folder }] = await bundledPhantoms();
    const { ct } = await readPhantom(folder);
    await inTemporaryFolder(async (out) => {
      await writeCtSeries(ct, out);
      const again = await readPlanningCt(out);
      expect(again.volume.geometry.agreesWith(ct.volume.geometry, 1e-6)).toBe(true);
      expect(Buffer.compare(Buffer.from(again.volume.voxels.buffer), Buffer.from(ct.volume.voxels.buffer))).toBe(0);
      expect(again.slices).toEqual(ct.slices);
      expect(again.attributes).toEqual(ct.attributes);
    });
  });
});

function meanHu(voxels: Int16Array, mask: Mask): number {
  let [sum, count] = [0, 0];
  mask.toDense().forEach((belongs, index) => {
    if (belongs === 1) [sum, count] = [sum + voxels[index], count + 1];
  });
  return sum / count;
}
