import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Coverage, Mask, type VolumeGeometry } from '../../src/geometry/index.ts';
import { readMaskFile, readNifti, writeCoverageFile, writeMaskFile } from '../../src/nifti/index.ts';
import { inTemporaryFolder } from '../support/ctSeries.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { writeNifti, type NiftiToWrite } from '../support/niftiFile.ts';

const EVEN = { size: [11, 7, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 3, 6, 9, 12] } as const;

/** Asymmetric in every direction, so that no flip or exchange of axes goes unseen. */
function corner(geometry: VolumeGeometry): Mask {
  return Mask.fromVoxels(geometry, Uint8Array.from({ length: geometry.voxelCount }, (_, n) => n), (n) => n % 11 < 4 && Math.floor(n / 11) % 7 < 3 && n < 11 * 7 * 2 && n % 5 !== 1);
}

/** The file that holds the mask with its axes in another order and direction, made without Rondo's writer. */
function rearranged(mask: Mask, order: readonly [number, number, number], reversed: readonly boolean[]): NiftiToWrite {
  const { geometry } = mask;
  const size = order.map((own) => geometry.size[own]) as [number, number, number];
  const own = (index: readonly number[]): [number, number, number] => {
    const found: [number, number, number] = [0, 0, 0];
    order.forEach((axis, at) => (found[axis] = reversed[at] ? size[at] - 1 - index[at] : index[at]));
    return found;
  };
  const lps = (index: readonly number[]): readonly number[] => geometry.toPatient(own(index));
  const origin = lps([0, 0, 0]);
  const columns = [lps([1, 0, 0]), lps([0, 1, 0]), lps([0, 0, 1])].map((point) => point.map((value, axis) => value - origin[axis]));
  const values: number[] = [];
  for (let k = 0; k < size[2]; k++) for (let j = 0; j < size[1]; j++) for (let i = 0; i < size[0]; i++) values.push(mask.has(...own([i, j, k])) ? 1 : 0);
  // LPS → RAS: x and y change sign.
  const row = (axis: number): number[] => [...columns.map((column) => column[axis]), origin[axis]].map((value) => (axis < 2 ? -value : value));
  return { size, affineRas: [row(0), row(1), row(2)], datatype: 'uint8', values };
}

