import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { fileMetaInformation, IMPLICIT_LITTLE_ENDIAN, readDicom, text, uidFrom, writeDicom, type Dataset } from '../../src/dicom/index.ts';
import { echo, findInstance, sendInstances, type DimsePeer, type SentInstance } from '../../src/dimse/index.ts';
import { STORED_SYNTAXES } from '../../src/dimse/syntaxes.ts';
import { inTemporaryFolder, testCt, writeTestCt } from '../support/ctSeries.ts';
import { makeCertificate, runTool, withOrthanc, withStorescp } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { AE_TITLE, datasetOf, withListener } from './listeners.ts';

const RT_STRUCTURE_SET_STORAGE = '1.2.840.10008.5.1.4.1.1.481.3';

function peerAt(port: number, changes: Partial<DimsePeer> = {}): DimsePeer {
  return { host: '127.0.0.1', port, aeTitle: AE_TITLE, callingAeTitle: 'SENDER', timeoutMs: 30_000, ...changes };
}

/** An RT structure set of which only the header matters, with a name outside ASCII and a private element. */
const STRUCTURE_SET: Dataset = {
  SpecificCharacterSet: 'ISO_IR 100',
  SOPClassUID: RT_STRUCTURE_SET_STORAGE,
  SOPInstanceUID: uidFrom('structure set'),
  StudyInstanceUID: uidFrom('study'),
  SeriesInstanceUID: uidFrom('structure set series'),
  Modality: 'RTSTRUCT',
  PatientID: 'T-1',
  PatientName: 'TEST^CASE',
  StructureSetLabel: 'Übung',
  '30890010': { vr: 'LO', value: 'ACME' },
  '30891001': { vr: 'LO', value: 'private' },
};
const structureSet = { sopInstanceUid: uidFrom('structure set'), bytes: writeDicom(STRUCTURE_SET) };

async function ctInstances(folder: string): Promise<{ file: string; sopInstanceUid: string }[]> {
  const files = await writeTestCt(folder);
  const { slices } = testCt();
  return files.map((file, k) => ({ file, sopInstanceUid: slices[k].sopInstanceUid }));
}

