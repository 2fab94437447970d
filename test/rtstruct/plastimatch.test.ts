import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { writeCtSeries } from '../../src/ct/index.ts';
import { Mask } from '../../src/geometry/index.ts';
import { writeStructureSet } from '../../src/rtstruct/index.ts';
import { inTemporaryFolder, testCt } from '../support/ctSeries.ts';
import { plastimatchMasks } from '../support/plastimatch.ts';
import { blobs, drawn, maskOf, sameVoxels } from './masks.ts';
import { makeSet } from './structureSets.ts';

describe('a second opinion by plastimatch', () => {
  it('rasterises the written file to the identical masks', async () => {
    await inTemporaryFolder(async (folder) => {
      // plastimatch reads evenly spaced, unturned slices only.
      const ct = testCt({ geometry: { size: [64, 48, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 5, 7.5, 10], originMm: [-37.5, 12.25, -101.25] } });
      const { geometry } = ct.volume;
      const ring = drawn(geometry, ...Array.from({ length: 5 }, () => `..........\n.########.\n.########.\n.##....##.\n.##.##.##.\n.##.##.##.\n.##....##.\n.########.\n.########.`));
      const masks = new Map([
        ['External', maskOf(geometry, (i, j) => (i - 30) ** 2 / 700 + (j - 22) ** 2 / 400 < 1)],
        ['Lung_L', blobs(geometry, 8, 9)],
        ['Heart', ring],
      ]);
      const [ctFolder, file] = [join(folder, 'ct'), join(folder, 'rs.dcm')];
      await mkdir(ctFolder);
      await writeCtSeries(ct, ctFolder);
      await writeFile(file, writeStructureSet(makeSet(ct, masks), ct));
      const theirs = await plastimatchMasks(file, ctFolder);
      expect([...theirs.keys()].sort()).toEqual(['External', 'Heart', 'Lung_L']);
      for (const [name, mask] of masks) {
        const voxels = theirs.get(name) ?? new Uint8Array();
        expect(voxels).toHaveLength(geometry.voxelCount);
        expect([name, sameVoxels(Mask.fromVoxels(geometry, voxels, (voxel) => voxel !== 0), mask)]).toEqual([name, true]);
      }
    });
  });
});
