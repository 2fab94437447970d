import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { Archive } from '../../src/archive/index.ts';
import { fileMetaInformation, readDicom, text } from '../../src/dicom/index.ts';
import { writeTestCt } from '../support/ctSeries.ts';

const execute = promisify(execFile);

describe('the archive', () => {
  let folder: string;
  let archive: Archive;
  let files: string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-archive-'));
    archive = await Archive.open(path.join(folder, 'data'));
    files = await writeTestCt(path.join(folder, 'ct'));
  });
  afterEach(async () => { await rm(folder, { recursive: true, force: true }); });

  const arrived = async (file: string, name = path.basename(file)): Promise<string> => {
    const target = path.join(archive.incoming, name);
    await copyFile(file, target);
    return target;
  };

  it('keeps instances as they were received, by study, series and instance', async () => {
    for (const file of files) {
      const added = await archive.add(await arrived(file));
      expect(added.isNew).toBe(true);
      expect(await archive.instance(added.studyInstanceUid, added.seriesInstanceUid, added.sopInstanceUid)).toMatchObject({ file: added.file });
      expect(await readFile(added.file)).toEqual(await readFile(file));
    }
    const { studyInstanceUid, seriesInstanceUid } = await archive.addBytes(await readFile(files[0]));
    const [series, ...others] = await archive.series();
    expect(others).toEqual([]);
    expect(series).toMatchObject({ studyInstanceUid, seriesInstanceUid, instances: files.length });
    expect([await archive.series(studyInstanceUid), await archive.series('1.2.3'), await archive.series('../incoming')]).toEqual([[series], [], []]);
    expect(await archive.instances(studyInstanceUid, seriesInstanceUid)).toHaveLength(files.length);
    expect(await readdir(archive.incoming)).toEqual([]);
  });

  it('takes the same instance once, also when it comes in two ways at once or in another transfer syntax', async () => {
    const copies = await Promise.all([0, 1, 2, 3].map(async (n) => await arrived(files[0], `copy-${n}`)));
    const added = await Promise.all(copies.map(async (copy) => await archive.add(copy)));
    expect(added.filter(({ isNew }) => isNew)).toHaveLength(1);
    await execute('dcmconv', ['+ti', files[0], path.join(archive.incoming, 'implicit')]);
    expect((await archive.add(path.join(archive.incoming, 'implicit'))).isNew).toBe(false);
    expect(await readFile(added[0].file)).toEqual(await readFile(files[0]));
  });

  it('refuses another instance under a UID that it holds, and keeps the first', async () => {
    const first = await archive.add(await arrived(files[0]));
    const changedPixels = Uint8Array.from(await readFile(files[0]));
    changedPixels[changedPixels.length - 3] ^= 1;
    await expect(archive.addBytes(changedPixels)).rejects.toMatchObject({ code: 'instance-differs', subject: { uid: first.sopInstanceUid } });
    await execute('dcmodify', ['-nb', '-m', 'StudyDescription=other', await arrived(files[0], 'changed')]);
    await expect(archive.add(path.join(archive.incoming, 'changed'))).rejects.toMatchObject({ code: 'instance-differs' });
    expect(await readFile(first.file)).toEqual(await readFile(files[0]));
    expect(await readdir(archive.incoming)).toEqual([]);
  });

  it.each([
    ['noise', () => Uint8Array.from({ length: 4000 }, (_, n) => (n * 89) % 251)],
    ['nothing', () => new Uint8Array(0)],
    ['half an instance', async () => (await readFile(files[0])).subarray(0, 700)],
  ])('refuses %s', async (_, bytes) => {
    await expect(archive.addBytes(await bytes())).rejects.toMatchObject({ code: 'instance-not-dicom' });
    expect(await archive.series()).toEqual([]);
    expect(await readdir(archive.incoming)).toEqual([]);
  });

  it.each(['../../1.2', '1.2/3', '1..2', '', 'abc'])('refuses "%s" as a UID, which would be a name of a file', async (uid) => {
    const { dataset } = readDicom(await readFile(files[0]));
    for (const keyword of ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID']) {
      const bytes = Buffer.from(await readFile(files[0]));
      const own = text(dataset, keyword);
      const at = bytes.indexOf(own, 400);
      bytes.fill(0, at, at + own.length);
      bytes.write(uid.slice(0, own.length), at, 'latin1');
      await expect(archive.addBytes(bytes)).rejects.toMatchObject({ code: 'instance-not-dicom' });
    }
    expect(await archive.instance(uid, uid, uid)).toBeUndefined();
    expect(await archive.instances(uid, uid)).toEqual([]);
  });

  it('unpacks no more zeros than any instance has', async () => {
    const bytes = await readFile(files[0]);
    const { meta, datasetOffset } = readDicom(bytes);
    const head = fileMetaInformation({ sopClassUid: text(meta, 'MediaStorageSOPClassUID'), sopInstanceUid: text(meta, 'MediaStorageSOPInstanceUID'), transferSyntaxUid: '1.2.840.10008.1.2.1.99' });
    const packed = (zeros: number): Uint8Array => Buffer.concat([head, deflateRawSync(Buffer.concat([bytes.subarray(datasetOffset), Buffer.alloc(zeros)]))]);
    const [least, bomb] = [packed(0), packed(2 ** 28)];
    expect(bomb.length).toBeLessThan(2 ** 19);
    await expect(archive.addBytes(bomb)).rejects.toMatchObject({ code: 'instance-not-dicom', message: expect.stringContaining('inflates to more') });
    expect(await readdir(archive.incoming)).toEqual([]);
    expect(await archive.addBytes(least)).toMatchObject({ isNew: true });
  });

  it('forgets what was still arriving when the process ended, and holds the rest', async () => {
    await archive.add(await arrived(files[0]));
    await writeFile(path.join(archive.incoming, 'half'), 'half');
    const again = await Archive.open(path.join(folder, 'data'));
    expect(await readdir(again.incoming)).toEqual([]);
    expect((await again.series())[0].instances).toBe(1);
  });

  it('removes a series, and its study with the last one', async () => {
    const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = await archive.add(await arrived(files[0]));
    const [other] = await writeTestCt(path.join(folder, 'other'), { name: 'other', attributes: { StudyInstanceUID: studyInstanceUid } });
    await archive.add(await arrived(other));
    await archive.remove(studyInstanceUid, seriesInstanceUid);
    await archive.remove(studyInstanceUid, seriesInstanceUid);
    expect(await archive.instance(studyInstanceUid, seriesInstanceUid, sopInstanceUid)).toBeUndefined();
    const [left] = await archive.series();
    await archive.remove(left.studyInstanceUid, left.seriesInstanceUid);
    expect(await readdir(path.join(folder, 'data', 'instances'))).toEqual([]);
  });
});