describe('masks as NIfTI files', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(20, 12) }])('are written and read on the same voxels: $name', async ({ rowDirection, columnDirection }) => {
    const mask = corner(makeGeometry({ ...EVEN, rowDirection, columnDirection }));
    await inTemporaryFolder(async (folder) => {
      await writeMaskFile(mask, join(folder, 'a.nii.gz'));
      expect((await readMaskFile(join(folder, 'a.nii.gz'), mask.geometry)).toDense()).toEqual(mask.toDense());
      const { originMm, spacingMm } = await readNifti(join(folder, 'a.nii.gz'));
      expect(spacingMm).toEqual([1.25, 0.75, 3]);
      originMm.forEach((value, axis) => { expect(value).toBeCloseTo(mask.geometry.originMm[axis], 3); });
    });
  });

  it('are read on the usual CT of 500 mm in 512 voxels, with slices at a third of a millimetre', async () => {
    const mask = corner(makeGeometry({ size: [512, 512, 40], columnSpacingMm: 500 / 512, rowSpacingMm: 500 / 512, sliceOffsetsMm: Array.from({ length: 40 }, (_, k) => (k * 7) / 3) }));
    await inTemporaryFolder(async (folder) => {
      await writeMaskFile(mask, join(folder, 'a.nii.gz'));
      expect((await readMaskFile(join(folder, 'a.nii.gz'), mask.geometry)).voxelCount).toBe(mask.voxelCount);
    });
  });

  it.each([
    [[0, 1, 2], [true, true, false]],
    [[0, 1, 2], [false, false, true]],
    [[2, 0, 1], [false, true, false]],
    [[1, 2, 0], [true, false, true]],
  ] as const)('are read whatever the order %j and direction %j of their axes', async (order, reversed) => {
    const mask = corner(makeGeometry(EVEN));
    await inTemporaryFolder(async (folder) => {
      await writeNifti(join(folder, 'a.nii.gz'), rearranged(mask, order, reversed));
      expect((await readMaskFile(join(folder, 'a.nii.gz'), mask.geometry)).toDense()).toEqual(mask.toDense());
    });
  });

  it('are read by plastimatch where they were meant to be', async () => {
    const mask = corner(makeGeometry(EVEN));
    await inTemporaryFolder(async (folder) => {
      await writeMaskFile(mask, join(folder, 'a.nii.gz'));
      const out = execFileSync('plastimatch', ['stats', join(folder, 'a.nii.gz')], { encoding: 'utf8' });
      expect(Number(/NONZERO\s+(\d+)/i.exec(out)?.[1] ?? NaN)).toBe(mask.voxelCount);
      const header = execFileSync('plastimatch', ['header', join(folder, 'a.nii.gz')], { encoding: 'utf8' });
      const origin = /Origin = ([-\d.e ]+)/.exec(header)?.[1].trim().split(/\s+/).map(Number) ?? [];
      origin.forEach((value, axis) => { expect(value).toBeCloseTo(mask.geometry.originMm[axis], 2); });
    });
  });

  it.each<[string, string, (file: NiftiToWrite) => NiftiToWrite]>([
    ['another size', 'nifti-other-grid', (file) => ({ ...file, size: [11, 5, 7] })],
    ['a shift of 0.02 mm', 'nifti-other-grid', ({ affineRas: [x, y, z], ...file }) => ({ ...file, affineRas: [[x[0], x[1], x[2], x[3] + 0.02], y, z] })],
    ['another spacing of slices', 'nifti-other-grid', ({ affineRas: [x, y, z], ...file }) => ({ ...file, affineRas: [x, y, [z[0], z[1], z[2] * 1.01, z[3]]] })],
    ['two labels', 'nifti-not-binary', ({ values, ...file }) => ({ ...file, values: values.map((value, n) => (n === 200 ? 2 : value)) })],
    ['fractions', 'nifti-not-binary', ({ values, ...file }) => ({ ...file, datatype: 'float32', values: values.map((value, n) => (n === 200 ? 0.5 : value)) })],
  ])('are refused with %s', async (_, code, change) => {
    const mask = corner(makeGeometry(EVEN));
    await inTemporaryFolder(async (folder) => {
      await writeNifti(join(folder, 'a.nii.gz'), change(rearranged(mask, [0, 1, 2], [false, false, false])));
      await expect(readMaskFile(join(folder, 'a.nii.gz'), mask.geometry)).rejects.toMatchObject({ code });
    });
  });

  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(20, 12) }])('hold shares of voxels in single precision: $name', async ({ rowDirection, columnDirection }) => {
    const geometry = makeGeometry({ ...EVEN, rowDirection, columnDirection });
    const shares = Float32Array.from({ length: 4 * 3 * 2 }, (_, n) => n / 23);
    const coverage = new Coverage(geometry, { min: [5, 2, 1], size: [4, 3, 2] }, shares);
    expect(coverage.volumeCc).toBeCloseTo((12 * 1.25 * 0.75 * 3) / 1000, 9);
    await inTemporaryFolder(async (folder) => {
      await writeCoverageFile(coverage, join(folder, 'a.nii.gz'));
      const { voxels, size, originMm } = await readNifti(join(folder, 'a.nii.gz'));
      expect([voxels.constructor.name, size]).toEqual(['Float32Array', [11, 7, 5]]);
      const dense = new Float32Array(geometry.voxelCount);
      shares.forEach((share, n) => { dense[geometry.offset(5 + (n % 4), 2 + (Math.floor(n / 4) % 3), 1 + Math.floor(n / 12))] = share; });
      expect(Array.from(voxels)).toEqual(Array.from(dense));
      originMm.forEach((value, axis) => { expect(value).toBeCloseTo(geometry.originMm[axis], 3); });
    });
  });

  it('are not written where slices are unevenly spaced, which NIfTI cannot say', async () => {
    const mask = corner(makeGeometry({ ...EVEN, sliceOffsetsMm: [0, 3, 6.5, 9, 12] }));
    await inTemporaryFolder(async (folder) => {
      await expect(writeMaskFile(mask, join(folder, 'a.nii.gz'))).rejects.toMatchObject({ code: 'nifti-uneven' });
    });
  });
});
