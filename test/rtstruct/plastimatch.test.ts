import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { writeCtSeries } from '../../src/ct/index.ts';
import { Mask } from '../../src/geometry/index.ts';
import { writeStructureSet } from '../../src/rtstruct/index.ts';
import { inTemporaryFolder, testCt } from '../support/ctSeries.ts';
import { blobs, dice, drawn, maskOf } from './masks.ts';
import { makeSet } from './structureSets.ts';

/** Voxels of a MetaImage with its values in the same file, gzipped or not. */
async function metaImageVoxels(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file);
  const start = bytes.indexOf('ElementDataFile = LOCAL\n') + 'ElementDataFile = LOCAL\n'.length;
  return file.endsWith('.gz') ? gunzipSync(bytes.subarray(start)) : bytes.subarray(start);
}

describe('a second opinion by plastimatch', () => {
  it('rasterises the written file to the same masks', async () => {
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
      const [ctFolder, file, prefix] = [join(folder, 'ct'), join(folder, 'rs.dcm'), join(folder, 'masks')];
      await mkdir(ctFolder);
      await writeCtSeries(ct, ctFolder);
      await writeFile(file, writeStructureSet(makeSet(ct, masks), ct));
      execFileSync('plastimatch', ['convert', '--input', file, '--referenced-ct', ctFolder, '--output-prefix', prefix, '--prefix-format', 'mha'], { stdio: 'pipe' });
      const written = await readdir(prefix);
      expect(written.sort()).toEqual(['External.mha', 'Heart.mha', 'Lung_L.mha']);
      for (const [name, mask] of masks) {
        const voxels = await metaImageVoxels(join(prefix, `${name}.mha`));
        expect(voxels).toHaveLength(geometry.voxelCount);
        expect([name, dice(Mask.fromVoxels(geometry, voxels, (voxel) => voxel !== 0), mask) >= 0.99]).toEqual([name, true]);
      }
    });
  });
});