describe('storing with a peer', () => {
  it('sends every byte of a data set as it stands in the file', async () => {
    await inTemporaryFolder(async (folder) => {
      const instances = await ctInstances(path.join(folder, 'ct'));
      const kept = path.join(folder, 'kept');
      await withStorescp(kept, ['+B', '+xa', '-aet', AE_TITLE], async (port) => {
        const sent: SentInstance[] = [];
        const outcomes = await sendInstances(peerAt(port), [...instances, structureSet], { onSent: (one) => sent.push(one) });
        expect(outcomes).toEqual([...instances, structureSet].map(({ sopInstanceUid }) => ({ sopInstanceUid, outcome: 'stored', status: '0000', meaning: 'success' })));
        expect(sent).toEqual(outcomes);
      });
      const arrived = new Map<string, Buffer>();
      for (const name of await readdir(kept)) {
        const file = await readFile(path.join(kept, name));
        arrived.set(text(readDicom(file).dataset, 'SOPInstanceUID'), file);
      }
      for (const { file, sopInstanceUid } of instances) expect(datasetOf(arrived.get(sopInstanceUid) as Buffer).equals(datasetOf(await readFile(file)))).toBe(true);
      expect(datasetOf(arrived.get(structureSet.sopInstanceUid) as Buffer).equals(datasetOf(Buffer.from(structureSet.bytes)))).toBe(true);
    });
  });

  it.each(STORED_SYNTAXES)('and Rondo takes it in the transfer syntax %s', async (transferSyntaxUid) => {
    await withListener({}, async ({ port, folder, received }) => {
      const [{ file, sopInstanceUid }] = await ctInstances(path.join(folder, 'ct'));
      const dataset = datasetOf(await readFile(file));
      // Nothing decodes the data set: what is asked for is that its bytes arrive.
      const sopClassUid = text(readDicom(await readFile(file)).dataset, 'SOPClassUID');
      const bytes = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.2', '1.2.840.10008.1.2.1.99'].includes(transferSyntaxUid)
        ? await converted(folder, file, transferSyntaxUid)
        : Buffer.concat([fileMetaInformation({ sopClassUid, sopInstanceUid, transferSyntaxUid }), dataset]);
      expect(await sendInstances(peerAt(port), [{ bytes, sopInstanceUid }])).toMatchObject([{ outcome: 'stored' }]);
      expect(received).toMatchObject([{ transferSyntaxUid, sopInstanceUid, callingAeTitle: 'SENDER' }]);
      expect(datasetOf(await readFile(received[0].file)).equals(datasetOf(bytes))).toBe(true);
    });
  });

  it('encodes what has no pixels anew for a peer that takes implicit VR only', async () => {
    await inTemporaryFolder(async (folder) => {
      const [ct] = await ctInstances(path.join(folder, 'ct'));
      const kept = path.join(folder, 'kept');
      await withStorescp(kept, ['+B', '+xi', '-aet', AE_TITLE], async (port) => {
        expect(await sendInstances(peerAt(port), [ct, structureSet])).toEqual([
          { sopInstanceUid: ct.sopInstanceUid, outcome: 'failed', status: '0122', meaning: 'the SOP class is not supported' },
          { sopInstanceUid: structureSet.sopInstanceUid, outcome: 'stored', status: '0000', meaning: 'success' },
        ]);
      });
      const [name] = await readdir(kept);
      const file = readDicom(await readFile(path.join(kept, name)));
      expect(file.transferSyntaxUid).toBe(IMPLICIT_LITTLE_ENDIAN);
      expect(file.dataset).toMatchObject({ StructureSetLabel: 'Übung', SOPInstanceUID: structureSet.sopInstanceUid });
    });
  });

  it('tells for each instance what the peer answered', async () => {
    const answers = [undefined, Object.assign(new Error('full'), { code: 'ENOSPC' }), new Error('other'), undefined];
    await withListener({ onInstance: () => { const problem = answers.shift(); return problem ? Promise.reject(problem) : Promise.resolve(); } }, async ({ port, folder }) => {
      const outcomes = await sendInstances(peerAt(port), (await ctInstances(folder)).slice(0, 4));
      expect(outcomes.map(({ outcome, status, meaning }) => `${outcome} ${status} ${meaning}`)).toEqual([
        'stored 0000 success', 'failed A700 out of resources', 'failed 0110 processing failure', 'stored 0000 success',
      ]);
    });
  });

  it('refuses a file that is another instance, and one that is not there', async () => {
    const sopInstanceUid = uidFrom('another');
    await expect(sendInstances(peerAt(1), [{ ...structureSet, sopInstanceUid }])).rejects.toMatchObject({ code: 'dimse-instance' });
    await expect(sendInstances(peerAt(1), [{ file: '/nowhere/at/all.dcm', sopInstanceUid }])).rejects.toMatchObject({ code: 'dimse-instance' });
    expect(await sendInstances(peerAt(1), [])).toEqual([]);
  });
});

