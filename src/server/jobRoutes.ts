import { RondoError } from '../errors.ts';
import { JOB_STATES, type Job } from '../jobs/index.ts';
import { may, type Caller } from './access.ts';
import { eventAnswer, jobAnswers } from './jobAnswer.ts';
import type { AppOptions } from './options.ts';
import { jsonRoute, rawRoute, type Route } from './route.ts';
import { deliveryParams, jobDetailSchema, jobListQuery, jobListSchema, jobParams, jobSchema, protocolBody, submissionBody, summarySchema, type JobAnswer } from './schemas.ts';

/** Jobs: to ask for them, look at them, and decide about them. */
export function jobRoutes({ jobs, deliveries, structureSets, queue, actions, log }: AppOptions): Route[] {
  const answerOf = async (job: Job): Promise<JobAnswer> => (await jobAnswers([job], deliveries))[0];

  /** A message that is lost is sent again by the next sweep: what was decided stands. */
  const wake = async (send: Promise<void>): Promise<void> => {
    await send.catch((error: unknown) => { log.warn({ err: error }, 'a worker could not be woken'); });
  };

  /** @throws RondoError `job-missing`, also for a job that the caller may not see: that it exists is not said */
  const seen = async (id: string, caller: Caller): Promise<Job> => {
    if (!may(caller, 'see all jobs') && !(await jobs.isAskedBy(id, caller.who))) throw new RondoError('job-missing', `There is no job ${id} that you asked for. Look for it in the list of jobs.`);
    return await jobs.get(id);
  };

  return [
    jsonRoute({
      method: 'get', path: '/api/jobs', summary: 'Jobs, newest first; for the role trigger those that it asked for', permission: 'see own jobs', statuses: { 200: 'A page of jobs' },
      input: { query: jobListQuery }, answer: jobListSchema,
      async handle({ query: { state, limit, before }, caller }) {
        const askedBy = may(caller, 'see all jobs') ? undefined : caller.who;
        const [found, counts] = [await jobs.list({ state, before, askedBy, limit: limit + 1 }), await jobs.countStates(askedBy)];
        const page = found.slice(0, limit);
        return {
          jobs: await jobAnswers(page, deliveries),
          counts: Object.fromEntries(JOB_STATES.map((each) => [each, counts[each] ?? 0])) as Record<Job['state'], number>,
          ...(found.length > limit && { next: page[page.length - 1].id }),
        };
      },
    }),
    jsonRoute({
      method: 'post', path: '/api/jobs', summary: 'Ask for a series to be contoured. The same images by the same protocol are contoured once: a job that another does already ends cancelled, and its last event names that one', permission: 'submit', statuses: { 202: 'The job' },
      input: { body: submissionBody }, answer: jobSchema,
      async handle({ body, caller }, response) {
        const job = await actions.submit(body, caller.who);
        response.location(`/api/jobs/${job.id}`);
        return await answerOf(job);
      },
    }),
    jsonRoute({
      method: 'get', path: '/api/jobs/{id}', summary: 'One job, with its deliveries and all that happened to it', permission: 'see own jobs', statuses: { 200: 'The job' },
      input: { params: jobParams }, answer: jobDetailSchema,
      async handle({ params: { id }, caller }) {
        const job = await seen(id, caller);
        return { ...(await answerOf(job)), events: (await jobs.events(id)).map(eventAnswer) };
      },
    }),
    jsonRoute({
      method: 'post', path: '/api/jobs/{id}/cancel', summary: 'End a job that is not finished', permission: 'decide', statuses: { 200: 'The job' },
      input: { params: jobParams }, answer: jobSchema,
      handle: async ({ params: { id }, caller: { who } }) => await answerOf(await jobs.cancel(id, who)),
    }),
    jsonRoute({
      method: 'post', path: '/api/jobs/{id}/rerun', summary: 'Begin a failed job anew', permission: 'decide', statuses: { 200: 'The job' },
      input: { params: jobParams }, answer: jobSchema,
      async handle({ params: { id }, caller: { who } }) {
        const job = await actions.rerun(id, who);
        if (job.state === 'received') await wake(queue.sendJob(job));
        return await answerOf(job);
      },
    }),
    jsonRoute({
      method: 'post', path: '/api/jobs/{id}/protocol', summary: 'Choose the protocol of a job that waits for one', permission: 'decide', statuses: { 200: 'The job' },
      input: { params: jobParams, body: protocolBody }, answer: jobSchema,
      handle: async ({ params: { id }, body: { protocol }, caller: { who } }) => await answerOf(await actions.chooseProtocol(id, protocol, who)),
    }),
    jsonRoute({
      method: 'post', path: '/api/jobs/{id}/deliveries/{destination}/retry', summary: 'Deliver again, now, what was given up or is to be tried later', permission: 'decide', statuses: { 200: 'The job' },
      input: { params: deliveryParams }, answer: jobSchema,
      async handle({ params: { id, destination }, caller: { who } }) {
        const delivery = await deliveries.retry(id, destination, who);
        const job = await jobs.get(id);
        await wake(queue.sendDelivery(delivery, { priority: job.priority }));
        return await answerOf(job);
      },
    }),
    rawRoute({
      method: 'get', path: '/api/jobs/{id}/structure-set', summary: 'The RT Structure Set of a job as a DICOM file', permission: 'read structure sets', statuses: { 200: 'The file (PS3.10)' },
      input: { params: jobParams }, mediaType: 'application/dicom',
      async handle({ params: { id }, caller: { who } }, response) {
        const { sopInstanceUid, bytes } = await structureSetOf(id);
        if (bytes === undefined) throw new RondoError('job-purged', 'The structure set was deleted by the retention rules. Send the images again.', { uid: sopInstanceUid });
        log.info({ who, job: id, sopInstanceUid }, 'a structure set was read');
        response.set('content-disposition', `attachment; filename="${sopInstanceUid}.dcm"`).type('application/dicom').send(Buffer.from(bytes));
      },
    }),
    jsonRoute({
      method: 'get', path: '/api/jobs/{id}/summary', summary: 'What is in the structure set of a job', permission: 'read structure sets', statuses: { 200: 'Its structures, volumes and notes' },
      input: { params: jobParams }, answer: summarySchema,
      async handle({ params: { id } }) {
        const [{ sopInstanceUid, sha256, createdAt, bytes, summary }, { notes }] = [await structureSetOf(id), await jobs.get(id)];
        return { sopInstanceUid, sha256, createdAt: createdAt.toISOString(), kept: bytes !== undefined, notes: [...notes], summary: { ...summary } };
      },
    }),
  ];

  async function structureSetOf(id: string): Promise<NonNullable<Awaited<ReturnType<typeof structureSets.get>>>> {
    const { state } = await jobs.get(id);
    const stored = await structureSets.get(id);
    if (stored === undefined) throw new RondoError('structure-set-missing', `The job ${id} is ${state} and has made no structure set. Look at its state.`);
    return stored;
  }
}
