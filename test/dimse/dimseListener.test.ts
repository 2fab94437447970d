import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readDicom, text } from '../../src/dicom/index.ts';
import { inTemporaryFolder, writeTestCt } from '../support/ctSeries.ts';
import { runTool, startTool, withStorescp } from '../support/dimsePeers.ts';
import { AE_TITLE, datasetOf, isEmpty, LIMITS, withListener } from './listeners.ts';

const HOST = '127.0.0.1';

describe('C-STORE and C-ECHO from DCMTK', () => {
  it('answers echoscu', async () => {
    await withListener({}, async ({ port }) => {
      expect(await runTool('echoscu', ['-aec', AE_TITLE, '--repeat', '5', HOST, String(port)])).toMatchObject({ code: 0 });
    });
  });

  it.each([
    ['explicit VR little endian', ['dcmconv', '+te'], '-xe', '1.2.840.10008.1.2.1'],
    ['implicit VR little endian', ['dcmconv', '+ti'], '-xi', '1.2.840.10008.1.2'],
    ['explicit VR big endian', ['dcmconv', '+tb'], '-xb', '1.2.840.10008.1.2.2'],
    ['deflated', ['dcmconv', '+td'], '-xd', '1.2.840.10008.1.2.1.99'],
    ['JPEG lossless', ['dcmcjpeg', '+e1'], '-xs', '1.2.840.10008.1.2.4.70'],
    ['JPEG-LS lossless', ['dcmcjpls', '+el'], '-xt', '1.2.840.10008.1.2.4.80'],
    ['RLE', ['dcmcrle'], '-xr', '1.2.840.10008.1.2.5'],
  ])('keeps every byte of a data set that comes in %s', async (_name, [converter, ...words], proposal, transferSyntaxUid) => {
    await withListener({}, async ({ port, folder, incoming, received }) => {
      const [first] = await writeTestCt(path.join(folder, 'ct'));
      const file = path.join(folder, 'converted.dcm');
      expect(await runTool(converter, [...words, first, file])).toMatchObject({ code: 0 });
      expect(await runTool('storescu', ['-aec', AE_TITLE, proposal, HOST, String(port), file])).toMatchObject({ code: 0 });
      const instance = received[0];
      const { dataset } = readDicom(await readFile(first));
      expect(instance).toMatchObject({ transferSyntaxUid, callingAeTitle: 'STORESCU', calledAeTitle: AE_TITLE, sopInstanceUid: text(dataset, 'SOPInstanceUID'), sopClassUid: text(dataset, 'SOPClassUID') });
      expect(await isEmpty(incoming)).toBe(true);

      // DCMTK encodes a file anew when it sends it: what went over the network is what its own storescp wrote down bit by bit.
      const witness = path.join(folder, 'witness');
      await withStorescp(witness, ['+B', '+xa'], async (other) => {
        expect(await runTool('storescu', [proposal, HOST, String(other), file])).toMatchObject({ code: 0 });
      });
      const [kept, expected] = [await readFile(instance.file), await readFile(path.join(witness, (await readdir(witness))[0]))];
      expect(datasetOf(kept).equals(datasetOf(expected))).toBe(true);
      expect(instance.bytes).toBe(datasetOf(kept).length);
      expect(readDicom(kept)).toMatchObject({ hasPreamble: true, meta: { SourceApplicationEntityTitle: 'STORESCU', ReceivingApplicationEntityTitle: AE_TITLE, MediaStorageSOPInstanceUID: instance.sopInstanceUid, TransferSyntaxUID: transferSyntaxUid } });
    });
  });

  it('takes 120 slices in each of 8 associations at once', async () => {
    await withListener({}, async ({ port, folder, incoming, received }) => {
      await writeTestCt(path.join(folder, 'ct'), { geometry: { size: [64, 48, 120], sliceOffsetsMm: Array.from({ length: 120 }, (_, k) => 2.5 * k) } });
      const senders = Array.from({ length: 8 }, async () => await runTool('storescu', ['-aec', AE_TITLE, '+II', '+sd', HOST, String(port), path.join(folder, 'ct')]));
      for (const { code } of await Promise.all(senders)) expect(code).toBe(0);
      expect(new Set(received.map(({ sopInstanceUid }) => sopInstanceUid)).size).toBe(960);
      for (const { file, sopInstanceUid } of received) expect(text(readDicom(await readFile(file)).dataset, 'SOPInstanceUID')).toBe(sopInstanceUid);
      expect(await isEmpty(incoming)).toBe(true);
    });
  });

  it('refuses classes that Rondo cannot use, and stores the others', async () => {
    await withListener({}, async ({ port, folder, received }) => {
      const [first, second] = await writeTestCt(path.join(folder, 'ct'));
      expect(await runTool('dcmodify', ['-nb', '-m', 'SOPClassUID=1.2.840.10008.5.1.4.1.1.4', second])).toMatchObject({ code: 0 });
      const { output } = await runTool('storescu', ['-v', '-nh', '-aec', AE_TITLE, HOST, String(port), first, second]);
      expect(output).toContain('No presentation context for: (MR) 1.2.840.10008.5.1.4.1.1.4');
      expect(received).toHaveLength(1);
    });
  });
});