describe('a peer that does not want', () => {
  it('to be another AE', async () => {
    await withListener({}, async ({ port }) => {
      await expect(echo(peerAt(port, { aeTitle: 'OTHER' }))).rejects.toMatchObject({ code: 'dimse-rejected', message: expect.stringContaining('called AE title not recognized') });
    });
  });

  it('an unknown caller', async () => {
    await withListener({ callers: [{ aeTitle: 'KNOWN' }] }, async ({ port }) => {
      await expect(echo(peerAt(port))).rejects.toMatchObject({ code: 'dimse-rejected', message: expect.stringContaining('calling AE title not recognized') });
      await echo(peerAt(port, { callingAeTitle: 'KNOWN' }));
    });
  });

  it('any association', async () => {
    await inTemporaryFolder(async (folder) => {
      await withStorescp(folder, ['--refuse'], async (port) => {
        await expect(echo(peerAt(port))).rejects.toMatchObject({ code: 'dimse-rejected', message: expect.stringContaining('no reason given') });
      });
    });
  });

  it('the SOP class', async () => {
    await withListener({}, async ({ port }) => {
      const uids = { studyInstanceUid: '1.2', seriesInstanceUid: '1.3', sopInstanceUid: '1.4' };
      await expect(findInstance(peerAt(port), uids)).rejects.toMatchObject({ code: 'dimse-context' });
    });
  });

  it.each(['--abort-during', '--abort-after'])('to go on (%s)', async (option) => {
    await inTemporaryFolder(async (folder) => {
      await withStorescp(folder, [option], async (port) => {
        await expect(sendInstances(peerAt(port), [structureSet])).rejects.toMatchObject({ code: 'dimse-connection' });
      });
    });
  });

  it('to be there', async () => {
    await expect(echo(peerAt(await freePort()))).rejects.toMatchObject({ code: 'dimse-connection', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('to answer, until time or patience is over', async () => {
    const silent = net.createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as net.AddressInfo;
    await expect(echo(peerAt(port, { timeoutMs: 100 }))).rejects.toMatchObject({ code: 'dimse-timeout' });
    const controller = new AbortController();
    const asked = echo(peerAt(port), { signal: controller.signal });
    silent.once('connection', () => { controller.abort(new Error('enough')); });
    await expect(asked).rejects.toThrow('enough');
    await expect(echo(peerAt(port), { signal: controller.signal })).rejects.toThrow('enough');
    silent.close();
  });

  it.each([
    ['garbage', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a PDU that never ends', Buffer.of(2, 0, 0xff, 0xff, 0xff, 0xff)],
    ['nothing', Buffer.alloc(0)],
  ])('to speak DICOM: %s', async (_name, answer) => {
    const stranger = net.createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(answer))).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as net.AddressInfo;
    await expect(echo(peerAt(port))).rejects.toMatchObject({ code: 'dimse-connection' });
    stranger.close();
  });
});

describe('asking Orthanc', () => {
  it('whether it is there and holds an instance', async () => {
    await inTemporaryFolder(async (folder) => {
      await withOrthanc(folder, async (port) => {
        const peer = peerAt(port, { aeTitle: 'ORTHANC' });
        const uids = { studyInstanceUid: uidFrom('study'), seriesInstanceUid: uidFrom('structure set series'), sopInstanceUid: structureSet.sopInstanceUid };
        await echo(peer);
        expect(await findInstance(peer, uids)).toBe(false);
        expect(await sendInstances(peer, [structureSet, ...(await ctInstances(path.join(folder, 'ct')))])).toHaveLength(7);
        expect(await findInstance(peer, uids)).toBe(true);
        expect(await findInstance(peer, { ...uids, sopInstanceUid: uidFrom('another') })).toBe(false);
        expect(await findInstance(peer, { ...uids, studyInstanceUid: uidFrom('another') })).toBe(false);
      });
    });
  });
});

describe('TLS', () => {
  it('joins only those that know each other', async () => {
    await inTemporaryFolder(async (folder) => {
      const [ours, theirs, stranger] = await Promise.all(['rondo', 'sender', 'stranger'].map(async (name) => await makeCertificate(folder, name)));
      const [key, cert, ca] = await Promise.all([ours.keyFile, ours.certFile, theirs.certFile].map(async (file) => await readFile(file, 'utf8')));
      await withListener({ tls: { key, cert, ca, requireClientCertificate: true } }, async ({ port, received, event }) => {
        const [{ file }] = await ctInstances(path.join(folder, 'ct'));
        const words = ['-aec', AE_TITLE, '+cf', ours.certFile, '127.0.0.1', String(port), file];
        expect(await runTool('storescu', ['+tls', theirs.keyFile, theirs.certFile, ...words])).toMatchObject({ code: 0 });
        expect(received).toHaveLength(1);
        for (const refused of [['+tls', stranger.keyFile, stranger.certFile], ['+tla'], []]) expect((await runTool('storescu', [...refused, ...words])).code).not.toBe(0);
        await event('connection-refused');

        const tls = { ca: cert, key: await readFile(theirs.keyFile, 'utf8'), cert: ca };
        expect(await sendInstances(peerAt(port, { tls }), [structureSet])).toMatchObject([{ outcome: 'stored' }]);
        await expect(echo(peerAt(port, { tls: { ca: cert } }))).rejects.toMatchObject({ code: 'dimse-connection' });
        await expect(echo(peerAt(port, { tls: { key: tls.key, cert: tls.cert } }))).rejects.toMatchObject({ code: 'dimse-connection' });
        await expect(echo(peerAt(port))).rejects.toMatchObject({ code: 'dimse-connection' });
        expect(received).toHaveLength(2);
      });
    });
  });

  it('reaches DCMTK', async () => {
    await inTemporaryFolder(async (folder) => {
      const { keyFile, certFile } = await makeCertificate(folder, 'peer');
      await withStorescp(path.join(folder, 'kept'), ['+tls', keyFile, certFile, '-ic'], async (port) => {
        const tls = { ca: await readFile(certFile, 'utf8') };
        expect(await sendInstances(peerAt(port, { tls }), [structureSet])).toMatchObject([{ outcome: 'stored' }]);
      });
    });
  });
});

async function converted(folder: string, file: string, transferSyntaxUid: string): Promise<Buffer> {
  const option = { '1.2.840.10008.1.2': '+ti', '1.2.840.10008.1.2.2': '+tb', '1.2.840.10008.1.2.1.99': '+td' }[transferSyntaxUid] ?? '+te';
  const target = path.join(folder, 'converted.dcm');
  expect(await runTool('dcmconv', [option, file, target])).toMatchObject({ code: 0 });
  return await readFile(target);
}
