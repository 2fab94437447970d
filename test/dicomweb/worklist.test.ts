import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CT_IMAGE_STORAGE, items, newUid, text, uidFrom, type Dataset } from '../../src/dicom/index.ts';
import { ctOf, Worklist } from '../../src/dicomweb/index.ts';
import { datasetFromJson, jsonFromDataset } from '../../src/dicomweb/dicomJson.ts';
import { testCt } from '../support/ctSeries.ts';
import { FaultyProxy } from '../support/faultyProxy.ts';
import { UpsServer } from '../support/upsServer.ts';

const { attributes: { StudyInstanceUID: STUDY }, seriesInstanceUid: SERIES, slices } = testCt();
const WORKITEM = uidFrom('test', 'workitem');
const code = (value: string, meaning: string): Dataset => ({ CodeValue: value, CodingSchemeDesignator: '99LOCAL', CodeMeaning: meaning });
const input = (series: string, sopClass: string): Dataset => ({
  TypeOfInstances: 'DICOM',
  StudyInstanceUID: STUDY,
  SeriesInstanceUID: series,
  ReferencedSOPSequence: slices.map(({ sopInstanceUid }) => ({ ReferencedSOPClassUID: sopClass, ReferencedSOPInstanceUID: sopInstanceUid })),
});
const CONTOURING: Dataset = {
  PatientName: 'TEST^CASE',
  InputReadinessState: 'READY',
  WorklistLabel: 'CONTOURING',
  ProcedureStepLabel: 'Breast left',
  ScheduledWorkitemCodeSequence: [code('CONTOUR', 'Contouring')],
  InputInformationSequence: [input('1.2.3', '1.2.840.10008.5.1.4.1.1.4'), input(SERIES, CT_IMAGE_STORAGE)],
  ScheduledProcessingParametersSequence: [
    { ValueType: 'TEXT', ConceptNameCodeSequence: [code('PROTOCOL', 'Protocol')], TextValue: 'left-breast' },
    { ValueType: 'CODE', ConceptNameCodeSequence: [code('SIDE', 'Side')], ConceptCodeSequence: [code('L', 'Left')] },
    { ValueType: 'NUMERIC', ConceptNameCodeSequence: [code('SKIN', 'Skin')], NumericValue: 5 },
    { ValueType: 'TEXT', TextValue: 'of no name' },
  ],
};
const STATE = '00741000';

