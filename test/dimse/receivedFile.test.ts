import { open, readdir, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CT_IMAGE_STORAGE, uidFrom, writeDicom } from '../../src/dicom/index.ts';
import { sendInstances, type DimsePeer, type InstanceToSend } from '../../src/dimse/index.ts';
import { ReceivedFile } from '../../src/dimse/receivedFile.ts';
import { RondoError } from '../../src/errors.ts';
import { inTemporaryFolder } from '../support/ctSeries.ts';
import { runTool, startTool } from '../support/dimsePeers.ts';
import { AE_TITLE, isEmpty, LIMITS, withListener } from './listeners.ts';

const MEGABYTE = 1_000_000;

function instance(number: number, pixelBytes: number): InstanceToSend {
  const sopInstanceUid = uidFrom('instance', number);
  return { sopInstanceUid, bytes: writeDicom({ SOPClassUID: CT_IMAGE_STORAGE, SOPInstanceUID: sopInstanceUid, PixelData: new Uint8Array(pixelBytes) }) };
}

function peerAt(port: number): DimsePeer {
  return { host: '127.0.0.1', port, aeTitle: AE_TITLE, callingAeTitle: 'SENDER', timeoutMs: 30_000 };
}

function full(): Error {
  return Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
}

/** A file of which one operation fails, and that can be made to wait. */
async function faulty(file: string, faults: { write?: (times: number) => Promise<void>; sync?: () => Promise<void> }): Promise<FileHandle> {
  const handle = await open(file, 'wx');
  const { write = () => Promise.resolve(), sync = () => Promise.resolve() } = faults;
  let times = 0;
  const writeFile = handle.writeFile.bind(handle);
  handle.writeFile = async (...values) => {
    await write(++times);
    await writeFile(...values);
  };
  const flush = handle.sync.bind(handle);
  handle.sync = async () => {
    await sync();
    await flush();
  };
  return handle;
}

describe('a disk that is full', () => {
  it.each<[string, (file: string, count: number) => Promise<FileHandle>]>([
    ['at the file', (file, count) => (count === 2 ? Promise.reject(full()) : open(file, 'wx'))],
    ['at its start', (file, count) => faulty(file, { write: () => (count === 2 ? Promise.reject(full()) : Promise.resolve()) })],
    ['in its middle', (file, count) => faulty(file, { write: (times) => (count === 2 && times === 9 ? Promise.reject(full()) : Promise.resolve()) })],
    ['at its end', (file, count) => faulty(file, { sync: () => (count === 2 ? Promise.reject(full()) : Promise.resolve()) })],
  ])('%s: the sender is told, the other instances are stored, and nothing is left over', async (_name, create) => {
    let count = 0;
    await withListener({ createFile: async (file) => await create(file, ++count) }, async ({ port, incoming, received, events }) => {
      const outcomes = await sendInstances(peerAt(port), [1, 2, 3].map((number) => instance(number, 3 * MEGABYTE)));
      expect(outcomes.map(({ status }) => status)).toEqual(['0000', 'A700', '0000']);
      expect(received.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([uidFrom('instance', 1), uidFrom('instance', 3)]);
      expect(await isEmpty(incoming)).toBe(true);
      expect(events.map(({ event }) => event)).toEqual(['association-accepted', 'instance-stored', 'instance-refused', 'instance-stored']);
    });
  });

  it('for real', async () => {
    await withListener({}, async ({ listener, port, incoming, received }) => {
      const { code, output } = await runTool('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', incoming]);
      if (code !== 0) {
        // Only root may mount, and not in every container: the cases above stand for this one.
        expect(output).not.toBe('');
        return;
      }
      try {
        const outcomes = await sendInstances(peerAt(port), [instance(1, 3 * MEGABYTE), instance(2, MEGABYTE)]);
        expect(outcomes.map(({ status }) => status)).toEqual(['A700', '0110']);
        expect(received).toEqual([]);
        expect(await isEmpty(incoming)).toBe(true);
      } finally {
        await listener.stop();
        await runTool('umount', [incoming]);
      }
    });
  });
});

