import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Destination, DimseDestination } from '../../src/config/index.ts';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, readDicom, writeDicom } from '../../src/dicom/index.ts';
import { DicomWeb, type Service } from '../../src/dicomweb/index.ts';
import { TPS_NAMES, TPS_PROFILES, writeStructureSet, type StructureSet, type TpsName } from '../../src/rtstruct/index.ts';
import { deliver } from '../../src/service/index.ts';
import { mayPass } from '../../src/service/problem.ts';
import { serviceAt } from '../../src/service/peers.ts';
import { makeAuthority } from '../support/certificates.ts';
import { configOf } from '../support/configFile.ts';
import { testCt } from '../support/ctSeries.ts';
import { withStorescp } from '../support/dimsePeers.ts';
import { block } from '../support/masks.ts';
import { startOrthanc, type Orthanc } from '../support/orthanc.ts';
import { startService, type TestService } from '../support/service.ts';
import { startTlsFront, type TlsFront } from '../support/tlsFront.ts';
import { makeSet } from '../rtstruct/structureSets.ts';

const CT = testCt();
const SET: StructureSet = makeSet(CT, new Map([['Heart', block(CT.volume.geometry, [2, 1, 1], [9, 7, 4])], ['Lung_L', block(CT.volume.geometry, [1, 2, 3], [4, 8, 6])]]));
const NOWHERE: Service = { url: 'http://127.0.0.1:9', timeoutMs: 1000 };
const COMMON = { timeoutMs: 30_000, attempts: 1, verify: true };

const fileOf = (profile: TpsName = 'generic'): Uint8Array => writeStructureSet(SET, CT, { profile });
const bring = async (bytes: Uint8Array, destination: Destination, ownArchive = NOWHERE): Promise<string> => await deliver(bytes, destination, { ownArchive, signal: AbortSignal.timeout(60_000) });

let folder: string;
beforeAll(async () => { folder = await mkdtemp(path.join(tmpdir(), 'rondo-delivery-')); });
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

describe('a planning system by C-STORE: storescp', () => {
  const tps = (port: number): DimseDestination => ({ ...COMMON, name: 'tps', kind: 'dimse', host: '127.0.0.1', port, aeTitle: 'TPS', callingAeTitle: 'RONDO' });
  /** Words for a storescp that takes structure sets in this transfer syntax and no other. */
  const onlyIn = async (syntax: string): Promise<string[]> => {
    const file = path.join(folder, `${syntax}.cfg`);
    await writeFile(file, `[[TransferSyntaxes]]\n[Only]\nTransferSyntax1 = ${syntax}\n[[PresentationContexts]]\n[Sets]\nPresentationContext1 = RTStructureSetStorage\\Only\n[[Profiles]]\n[Default]\nPresentationContexts = Sets\n`);
    return ['-xf', file, 'Default'];
  };

  it.each([
    ['takes implicit VR only', ['+xi'], IMPLICIT_LITTLE_ENDIAN],
    ['prefers explicit VR little endian', ['+xe'], EXPLICIT_LITTLE_ENDIAN],
    ['prefers explicit VR big endian', ['+xb'], EXPLICIT_LITTLE_ENDIAN],
    ['takes explicit VR little endian only', 'LittleEndianExplicit', EXPLICIT_LITTLE_ENDIAN],
    ['takes implicit VR little endian only, by its configuration', 'LittleEndianImplicit', IMPLICIT_LITTLE_ENDIAN],
  ])('that %s gets the same structure set, in a transfer syntax of every profile', async (name, words, expected) => {
    const kept = path.join(folder, name);
    await withStorescp(kept, ['+B', ...(typeof words === 'string' ? await onlyIn(words) : words)], async (port) => {
      for (const profile of TPS_NAMES) {
        expect(TPS_PROFILES[profile].transferSyntaxes.value).toContain(expected);
        expect(await bring(fileOf(profile), tps(port))).toBe('delivered');
        const [file] = await readdir(kept);
        const { dataset, transferSyntaxUid } = readDicom(await readFile(path.join(kept, file)));
        expect(transferSyntaxUid).toBe(expected);
        expect(dataset).toEqual(readDicom(fileOf(profile)).dataset);
        await rm(path.join(kept, file));
      }
    });
  });

  it('that takes neither refuses it, with the reason, and is not asked again', async () => {
    await withStorescp(path.join(folder, 'neither'), await onlyIn('JPEGBaseline'), async (port) => {
      const failure = await bring(fileOf(), tps(port)).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'dimse-context', message: expect.stringContaining('Allow its SOP classes and transfer syntaxes there') as unknown });
      expect(mayPass(failure)).toBe(false);
    });
  });
});

