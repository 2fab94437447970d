import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readPlanningCt, writeCtSeries } from '../../src/ct/index.ts';
import { inTemporaryFolder, testCt, writeTestCt } from '../support/ctSeries.ts';

const hasDciodvfy = spawnSync('dciodvfy', ['-version']).error === undefined;

describe('a CT series written by Rondo', () => {
  (hasDciodvfy ? it : it.skip)('has no error by dciodvfy (skipped where dicom3tools is not installed)', async () => {
    await inTemporaryFolder(async (folder) => {
      for (const attributes of [{}, { PatientName: 'Müller^A', PatientID: '', PatientSex: '', StudyDescription: '' }]) {
        for (const file of await writeTestCt(folder, { attributes, patientPosition: 'FFDR' })) {
          // dciodvfy tells its findings on standard error, and exits 0 or 1.
          const { stderr, stdout } = spawnSync('dciodvfy', [file], { encoding: 'utf8' });
          expect(`${stdout}${stderr}`).toContain('CTImage');
          expect(`${stdout}${stderr}`).not.toMatch(/^Error/m);
        }
      }
    });
  });

  it('has names in slice order that hold nothing of the patient', async () => {
    await inTemporaryFolder(async (folder) => {
      const geometry = { size: [3, 4, 11] as const, sliceOffsetsMm: Array.from({ length: 11 }, (_, k) => 2 * k) };
      const names = (await writeTestCt(folder, { geometry })).map((file) => basename(file));
      expect(names).toEqual(Array.from({ length: 11 }, (_, k) => `ct.${String(k + 1).padStart(2, '0')}.dcm`));
    });
  });

  it('takes positions and UIDs from the geometry and the series where the slices have none', async () => {
    await inTemporaryFolder(async (folder) => {
      const ct = testCt();
      await writeCtSeries({ ...ct, slices: undefined }, folder);
      const again = await readPlanningCt(folder);
      expect(again.slices.map(({ imagePositionMm }) => imagePositionMm)).toEqual(ct.slices.map(({ imagePositionMm }) => imagePositionMm));
      expect(new Set(again.slices.map(({ sopInstanceUid }) => sopInstanceUid)).size).toBe(6);
    });
  });

  it('refuses attributes that cannot stand in a file', async () => {
    await inTemporaryFolder(async (folder) => {
      await expect(writeTestCt(folder, { attributes: { PatientID: 'x'.repeat(65) } })).rejects.toMatchObject({ code: 'dicom-value' });
    });
  });
});
