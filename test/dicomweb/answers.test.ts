import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { uidFrom, writeDicom } from '../../src/dicom/index.ts';
import { DicomWeb } from '../../src/dicomweb/index.ts';
import { jsonFromDataset } from '../../src/dicomweb/dicomJson.ts';
import { inTemporaryFolder, testCt, writeTestCt } from '../support/ctSeries.ts';

const { attributes: { StudyInstanceUID: STUDY }, seriesInstanceUid: SERIES } = testCt();
const INSTANCE = uidFrom('test', 'instance');
const JSON_TYPE = { 'content-type': 'application/dicom+json' };
const BOUNDARY = 'a-b_c';

/** An archive that answers by a function: what no real one can be made to do. */
function archive(answer: (url: URL) => Response | undefined): DicomWeb {
  return new DicomWeb({
    url: 'http://archive.invalid/rs',
    timeoutMs: 10_000,
    clock: { pause: () => Promise.resolve(), random: () => 0 },
    fetch: (input) => Promise.resolve(answer(new URL(input as URL)) ?? Response.json([])),
  });
}

const list = (...uids: readonly string[]): Response => Response.json(uids.map((uid) => ({ '00080018': { vr: 'UI', Value: [uid] } })));
const isList = (url: URL): boolean => url.pathname.endsWith('/instances');
const isFirst = (url: URL): boolean => url.searchParams.get('offset') === '0';

/** The body that an archive sends; written out here, so that the reader is not checked by its own writer. */
function multipart(parts: readonly (string | Uint8Array)[], { end = `\r\n--${BOUNDARY}--`, start = '', type = `multipart/related; type="application/dicom"; boundary=${BOUNDARY}` } = {}): Response {
  const body = parts.map((part, index) => [`${index === 0 ? start : '\r\n'}--${BOUNDARY}\r\nContent-Type: application/dicom\r\nContent-Length: 3\r\n\r\n`, part] as const).flat();
  return new Response(new Blob([...body, end] as (string | Uint8Array<ArrayBuffer>)[]), { headers: { 'content-type': type } });
}

function instance(changes: Record<string, string> = {}): Uint8Array {
  return writeDicom({ SOPClassUID: '1.2.840.10008.5.1.4.1.1.2', SOPInstanceUID: INSTANCE, SeriesInstanceUID: SERIES, StudyInstanceUID: STUDY, ...changes });
}

/** Fetches the series that lists the one instance, and answers for it as given. */
async function fetched(answer: () => Response): Promise<Buffer> {
  return await inTemporaryFolder(async (folder) => {
    const { files: [file] } = await archive((url) => (isList(url) ? (isFirst(url) ? list(INSTANCE) : undefined) : url.pathname.endsWith(INSTANCE) ? answer() : undefined)).retrieveSeries(STUDY, SERIES, folder);
    return await readFile(file);
  });
}

describe('an instance that an archive answers with', () => {
  it.each([
    ['one part', () => multipart([instance()])],
    ['one part behind a preamble', () => multipart([instance()], { start: 'to be ignored\r\n' })],
    ['one part and words behind the end', () => multipart([instance()], { end: `\r\n--${BOUNDARY}--\r\nto be ignored` })],
    ['a boundary in quotation marks, before other parameters', () => multipart([instance()], { type: `Multipart/Related; boundary="${BOUNDARY}"; type="application/dicom"` })],
    ['no parts but the instance itself', () => new Response(new Blob([instance() as Uint8Array<ArrayBuffer>]), { headers: { 'content-type': 'application/dicom; transfer-syntax=1.2.840.10008.1.2.1' } })],
  ])('is read from %s', async (_, answer) => {
    expect((await fetched(answer)).equals(instance())).toBe(true);
  });

  it.each([
    ['another instance', () => multipart([instance({ SOPInstanceUID: uidFrom('other') })]), 'dicomweb-foreign'],
    ['an instance of another series', () => multipart([instance({ SeriesInstanceUID: uidFrom('other') })]), 'dicomweb-foreign'],
    ['an instance of another study', () => multipart([instance({ StudyInstanceUID: uidFrom('other') })]), 'dicomweb-foreign'],
    ['the instance twice', () => multipart([instance(), instance()]), 'dicomweb-doubled'],
    ['no instance', () => multipart([], { end: `--${BOUNDARY}--` }), 'dicomweb-missing'],
    ['half of an instance', () => multipart([instance().subarray(0, 300)]), 'dicomweb-cut'],
    ['a part without its end', () => multipart([instance()], { end: '' }), 'dicomweb-cut'],
    ['nothing', () => multipart([], { end: '' }), 'dicomweb-cut'],
    ['what is no DICOM', () => multipart(['<html>']), 'dicom-not-dicom'],
    ['a page of a login', () => new Response('<html>TEST^CASE', { headers: { 'content-type': 'text/html' } }), 'dicomweb-answer'],
    ['parts without a boundary', () => multipart([instance()], { type: 'multipart/related' }), 'dicomweb-answer'],
  ])('is refused when it is %s', async (_, answer, code) => {
    const failure = await fetched(answer).catch((error: unknown) => error) as Error;
    expect(failure).toMatchObject({ code });
    expect(failure.message).not.toContain('TEST');
  });
});