describe('an archive of the configuration with HTTPS, which demands a certificate: Orthanc', () => {
  let orthanc: Orthanc;
  let front: TlsFront;
  beforeAll(async () => {
    orthanc = await startOrthanc();
    const hospital = await makeAuthority(path.join(folder, 'hospital'));
    await hospital.issue('rondo');
    const { key, cert } = await hospital.issue('archive');
    front = await startTlsFront(orthanc.dicomWebUrl, { key: await readFile(key), cert: await readFile(cert), ca: await readFile(hospital.cert), requestCert: true });
  });
  afterAll(async () => {
    await front.stop();
    await orthanc.stop();
  });
  const configWith = async (tls: string): ReturnType<typeof configOf> => await configOf(folder, [
    `destinations: [ { name: pacs, kind: stow, url: "${front.url}"${tls} } ]`,
    `archives: [ { name: pacs, url: "${front.url}"${tls} } ]`,
  ]);

  it('is delivered to and asked as its tls says, and not without', async () => {
    const { config } = await configWith(', tls: { ca: hospital/authority.pem, key: hospital/rondo.key, cert: hospital/rondo.pem }');
    expect(await bring(fileOf(), config.destinations[0])).toBe('verified');
    const archive = new DicomWeb(serviceAt(config.archives[0].url, config, NOWHERE));
    expect((await archive.listSeries(CT.attributes.StudyInstanceUID, SET.seriesInstanceUid)).instanceUids).toEqual([SET.sopInstanceUid]);

    const { config: without } = await configWith('');
    await expect(bring(fileOf(), without.destinations[0])).rejects.toMatchObject({ code: 'dicomweb-certificate' });
    await expect(new DicomWeb(serviceAt(without.archives[0].url, without, NOWHERE)).listSeries(CT.attributes.StudyInstanceUID, SET.seriesInstanceUid)).rejects.toMatchObject({ code: 'dicomweb-certificate' });
  });
});

describe("Rondo's own archive", () => {
  const own: Destination = { ...COMMON, name: 'rondo', kind: 'archive' };
  let service: TestService;
  let worker: Service;
  let viewer: DicomWeb;
  beforeAll(async () => {
    service = await startService({ authentication: { keys: [{ name: 'viewer', role: 'reviewer', sha256: 'c25bd76cde3c9a1c3c77e0f0f5dfbe2d3fd8b0a4b27c09b9b0f8b44b3c8a1c7b' }] }, internalToken: 'of-the-workers' });
    worker = { url: `${service.url}/dicom-web`, headers: { authorization: 'Bearer of-the-workers' }, timeoutMs: 20_000 };
    viewer = new DicomWeb(worker);
  });
  afterAll(async () => { await service.stop(); });

  const { studyInstanceUid, seriesInstanceUid } = { studyInstanceUid: CT.attributes.StudyInstanceUID, seriesInstanceUid: SET.seriesInstanceUid };
  const kept = async (): Promise<Buffer> => await readFile((await service.archive.instance(studyInstanceUid, seriesInstanceUid, SET.sopInstanceUid))?.file ?? '');

  it('takes it once, however often it is brought, and shows it to those who fetch', async () => {
    for (let time = 1; time <= 3; time++) expect(await bring(fileOf(), own, worker)).toBe('verified');
    expect((await kept()).equals(fileOf())).toBe(true);
    expect(await viewer.searchSeries({ match: { StudyInstanceUID: studyInstanceUid, Modality: 'RTSTRUCT' } })).toMatchObject([{ seriesInstanceUid, modality: 'RTSTRUCT', instances: 1 }]);
    expect(await viewer.searchSeries({ match: { StudyInstanceUID: studyInstanceUid, Modality: 'CT' } })).toEqual([]);
    const { files: [file] } = await viewer.retrieveSeries(studyInstanceUid, seriesInstanceUid, path.join(folder, 'fetched'));
    expect((await readFile(file)).equals(fileOf())).toBe(true);
  });

  it('refuses another one under the same UID, and keeps the first', async () => {
    await bring(fileOf(), own, worker);
    const other = writeDicom({ ...readDicom(fileOf()).dataset, StructureSetLabel: 'OTHER' });
    for (const verify of [true, false]) {
      const failure = await bring(other, { ...own, verify }, worker).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'delivery-refused', message: expect.stringContaining('holds another instance under its UID') as unknown });
      expect(mayPass(failure)).toBe(false);
    }
    expect((await kept()).equals(fileOf())).toBe(true);
  });

  it('is out of reach for who has no key', async () => {
    await expect(bring(fileOf(), own, { ...worker, headers: {} })).rejects.toMatchObject({ code: 'dicomweb-unauthorized' });
  });
});