describe('an archive that takes an instance or not', () => {
  it.each<[string, Error, string]>([
    ['is full', new RondoError('archive-full', 'full'), 'A700'],
    ['is full, as the disk says', full(), 'A700'],
    ['is full, further down', new RondoError('archive', 'cannot', {}, { cause: full() }), 'A700'],
    ['cannot read it', new RondoError('instance-not-dicom', 'no'), 'C000'],
    ['cannot read its data set', new RondoError('dicom-truncated', 'no'), 'C000'],
    ['holds another one', new RondoError('instance-differs', 'no'), '0110'],
    ['fails', new TypeError('x is not a function'), '0110'],
  ])('%s', async (_name, problem, status) => {
    await withListener({ onInstance: () => Promise.reject(problem) }, async ({ port, incoming, event }) => {
      expect(await sendInstances(peerAt(port), [instance(1, 10)])).toMatchObject([{ outcome: 'failed', status }]);
      expect(await event('instance-refused')).toMatchObject({ error: problem, sopInstanceUid: uidFrom('instance', 1), callingAeTitle: 'SENDER' });
      expect(await isEmpty(incoming)).toBe(true);
    });
  });

  it('leaves the file where it was: it is removed', async () => {
    const seen: string[][] = [];
    await withListener({ onInstance: async ({ file }) => { seen.push(await readdir(path.dirname(file))); } }, async ({ port, incoming }) => {
      expect(await sendInstances(peerAt(port), [instance(1, 10)])).toMatchObject([{ outcome: 'stored' }]);
      expect(seen).toEqual([[expect.stringMatching(/^[0-9a-f-]{36}\.dcm$/)]]);
      expect(await isEmpty(incoming)).toBe(true);
    });
  });
});

describe('an instance on its way', () => {
  it('that is too large is refused, and the next one stored', async () => {
    await withListener({ limits: { ...LIMITS, instanceBytes: MEGABYTE } }, async ({ port, received, incoming }) => {
      const outcomes = await sendInstances(peerAt(port), [instance(1, 5 * MEGABYTE), instance(2, MEGABYTE / 2)]);
      expect(outcomes).toMatchObject([{ outcome: 'failed', status: 'A700', meaning: 'out of resources' }, { outcome: 'stored' }]);
      expect(received.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([uidFrom('instance', 2)]);
      expect(await isEmpty(incoming)).toBe(true);
    });
  });

  it('waits for a slow disk in the network, not in memory', async () => {
    await inTemporaryFolder(async (folder) => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => { release = resolve; });
      let begin = (): void => undefined;
      const begun = new Promise<void>((resolve) => { begin = resolve; });
      const name = path.join(folder, 'received');
      const write = async (times: number): Promise<void> => {
        if (times === 1) return;
        begin();
        await held;
      };
      const file = new ReceivedFile(name, Buffer.from('head'), Infinity, async (each) => await faulty(each, { write }));
      let bytes = 0;
      for (const piece = Buffer.alloc(128 * 1024); !file.writableNeedDrain; bytes += piece.length) expect(file.write(piece)).toBe(true);
      expect(bytes).toBeLessThanOrEqual(1024 * 1024);
      let isDrained = false;
      const drained = file.drained().then(() => { isDrained = true; });
      await begun;
      expect(isDrained).toBe(false);
      release();
      await drained;
      file.end();
      expect(await file.outcome).toBeUndefined();
      expect(await readFile(name)).toHaveLength(bytes + 4);
    });
  });

  it('is gone without a trace when its sender is killed', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => { begin = resolve; });
    const createFile = async (file: string): Promise<FileHandle> => await faulty(file, { write: async (times) => { if (times === 2) { begin(); await held; } } });
    await withListener({ createFile }, async ({ listener, port, folder, incoming, received, event }) => {
      const file = path.join(folder, 'large.dcm');
      // More than the buffers of the network take.
      await writeFile(file, writeDicom({ SOPClassUID: CT_IMAGE_STORAGE, SOPInstanceUID: '1.2.3', PixelData: new Uint8Array(60 * MEGABYTE) }));
      const sender = startTool('storescu', ['-aec', AE_TITLE, '127.0.0.1', String(port), file]);
      await begun;
      sender.child.kill('SIGKILL');
      expect(await sender.ended).toMatchObject({ signal: 'SIGKILL' });
      expect(await isEmpty(incoming)).toBe(false);
      release();
      await event('association-lost');
      await listener.stop();
      expect(await isEmpty(incoming)).toBe(true);
      expect(received).toEqual([]);
    });
  });
});