describe('a worklist by UPS-RS, a stand-in for a server', () => {
  let server: UpsServer;
  let proxy: FaultyProxy;
  let worklist: Worklist;
  let transaction: string;
  const held = (): Dataset => datasetFromJson(server.workitem(WORKITEM));
  const state = (): string => text(held(), 'ProcedureStepState');
  const performed = { startedAt: new Date('2024-05-06T07:08:09Z'), endedAt: new Date('2024-05-06T07:10:00Z'), outputs: [{ studyInstanceUid: STUDY, seriesInstanceUid: '1.9', instances: [{ sopClassUid: '1.2.840.10008.5.1.4.1.1.481.3', sopInstanceUid: '1.9.1' }], from: [{ aeTitle: 'PACS' }, { retrieveUrl: 'https://pacs.example/dicom-web/studies/1' }] }] };

  beforeEach(async () => {
    server = await UpsServer.start();
    proxy = await FaultyProxy.start(server.url);
    worklist = new Worklist({ url: proxy.url, timeoutMs: 10_000, stationName: 'RONDO', clock: { pause: () => Promise.resolve(), random: () => 0 } });
    server.schedule(WORKITEM, jsonFromDataset(CONTOURING));
    transaction = newUid();
  });
  afterEach(async () => { await proxy.down(); await server.stop(); });

  it('is searched to its end, for what is scheduled', async () => {
    server.mostResults = 2;
    for (let index = 0; index < 5; index++) server.schedule(uidFrom('test', index), jsonFromDataset({ ...CONTOURING, WorklistLabel: index === 0 ? 'OTHER' : 'CONTOURING' }));
    expect(await worklist.search({ state: 'SCHEDULED' })).toHaveLength(6);
    expect(await worklist.search({ state: 'SCHEDULED', match: { WorklistLabel: 'CONTOURING', 'ScheduledWorkitemCodeSequence.CodeValue': 'CONTOUR' } })).toHaveLength(5);
    expect(await worklist.search({ state: 'SCHEDULED', match: { 'ScheduledWorkitemCodeSequence.CodeValue': 'PRINT' } })).toEqual([]);
    await worklist.claim(WORKITEM, transaction);
    expect(await worklist.search({ state: 'SCHEDULED' })).toHaveLength(5);
    expect((await worklist.search({ state: 'IN PROGRESS' })).map(({ uid }) => uid)).toEqual([WORKITEM]);
    await expect(worklist.search({ state: 'SCHEDULED', match: { Worklist: 'X' } })).rejects.toMatchObject({ code: 'dicom-value' });
  });

  it('gives workitems with the CT and what may name a protocol, and nothing of the patient', async () => {
    const [found] = await worklist.search({ state: 'SCHEDULED' });
    expect(found).toMatchObject({
      uid: WORKITEM, state: 'SCHEDULED', isReady: true, worklist: 'CONTOURING', label: 'Breast left',
      code: { value: 'CONTOUR', scheme: '99LOCAL', meaning: 'Contouring' },
      parameters: [{ name: { value: 'PROTOCOL' }, value: 'left-breast' }, { name: { value: 'SIDE' }, value: 'L' }, { name: { value: 'SKIN' }, value: '5' }],
    });
    expect(JSON.stringify(found)).not.toContain('TEST');
    expect(ctOf(found)).toEqual({ studyInstanceUid: STUDY, seriesInstanceUid: SERIES, instances: slices.map(({ sopInstanceUid }) => ({ sopClassUid: CT_IMAGE_STORAGE, sopInstanceUid })) });
    expect(await worklist.retrieve(WORKITEM)).toEqual(found);
  });

  it.each([['none', []], ['two', [input(SERIES, CT_IMAGE_STORAGE), input('1.2.4', CT_IMAGE_STORAGE)]]])('refuses a workitem of %s CT series', async (_, InputInformationSequence) => {
    server.schedule(WORKITEM, jsonFromDataset({ ...CONTOURING, InputInformationSequence }));
    const workitem = await worklist.retrieve(WORKITEM);
    expect(() => ctOf(workitem)).toThrow('Expected one, with the SOP class of its instances');
  });

  it('goes from scheduled to completed, with progress and outputs', async () => {
    expect(await worklist.claim(WORKITEM, transaction)).toBe(true);
    expect(state()).toBe('IN PROGRESS');
    await worklist.progress(WORKITEM, transaction, 40, 'contouring');
    expect(items(held(), 'ProcedureStepProgressInformationSequence')).toEqual([{ ProcedureStepProgress: [40], ProcedureStepProgressDescription: ['contouring'] }]);
    await worklist.complete(WORKITEM, transaction, performed);
    expect(state()).toBe('COMPLETED');
    const [done] = items(held(), 'UnifiedProcedureStepPerformedProcedureSequence');
    expect([text(done, 'PerformedProcedureStepStartDateTime'), text(done, 'PerformedProcedureStepEndDateTime')]).toEqual(['20240506070809+0000', '20240506071000+0000']);
    expect(text(items(done, 'PerformedStationNameCodeSequence')[0], 'CodeValue')).toBe('RONDO');
    expect(text(items(done, 'PerformedWorkitemCodeSequence')[0], 'CodeValue')).toBe('CONTOUR');
    const [output] = items(done, 'OutputInformationSequence');
    expect(text(items(output, 'ReferencedSOPSequence')[0], 'ReferencedSOPInstanceUID')).toBe('1.9.1');
    expect(text(items(output, 'DICOMRetrievalSequence')[0], 'RetrieveAETitle')).toBe('PACS');
    expect(text(items(output, 'WADORSRetrievalSequence')[0], 'RetrieveURL')).toBe('https://pacs.example/dicom-web/studies/1');
  });

  it('is taken by one of two, and only that one may go on', async () => {
    const others = newUid();
    const claims = await Promise.all([worklist.claim(WORKITEM, transaction), worklist.claim(WORKITEM, others)]);
    expect([...claims].sort()).toEqual([false, true]);
    const [winner, loser] = claims[0] ? [transaction, others] : [others, transaction];
    expect(await worklist.claim(WORKITEM, loser)).toBe(false);
    await expect(worklist.progress(WORKITEM, loser, 1, '')).rejects.toMatchObject({ code: 'workitem-refused', subject: { uid: WORKITEM } });
    await expect(worklist.complete(WORKITEM, loser, performed)).rejects.toMatchObject({ code: 'workitem-refused' });
    await expect(worklist.cancel(WORKITEM, loser, 'no')).rejects.toMatchObject({ code: 'workitem-refused' });
    expect(state()).toBe('IN PROGRESS');
    await worklist.complete(WORKITEM, winner, performed);
    expect(await worklist.claim(WORKITEM, winner)).toBe(false);
    await expect(worklist.complete(WORKITEM, loser, performed)).rejects.toMatchObject({ code: 'workitem-refused' });
  });

  it('is given up with a reason', async () => {
    await worklist.claim(WORKITEM, transaction);
    await worklist.cancel(WORKITEM, transaction, 'The CT lacks slices.');
    expect(state()).toBe('CANCELED');
    const [progress] = items(held(), 'ProcedureStepProgressInformationSequence');
    expect(text(progress, 'ReasonForCancellation')).toBe('The CT lacks slices.');
    await expect(worklist.complete(WORKITEM, transaction, performed)).rejects.toMatchObject({ code: 'workitem-refused' });
  });

  it('does every change once, when answers are lost and it is asked for again', async () => {
    const twice = async (change: () => Promise<unknown>): Promise<unknown> => {
      // The first change that is sent is done, and its answer lost.
      let lost = false;
      proxy.fault = ({ method }) => (method !== 'GET' && !lost ? ((lost = true), 'lost') : 'none');
      await expect(change()).rejects.toMatchObject({ code: 'dicomweb-unreachable' });
      return await change();
    };
    expect(await twice(() => worklist.claim(WORKITEM, transaction))).toBe(true);
    await twice(() => worklist.complete(WORKITEM, transaction, performed));
    expect(state()).toBe('COMPLETED');

    proxy.fault = ({ url }) => (url.endsWith('/state') ? 'lost' : 'none');
    server.schedule(WORKITEM, jsonFromDataset(CONTOURING));
    await expect(worklist.claim(WORKITEM, transaction)).rejects.toMatchObject({ code: 'dicomweb-unreachable' });
    await expect(worklist.cancel(WORKITEM, transaction, 'x')).rejects.toMatchObject({ code: 'dicomweb-unreachable' });
    expect(state()).toBe('CANCELED');
    proxy.fault = () => 'none';
    await worklist.cancel(WORKITEM, transaction, 'x');
    expect(await worklist.claim(WORKITEM, transaction)).toBe(false);
  });

  it('refuses what is not there, what is no UID, and a state that there is none of', async () => {
    await expect(worklist.claim(uidFrom('unknown'), transaction)).rejects.toMatchObject({ code: 'dicomweb-not-found' });
    await expect(worklist.claim('a/b', transaction)).rejects.toMatchObject({ code: 'dicomweb-uid' });
    await expect(worklist.claim(WORKITEM, 'no UID')).rejects.toMatchObject({ code: 'dicomweb-uid' });
    await expect(worklist.progress(WORKITEM, transaction, 1, '')).rejects.toMatchObject({ code: 'workitem-refused' });
    proxy.fault = ({ method }) => (method === 'PUT' ? 400 : 'none');
    await expect(worklist.claim(WORKITEM, transaction)).rejects.toMatchObject({ code: 'workitem-refused' });
    server.workitem(WORKITEM)[STATE] = { vr: 'CS', Value: ['WAITING'] };
    await expect(worklist.retrieve(WORKITEM)).rejects.toMatchObject({ code: 'workitem', subject: { uid: WORKITEM } });
  });
});
