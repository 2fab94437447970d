import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Router, type Request, type Response } from 'express';
import type { Added, Archive, ArchivedInstance } from '../archive/index.ts';
import { elementOfKeyword, isUid, readDicom, text } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { dicomJson, type JsonDataset } from './dicomJson.ts';
import { receiveParts, type PartLimits } from './multipart.ts';

/** What the archive's routes need to know. */
export interface ArchiveRoutesOptions {
  archive: Archive;
  limits: PartLimits;
  /** Called for each instance that was stored, before the answer says so. Where it throws, the answer says that the instance was not taken. */
  onAdded: (added: Added, response: Response) => Promise<void>;
}

const JSON_TYPE = 'application/dicom+json';

/** Failure Reason (PS3.18 table I.2-2 and PS3.4 table GG.4-1) of what could not be stored. */
const FAILURE_REASONS: Readonly<Record<string, number | undefined>> = { 'archive-full': 0xa700, 'archive-removed': 0xa700, 'instance-not-dicom': 0xc000, 'instance-class': 0x0122, 'instance-differs': 0x0111, 'stow-limit': 0xa700 };
const PROCESSING_FAILURE = 0x0110;

/** DICOMweb on the archive of received instances: STOW-RS into it, and of QIDO-RS and WADO-RS what fetching a series needs. Answers name no patient. */
export function archiveRoutes({ archive, limits, onAdded }: ArchiveRoutesOptions): Router {
  const router = Router();

  router.get(['/series', '/studies/:study/series'], async (request, response) => {
    const { study } = request.params as { study?: string };
    const series = await archive.series(study);
    sendResults(request, response, await Promise.all(series.map(async ({ studyInstanceUid, seriesInstanceUid, instances }) => {
      const [first] = await archive.instances(studyInstanceUid, seriesInstanceUid);
      return { ...(await seriesJson(first)), ...dicomJson({ NumberOfSeriesRelatedInstances: instances }) };
    })));
  });

  router.get('/studies/:study/series/:series/instances', async (request, response) => {
    const instances = await archive.instances(request.params.study, request.params.series);
    sendResults(request, response, instances.map(({ studyInstanceUid, seriesInstanceUid, sopInstanceUid }) => dicomJson({ StudyInstanceUID: studyInstanceUid, SeriesInstanceUID: seriesInstanceUid, SOPInstanceUID: sopInstanceUid })));
  });

  router.get('/studies/:study/series/:series', async (request, response) => {
    const instances = await archive.instances(request.params.study, request.params.series);
    if (instances.length === 0) throw new RondoError('instance-absent', 'The archive holds no such series.', isUid(request.params.series) ? { uid: request.params.series } : {});
    await sendInstances(response, instances);
  });

  router.get('/studies/:study/series/:series/instances/:instance', async (request, response) => {
    const { study, series, instance } = request.params;
    const found = await archive.instance(study, series, instance);
    if (found === undefined) throw new RondoError('instance-absent', 'The archive holds no such instance.', isUid(instance) ? { uid: instance } : {});
    await sendInstances(response, [found]);
  });

  router.post(['/studies', '/studies/:study'], async (request, response) => {
    const parts = await receiveParts(request, archive, limits);
    const [stored, failed]: [JsonDataset[], JsonDataset[]] = [[], []];
    for (const part of parts) {
      let uid: string | undefined;
      try {
        if ('refused' in part) throw part.refused;
        const added = await archive.add(part.file);
        uid = added.sopInstanceUid;
        await onAdded(added, response);
        stored.push(dicomJson({ ReferencedSOPClassUID: added.sopClassUid, ReferencedSOPInstanceUID: added.sopInstanceUid }));
      } catch (error) {
        const [code, subject] = error instanceof RondoError ? [error.code, error.subject] : ['', {}];
        failed.push(dicomJson({ ReferencedSOPInstanceUID: uid ?? subject.uid, FailureReason: FAILURE_REASONS[code] ?? PROCESSING_FAILURE }));
      }
    }
    response.status(failed.length === 0 ? 200 : stored.length === 0 ? 409 : 202);
    sendJson(response, dicomJson({ ...(stored.length > 0 && { ReferencedSOPSequence: stored }), ...(failed.length > 0 && { FailedSOPSequence: failed }) }));
  });

  return router;
}

function sendJson(response: Response, body: unknown): void {
  response.type(JSON_TYPE).send(JSON.stringify(body));
}

/** Results of a search: those that match the query's attributes, named by keyword or tag, from `offset` on, `limit` at most (PS3.18 8.3.4). */
function sendResults({ query }: Request, response: Response, results: readonly JsonDataset[]): void {
  const matching = Object.entries(query).flatMap(([key, value]) => {
    const tag = /^[\dA-F]{8}$/i.test(key) ? key.toUpperCase() : elementOfKeyword(key, 0)?.tag;
    return tag === undefined ? [] : [{ tag, value }];
  });
  const found = results.filter((result) => matching.every(({ tag, value }) => result[tag]?.Value?.[0] === value));
  const [offset, limit] = [Number(query.offset ?? 0), Number(query.limit ?? found.length)];
  sendJson(response, found.slice(offset, offset + limit));
}

async function seriesJson({ studyInstanceUid, seriesInstanceUid, file }: ArchivedInstance): Promise<JsonDataset> {
  const { dataset } = readDicom(await readFile(file), { until: '0020FFFF' });
  const described = Object.fromEntries(['Modality', 'SeriesDescription', 'SeriesNumber', 'BodyPartExamined'].map((keyword) => [keyword, text(dataset, keyword) || undefined]));
  return dicomJson({ ...described, StudyInstanceUID: studyInstanceUid, SeriesInstanceUID: seriesInstanceUid });
}

/** Instances as they are, one a part (PS3.18 8.7.3.3). */
async function sendInstances(response: Response, instances: readonly ArchivedInstance[]): Promise<void> {
  const boundary = randomUUID();
  response.setHeader('content-type', `multipart/related; type="application/dicom"; boundary=${boundary}`);
  for (const { file } of instances) {
    response.write(`--${boundary}\r\ncontent-type: application/dicom\r\n\r\n`);
    await pipeline(createReadStream(file), response, { end: false });
    response.write('\r\n');
  }
  response.end(`--${boundary}--\r\n`);
}