describe('a list that an archive answers with', () => {
  it('is asked for to its end, in pages as small as the archive likes', async () => {
    const uids = Array.from({ length: 7 }, (_, index) => uidFrom('test', index));
    const offsets: (string | null)[] = [];
    const small = archive((url) => {
      if (!isList(url)) return undefined;
      offsets.push(url.searchParams.get('offset'));
      const from = Number(url.searchParams.get('offset'));
      return from < uids.length ? list(...uids.slice(from, from + 3)) : new Response(null, { status: 204 });
    });
    expect((await small.listSeries(STUDY, SERIES)).instanceUids).toEqual(uids);
    expect(offsets).toEqual(['0', '3', '6', '7']);
  });

  it('is whole where the archive knows no paging and gives all at once', async () => {
    expect(await archive((url) => (isList(url) ? list('1.2', '1.3') : undefined)).listSeries(STUDY, SERIES)).toEqual({ instanceUids: ['1.2', '1.3'], patientId: '' });
  });

  it.each([
    ['repeats a page and says that there are more', (url: URL) => { const page = list('1.2'); page.headers.set('warning', '299 archive: There are 3 additional results that can be requested'); return isList(url) ? page : undefined; }, 'dicomweb-paging'],
    ['repeats a part', (url: URL) => (isFirst(url) ? list('1.2', '1.3') : list('1.3')), 'dicomweb-paging'],
    ['holds an instance twice', () => list('1.2', '1.2'), 'dicomweb-doubled'],
    ['holds what is no UID', () => list('../../etc/passwd'), 'dicomweb-uid'],
    ['holds no UID', () => Response.json([{}]), 'dicomweb-uid'],
    ['is of another series', () => Response.json([{ '00080018': { vr: 'UI', Value: ['1.2'] }, '0020000E': { vr: 'UI', Value: ['1.9'] } }]), 'dicomweb-foreign'],
    ['is no JSON', () => new Response('[{"00100010": TEST^CASE', { headers: JSON_TYPE }), 'dicomweb-answer'],
    ['is not of the DICOM JSON Model', () => Response.json([{ PatientName: 'TEST^CASE' }]), 'dicomweb-answer'],
  ])('is refused when it %s', async (_, answer, code) => {
    const asked = archive((url) => (isList(url) ? (isFirst(url) || code === 'dicomweb-paging' ? answer(url) : undefined) : undefined));
    const failure = await asked.listSeries(STUDY, SERIES).catch((error: unknown) => error) as Error;
    expect(failure).toMatchObject({ code });
    expect(`${failure.message} ${String(failure.cause)}`).not.toContain('TEST');
  });

  it('is asked for again when all are fetched: a series may still arrive', async () => {
    let lists = 0;
    const growing = archive((url) => {
      if (!isList(url)) return url.pathname.endsWith(INSTANCE) ? multipart([instance()]) : undefined;
      return isFirst(url) ? list(...[INSTANCE, '1.2'].slice(0, ++lists)) : undefined;
    });
    await inTemporaryFolder(async (folder) => {
      await expect(growing.retrieveSeries(STUDY, SERIES, folder)).rejects.toMatchObject({ code: 'dicomweb-changed', subject: { uid: SERIES } });
    });
  });

  it('is asked for again when all are fetched: its patient may be corrected meanwhile', async () => {
    let corrections = 0;
    const corrected = archive((url) => {
      if (isList(url)) return isFirst(url) ? list(INSTANCE) : undefined;
      if (url.pathname.endsWith(INSTANCE)) return multipart([instance()]);
      return isFirst(url) ? Response.json([{ '0020000E': { vr: 'UI', Value: [SERIES] }, '00100020': { vr: 'LO', Value: [`TEST-${corrections++}`] } }]) : undefined;
    });
    await inTemporaryFolder(async (folder) => {
      const failure = await corrected.retrieveSeries(STUDY, SERIES, folder).catch((error: unknown) => error) as Error;
      expect(failure).toMatchObject({ code: 'dicomweb-changed', subject: { uid: SERIES }, message: expect.stringContaining('Patient ID') });
      expect(failure.message).not.toContain('TEST');
    });
  });

  it('may hold names, numbers as text, nulls and what the dictionary does not know', async () => {
    const series = { '0020000D': { vr: 'UI', Value: [STUDY] }, '0020000E': { vr: 'UI', Value: [SERIES] }, '00201209': { vr: 'IS', Value: ['40'] }, '00081050': { vr: 'PN', Value: [{ Alphabetic: 'A^B', Phonetic: 'C' }, null] }, '00180015': { vr: 'CS' }, '00091001': { vr: 'UN', InlineBinary: 'AA==' } };
    const [found] = await archive((url) => (isFirst(url) ? Response.json([series]) : undefined)).searchSeries({ match: {}, attributes: ['PerformingPhysicianName', 'BodyPartExamined', 'StationName'] });
    expect(found).toMatchObject({ instances: 40, modality: '' });
    expect(found.attributes).toEqual({ PerformingPhysicianName: ['A^B==C', ''], BodyPartExamined: [] });
  });
});

