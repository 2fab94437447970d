import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readCtHeaders } from '../../src/ct/index.ts';
import { text, uidFrom } from '../../src/dicom/index.ts';
import { alterFile, alterFiles, inTemporaryFolder, writeTestCt } from '../support/ctSeries.ts';

describe('readCtHeaders', () => {
  it('gives the data set of every slice, also where they make no volume', async () => {
    await inTemporaryFolder(async (folder) => {
      const files = await writeTestCt(folder);
      await alterFile(files[1], { StationName: 'OTHER', ImagePositionPatient: undefined, RescaleSlope: undefined });
      const { seriesInstanceUid, headers, skipped } = await readCtHeaders(folder);
      expect([seriesInstanceUid, headers.length, skipped]).toEqual([uidFrom('test', 'series'), files.length, []]);
      expect(headers.map((header) => text(header, 'StationName')).sort()).toEqual(['', '', '', '', '', 'OTHER']);
      expect(headers.some((header) => 'PixelData' in header)).toBe(false);
    });
  });

  it('leaves out localizers, and asks which of two series is meant', async () => {
    await inTemporaryFolder(async (folder) => {
      const files = await writeTestCt(path.join(folder, 'a'));
      await alterFile(files[0], { ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER', StationName: 'SCOUT' });
      expect((await readCtHeaders(folder)).headers.map((header) => text(header, 'StationName'))).toEqual(['', '', '', '', '']);
      await alterFiles(await writeTestCt(path.join(folder, 'b'), { name: 'b' }), { StationName: 'B' });
      await expect(readCtHeaders(folder)).rejects.toMatchObject({ code: 'ct-several-series' });
      const { headers } = await readCtHeaders(folder, { seriesInstanceUid: uidFrom('test', 'b') });
      expect(new Set(headers.map((header) => text(header, 'StationName')))).toEqual(new Set(['B']));
    });
  });
});
