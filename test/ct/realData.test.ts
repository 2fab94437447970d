import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect } from '@jest/globals';
import { RondoError } from '../../src/errors.ts';
import { readPlanningCt } from '../../src/ct/index.ts';
import { looksLikeDicom, readDicom, texts, type PlanningCt } from '../../src/dicom/index.ts';
import { inTemporaryFolder } from '../support/ctSeries.ts';
import { itWithSharedData } from '../support/sharedData.ts';

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const files: string[] = [];
  for (const name of names.sort()) if ((await stat(join(folder, name))).isFile()) files.push(name);
  return files;
}

/** What reading gives: the CT, or the code of the named error. Anything else fails the test. */
async function outcome(folder: string, seriesInstanceUid?: string): Promise<PlanningCt | string> {
  try {
    return await readPlanningCt(folder, seriesInstanceUid === undefined ? {} : { seriesInstanceUid });
  } catch (error) {
    if (error instanceof RondoError) return error.code;
    throw error;
  }
}

/** Comparing millions of values one by one takes the test library a minute. */
function same(a: Int16Array, b: Int16Array): boolean {
  return Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;
}

/** The share of voxels from `low` up to, not including, `high`. */
function share(voxels: Int16Array, low: number, high: number): number {
  let count = 0;
  for (const value of voxels) if (value >= low && value < high) count++;
  return count / voxels.length;
}

describe('real CT series', () => {
  itWithSharedData('chest-ct', 'a chest in JPEG-LS: 102 even slices, air, tissue and bone where they belong', async (folder) => {
    const { volume, slices, patientPosition, skipped } = await readPlanningCt(folder);
    expect(volume.geometry.size).toEqual([512, 512, 102]);
    expect(volume.geometry.sliceGapsMm().every((gap) => Math.abs(gap - 3) < 1e-6)).toBe(true);
    expect([patientPosition, slices.length]).toEqual(['HFS', 102]);
    expect(skipped.map(({ reason }) => reason)).toEqual(['not a DICOM file']);
    const between = (low: number, high: number): number => share(volume.voxels, low, high);
    expect(between(-100, 150)).toBeGreaterThan(0.15);
    expect(between(-950, -700)).toBeGreaterThan(0.03);
    expect(between(300, 2000)).toBeGreaterThan(0.005);
    expect(volume.voxels[volume.geometry.offset(256, 256, 50)]).toBeGreaterThan(-1000);
  });

  itWithSharedData('ffs-ct', 'an abdomen in RLE whose Rescale Intercept is 0', async (folder) => {
    const { volume, patientPosition } = await readPlanningCt(folder);
    expect([patientPosition, ...volume.geometry.size]).toEqual(['FFS', 512, 512, 36]);
    expect(share(volume.voxels, -100, 150)).toBeGreaterThan(0.15);
  });

  itWithSharedData('hostile/rtutils_oblique', 'an oblique series without Frame of Reference, and a single slice, are refused', async (folder) => {
    expect(await outcome(join(folder, 'oriented_data'))).toBe('ct-frame-of-reference-absent');
    expect(await outcome(join(folder, 'one_slice_data'))).toBe('ct-frame-of-reference-absent');
  });

  itWithSharedData('breast-rtstruct', 'a structure set, a plan and one CT slice are no series', async (folder) => {
    expect(await outcome(folder)).toBe('ct-too-few-slices');
  });
});

