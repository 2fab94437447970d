import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readOverlappingSegmentationNode } from '@itk-wasm/dicom';
import { describe, expect, it } from '@jest/globals';
import { items, numbers, readDicom, text, type PlanningCt } from '../../src/dicom/index.ts';
import { Mask, type Vector3 } from '../../src/geometry/index.ts';
import { writeSegmentation, type Segment } from '../../src/segmentation/index.ts';
import { blobs, maskOf } from '../rtstruct/masks.ts';
import { inTemporaryFolder, testCt } from '../support/ctSeries.ts';
import { POSITIONS } from '../support/geometries.ts';

const EVEN = { size: [37, 26, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 5, 7.5, 10] } as const;
const IDENTITY = { product: 'Rondo', version: '0.1.0', date: '20250203', time: '112233' };
const ANATOMY = { value: '91723000', scheme: 'SCT', meaning: 'Anatomical Structure' };
const HEART = { value: '80891009', scheme: 'SCT', meaning: 'Heart' };

function segmentsOn(ct: PlanningCt): Segment[] {
  const { geometry } = ct.volume;
  const segment = (label: string, mask: Mask): Segment => ({ label, mask, algorithm: 'AUTOMATIC', category: ANATOMY, property: HEART });
  // Overlapping, one in a corner of the image, one voxel alone, slices without voxels.
  return [segment('Blobs', blobs(geometry, 1, 4)), segment('Corner', maskOf(geometry, (i, j, k) => i < 9 && j < 5 && k > 0 && k < 4)), segment('Voxel', maskOf(geometry, (i, j, k) => i === 36 && j === 25 && k === 2))];
}

describe('writeSegmentation', () => {
  it('gives a valid object, also where slices are uneven', async () => {
    const ct = testCt({ geometry: { ...EVEN, sliceOffsetsMm: [0, 2.5, 4.5, 8, 10] } });
    await inTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'seg.dcm'), writeSegmentation(segmentsOn(ct), ct, IDENTITY));
      const said = execFileSync('bash', ['-c', `dciodvfy ${join(folder, 'seg.dcm')} 2>&1 || true`], { encoding: 'utf8' });
      expect(said).toContain('Segmentation');
      expect(said.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    });
  });

  it.each(POSITIONS)('is read by DCMTK in the patient where each voxel was: $name', async ({ rowDirection, columnDirection }) => {
    const ct = testCt({ geometry: { ...EVEN, rowDirection, columnDirection } });
    const segments = segmentsOn(ct);
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, 'seg.dcm');
      await writeFile(file, writeSegmentation(segments, ct, IDENTITY));
      const { segImage } = await readOverlappingSegmentationNode(file);
      const { size, spacing, origin, direction, data, imageType } = segImage;
      const found = segments.map(() => new Uint8Array(ct.volume.geometry.voxelCount));
      const axis = (column: number): Vector3 => [Number(direction[column]), Number(direction[column + 3]), Number(direction[column + 6])];
      for (let at = 0; at < size[0] * size[1] * size[2]; at++) {
        const index = [at % size[0], Math.floor(at / size[0]) % size[1], Math.floor(at / size[0] / size[1])];
        const position = [0, 1, 2].map((xyz) => origin[xyz] + index.reduce((sum, step, own) => sum + step * spacing[own] * axis(own)[xyz], 0)) as unknown as Vector3;
        const [i, j, k] = ct.volume.geometry.toVoxel(position).map(Math.round);
        segments.forEach((_, segment) => {
          if (Number(data?.[at * imageType.components + segment]) !== 0) found[segment][ct.volume.geometry.offset(i, j, k)] = 1;
        });
      }
      segments.forEach(({ mask }, segment) => { expect([...found[segment]]).toEqual([...mask.toDense()]); });
    });
  });

  it('names the slice of every frame, and leaves out slices without voxels', () => {
    const ct = testCt({ geometry: EVEN });
    const segments = segmentsOn(ct);
    const { dataset, pixelData } = readDicom(writeSegmentation(segments, ct, IDENTITY));
    const frames = items(dataset, 'PerFrameFunctionalGroupsSequence').map((frame) => ({
      segment: numbers(items(frame, 'SegmentIdentificationSequence')[0], 'ReferencedSegmentNumber')[0],
      image: text(items(items(frame, 'DerivationImageSequence')[0], 'SourceImageSequence')[0], 'ReferencedSOPInstanceUID'),
    }));
    expect(frames.filter(({ segment }) => segment === 2).map(({ image }) => image)).toEqual([1, 2, 3].map((k) => ct.slices[k].sopInstanceUid));
    expect(frames.filter(({ segment }) => segment === 3)).toHaveLength(1);
    expect(numbers(dataset, 'NumberOfFrames')).toEqual([frames.length]);
    expect(pixelData?.byteLength).toBe(2 * Math.ceil((frames.length * 37 * 26) / 16));
  });

  it('refuses nothing at all, empty segments, and masks of another grid', () => {
    const ct = testCt({ geometry: EVEN });
    const [segment] = segmentsOn(ct);
    const { geometry } = ct.volume;
    expect(() => writeSegmentation([], ct, IDENTITY)).toThrow(expect.objectContaining({ code: 'seg-empty' }));
    expect(() => writeSegmentation([{ ...segment, mask: Mask.empty(geometry) }], ct, IDENTITY)).toThrow(expect.objectContaining({ code: 'seg-empty' }));
    expect(() => writeSegmentation([segment], testCt({ geometry: { ...EVEN, originMm: [0, 0, 0] } }), IDENTITY)).toThrow(expect.objectContaining({ code: 'seg-grid' }));
  });
});