describe('the outcome of storing', () => {
  const sopInstanceUids = ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6'];
  const reference = (uid: string, more: Record<string, number> = {}): Record<string, string | number> => ({ ReferencedSOPClassUID: '1.2', ReferencedSOPInstanceUID: uid, ...more });
  const stored = async (response: Response): Promise<unknown> => await archive(() => response).store(sopInstanceUids.map((SOPInstanceUID) => instance({ SOPInstanceUID })));

  it('is told for each instance, with the reason in words', async () => {
    const answer = jsonFromDataset({
      ReferencedSOPSequence: [reference('1.1'), reference('1.2', { WarningReason: 0xb000 }), reference('1.3')],
      FailedSOPSequence: [reference('1.3', { FailureReason: 0xa700 }), reference('1.4', { FailureReason: 0xc122 }), reference('1.5', { FailureReason: 0x1234 })],
    });
    expect(await stored(Response.json(answer, { status: 202 }))).toEqual([
      { sopInstanceUid: '1.1', outcome: 'stored' },
      { sopInstanceUid: '1.2', outcome: 'warning', reason: 'the archive changed elements of it (B000H)' },
      { sopInstanceUid: '1.3', outcome: 'failed', reason: 'the archive is out of resources (A700H)' },
      { sopInstanceUid: '1.4', outcome: 'failed', reason: 'the archive does not support its transfer syntax (C122H)' },
      { sopInstanceUid: '1.5', outcome: 'failed', reason: 'a reason of the archive\'s own (1234H)' },
      { sopInstanceUid: '1.6', outcome: 'failed', reason: 'the archive\'s answer does not mention it' },
    ]);
  });

  it('is failure for all where the archive refuses all, and where its answer says nothing', async () => {
    const refused = jsonFromDataset({ FailedSOPSequence: sopInstanceUids.map((uid) => reference(uid, { FailureReason: 0x0122 })) });
    expect(await stored(Response.json([refused], { status: 409 }))).toEqual(sopInstanceUids.map((sopInstanceUid) => ({ sopInstanceUid, outcome: 'failed', reason: 'the archive does not support its SOP class (0122H)' })));
    expect(await stored(new Response(null, { status: 200 }))).toEqual(sopInstanceUids.map((sopInstanceUid) => ({ sopInstanceUid, outcome: 'failed', reason: 'the archive\'s answer does not mention it' })));
  });

  it.each([[413, 'dicomweb-refused'], [415, 'dicomweb-refused'], [400, 'dicomweb-refused'], [503, 'dicomweb-server'], [204, 'dicomweb-refused']])('is an error for the status %i', async (status, code) => {
    await expect(stored(new Response(null, { status }))).rejects.toMatchObject({ code });
  });

  it('is an error where the answer cannot be read', async () => {
    await expect(stored(new Response('<NativeDicomModel/>', { status: 200 }))).rejects.toMatchObject({ code: 'dicomweb-answer' });
  });
});

it('sends instances unchanged, in a body that names its boundary', async () => {
  await inTemporaryFolder(async (folder) => {
    const files = await Promise.all((await writeTestCt(folder)).map((file) => readFile(file)));
    let sent: { type: string; body: Buffer } | undefined;
    const listening = new DicomWeb({ url: 'http://archive.invalid', timeoutMs: 10_000, fetch: async (_, init) => {
      sent = { type: new Headers(init?.headers).get('content-type') ?? '', body: Buffer.from(await (init?.body as Blob).arrayBuffer()) };
      return Response.json({});
    } });
    await listening.store(files);
    const [, boundary = ''] = /^multipart\/related; type="application\/dicom"; boundary=([\w-]+)$/.exec(sent?.type ?? '') ?? [];
    const head = `\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
    expect(sent?.body.equals(Buffer.concat([...files.flatMap((file) => [Buffer.from(head), file]), Buffer.from(`\r\n--${boundary}--\r\n`)]))).toBe(true);
  });
});