describe('transfer syntaxes', () => {
  /** Largest mean difference in HU from the uncompressed slice: 0 where lossless. 8-bit JPEG keeps 256 of 4096 grey values. */
  const SYNTAXES: Readonly<Record<string, number>> = {
    '1.2.840.10008.1.2': 0,
    '1.2.840.10008.1.2.1': 0,
    '1.2.840.10008.1.2.1.99': 0,
    '1.2.840.10008.1.2.2': 0,
    '1.2.840.10008.1.2.4.50': 20,
    '1.2.840.10008.1.2.4.51': 5,
    '1.2.840.10008.1.2.4.53': 5,
    '1.2.840.10008.1.2.4.55': 5,
    '1.2.840.10008.1.2.4.57': 0,
    '1.2.840.10008.1.2.4.70': 0,
    '1.2.840.10008.1.2.4.80': 0,
    '1.2.840.10008.1.2.4.81': 2,
    '1.2.840.10008.1.2.4.90': 0,
    '1.2.840.10008.1.2.4.91': 2,
    '1.2.840.10008.1.2.5': 0,
  };
  const FOLDER = 'hostile/cornerstone_ct_all_ts';

  /** The same slice 5 mm further on: bytes are patched so that the pixels stay as they are encoded. */
  function shifted(bytes: Buffer): Buffer {
    const isDeflated = readDicom(bytes).transferSyntaxUid === '1.2.840.10008.1.2.1.99';
    const start = isDeflated ? 144 + bytes.readUInt32LE(140) : 0;
    const body = isDeflated ? inflateRawSync(bytes.subarray(start)) : Buffer.from(bytes);
    const { dataset } = readDicom(bytes);
    const [sopInstanceUid] = texts(dataset, 'SOPInstanceUID');
    const replace = (from: string, to: string): void => {
      const at = body.lastIndexOf(from);
      expect(at).toBeGreaterThan(0);
      body.write(to, at, 'latin1');
    };
    replace(sopInstanceUid, `${sopInstanceUid.slice(0, -1)}${sopInstanceUid.endsWith('1') ? 2 : 1}`);
    const position = dataset['ImagePositionPatient'];
    if (typeof position !== 'string') throw new Error('Image Position (Patient) is text');
    replace(position, position.replace(/4\.7/, '9.7'));
    return isDeflated ? Buffer.concat([bytes.subarray(0, start), deflateRawSync(body)]) : body;
  }

  /** HU of the slice in one transfer syntax, read as a series of two. */
  async function decoded(folder: string, syntax: string): Promise<Int16Array> {
    const name = (await filesIn(folder)).find((file) => file.startsWith('CTImage.dcm_') && file.endsWith(`_${syntax}.dcm`));
    return await inTemporaryFolder(async (own) => {
      const bytes = await readFile(join(folder, name ?? 'absent'));
      expect(readDicom(bytes).transferSyntaxUid).toBe(syntax);
      await writeFile(join(own, 'a'), bytes);
      await writeFile(join(own, 'b'), shifted(bytes));
      const { geometry, voxels } = (await readPlanningCt(own)).volume;
      expect(geometry.sliceOffsetsMm[1]).toBeCloseTo(5, 6);
      const [first, second] = [voxels.slice(0, voxels.length / 2), voxels.slice(voxels.length / 2)];
      expect(same(first, second)).toBe(true);
      return first;
    });
  }

  let uncompressed: Promise<Int16Array> | undefined;
  for (const [syntax, tolerance] of Object.entries(SYNTAXES)) {
    itWithSharedData(FOLDER, `${syntax} decodes ${tolerance === 0 ? 'to the same values as uncompressed' : `within ${tolerance} HU on average`}`, async (folder) => {
      uncompressed ??= decoded(folder, '1.2.840.10008.1.2.1');
      const [reference, values] = [await uncompressed, await decoded(folder, syntax)];
      const difference = values.reduce((sum, value, index) => sum + Math.abs(value - reference[index]), 0) / values.length;
      expect(difference).toBeLessThanOrEqual(tolerance);
    });
  }

  itWithSharedData(FOLDER, 'pixels that cannot be decoded are refused with the transfer syntax', async (folder) => {
    await inTemporaryFolder(async (own) => {
      const bytes = await readFile(join(folder, 'CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm'));
      // The start of the JPEG-LS stream, overwritten.
      const spoilt = Buffer.from(bytes);
      spoilt.fill(0, spoilt.indexOf(Buffer.from([0xff, 0xd8, 0xff])), spoilt.indexOf(Buffer.from([0xff, 0xd8, 0xff])) + 40);
      await writeFile(join(own, 'a'), bytes);
      await writeFile(join(own, 'b'), shifted(spoilt));
      await expect(readPlanningCt(own)).rejects.toMatchObject({ code: 'ct-pixels-undecodable', subject: { file: join(own, 'b') } });
      await expect(readPlanningCt(own)).rejects.toThrow('1.2.840.10008.1.2.4.80');
    });
  });
});

describe('hostile files', () => {
  itWithSharedData('hostile', 'each alone ends in a named error', async (folder) => {
    const outcomes = new Map<string, number>();
    for (const name of await filesIn(folder)) {
      await inTemporaryFolder(async (own) => {
        await copyFile(join(folder, name), join(own, 'file'));
        const result = await outcome(own);
        expect([name, typeof result]).toEqual([name, 'string']);
        if (typeof result === 'string') outcomes.set(result, (outcomes.get(result) ?? 0) + 1);
      });
    }
    // No file that cannot be read is taken for "no CT here" unless it says that it is something else.
    expect(outcomes.get('ct-none')).toBeGreaterThan(50);
  });

  itWithSharedData('hostile/pydicom_test_files', 'every file is read whole or refused by name', async (folder) => {
    for (const name of await filesIn(folder)) {
      const bytes = await readFile(join(folder, name));
      if (!looksLikeDicom(bytes)) continue;
      try {
        readDicom(bytes);
      } catch (error) {
        expect([name, error instanceof RondoError]).toEqual([name, true]);
      }
    }
  });

  itWithSharedData('hostile/pydicom_test_files', 'cut at any place, none hangs or fails without a name', async (folder) => {
    for (const name of ['CT_small.dcm', 'UN_sequence.dcm', 'rtstruct.dcm', 'MR_small_RLE.dcm', 'image_dfl.dcm', 'rtdose_expb_1frame.dcm', 'test-SR.dcm']) {
      const bytes = await readFile(join(folder, name));
      for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 150)) {
        try {
          readDicom(bytes.subarray(0, length));
        } catch (error) {
          expect([name, length, error instanceof RondoError]).toEqual([name, length, true]);
        }
      }
    }
  });

  itWithSharedData('chest-ct', 'a real series among them is refused because of the broken ones, and read without them', async (folder) => {
    const hostile = join(folder, '..', 'hostile', 'pydicom_test_files');
    await inTemporaryFolder(async (own) => {
      for (const name of (await filesIn(folder)).slice(0, 6)) await copyFile(join(folder, name), join(own, name));
      const broken: string[] = [];
      const alone = await readPlanningCt(own);
      const { seriesInstanceUid } = alone;
      for (const [index, name] of (await filesIn(hostile)).entries()) {
        const copy = join(own, `z${index}`);
        await copyFile(join(hostile, name), copy);
        const result = await inTemporaryFolder(async (single) => {
          await copyFile(copy, join(single, 'x'));
          return await outcome(single);
        });
        if (['dicom-truncated', 'dicom-malformed', 'dicom-not-dicom', 'dicom-character-set', 'ct-attribute'].some((code) => code === result)) broken.push(copy);
      }
      expect(broken.length).toBeGreaterThan(0);
      expect(typeof (await outcome(own, seriesInstanceUid))).toBe('string');
      for (const copy of broken) await writeFile(copy, 'no longer DICOM');
      const among = await readPlanningCt(own, { seriesInstanceUid });
      expect(same(among.volume.voxels, alone.volume.voxels)).toBe(true);
      expect(among.skipped.length).toBe((await filesIn(own)).length - among.slices.length);
    });
  });
});