describe('who may store', () => {
  it('rejects a called AE title that is not Rondo’s', async () => {
    await withListener({}, async ({ port, events }) => {
      const { code, output } = await runTool('echoscu', ['-aec', 'OTHER', HOST, String(port)]);
      expect(code).not.toBe(0);
      expect(output).toContain('Called AE Title Not Recognized');
      expect(events).toMatchObject([{ event: 'association-rejected', calledAeTitle: 'OTHER', reason: 'called AE title not recognized' }]);
    });
  });

  it.each([
    [[{ aeTitle: 'ECHOSCU' }], true],
    [[{ aeTitle: 'ECHOSCU', host: '127.0.0.1' }], true],
    [[{ aeTitle: 'ECHOSCU', host: 'localhost' }], true],
    [[{ aeTitle: 'ECHOSCU', host: '192.0.2.1' }], false],
    [[{ aeTitle: 'OTHER' }], false],
    [[], false],
  ])('knows its callers: %j', async (callers, isKnown) => {
    await withListener({ callers }, async ({ port }) => {
      const { code, output } = await runTool('echoscu', ['-aec', AE_TITLE, HOST, String(port)]);
      expect(code === 0).toBe(isKnown);
      if (!isKnown) expect(output).toContain('Calling AE Title Not Recognized');
    });
  });

  it('rejects one association too many for now, and takes it when another has ended', async () => {
    await withListener({ limits: { ...LIMITS, associations: 1 }, onInstance: async () => { await held; } }, async ({ port, folder, event }) => {
      const [file] = await writeTestCt(path.join(folder, 'ct'));
      const first = startTool('storescu', ['-aec', AE_TITLE, HOST, String(port), file]);
      await event('association-accepted');
      const { output } = await runTool('echoscu', ['-aec', AE_TITLE, HOST, String(port)]);
      expect(output).toContain('Local Limit Exceeded');
      release();
      expect(await first.ended).toMatchObject({ code: 0 });
      expect(await runTool('echoscu', ['-aec', AE_TITLE, HOST, String(port)])).toMatchObject({ code: 0 });
    });
  });
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => { release = resolve; });
});

describe('start and stop', () => {
  it('are idempotent, and the port is free afterwards', async () => {
    await withListener({}, async ({ listener, port }) => {
      await listener.start();
      expect(listener.port).toBe(port);
      await Promise.all([listener.stop(), listener.stop()]);
      await listener.stop();
      expect(() => listener.port).toThrow(expect.objectContaining({ code: 'dimse-not-started' }));
      await listener.start();
      expect(await runTool('echoscu', ['-aec', AE_TITLE, HOST, String(listener.port)])).toMatchObject({ code: 0 });
    });
  });

  it('names a port that is taken', async () => {
    await withListener({}, async ({ port }) => {
      await expect(withListener({ port }, () => Promise.resolve())).rejects.toMatchObject({ code: 'dimse-listen', message: expect.stringContaining('EADDRINUSE') });
    });
  });

  it('lets a store in progress end', async () => {
    await inTemporaryFolder(async (folder) => {
      let [arrived, take] = [(): void => undefined, (): void => undefined];
      const isThere = new Promise<void>((resolve) => { arrived = resolve; });
      const taken = new Promise<void>((resolve) => { take = resolve; });
      await withListener({ onInstance: async () => { arrived(); await taken; } }, async ({ listener, port, events }) => {
        const [file] = await writeTestCt(folder);
        const sender = startTool('storescu', ['-v', '-aec', AE_TITLE, HOST, String(port), file]);
        await isThere;
        const stopped = listener.stop();
        take();
        await stopped;
        expect((await sender.ended).output).toContain('Received Store Response (Success)');
        expect(events.map(({ event }) => event)).toContain('instance-stored');
      });
    });
  });

  it('does not wait longer than it was told to', async () => {
    await inTemporaryFolder(async (folder) => {
      let arrived = (): void => undefined;
      const isThere = new Promise<void>((resolve) => { arrived = resolve; });
      await withListener({ onInstance: async () => { arrived(); await new Promise(() => undefined); } }, async ({ listener, port, received }) => {
        const [file] = await writeTestCt(folder);
        const sender = startTool('storescu', ['-aec', AE_TITLE, HOST, String(port), file]);
        await isThere;
        await listener.stop({ timeoutMs: 20 });
        expect((await sender.ended).code).not.toBe(0);
        expect(received).toEqual([]);
      });
    });
  });
});
