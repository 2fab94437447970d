import type { Delivery, DeliveryStore, Job, JobEvent, Problem } from '../jobs/index.ts';
import type { z } from 'zod';
import type { JobAnswer, jobDetailSchema } from './schemas.ts';

type EventAnswer = z.infer<typeof jobDetailSchema>['events'][number];

/** Jobs as the API shows them, with their deliveries. */
export async function jobAnswers(jobs: readonly Job[], deliveries: DeliveryStore): Promise<JobAnswer[]> {
  const all = await deliveries.list(jobs.map(({ id }) => id));
  return jobs.map((job) => jobAnswer(job, all.filter(({ jobId }) => jobId === job.id)));
}

export function jobAnswer(job: Job, deliveries: readonly Delivery[]): JobAnswer {
  const { id, state, priority, protocol, origin, source, seriesInstanceUid, attempts, problem, progress, notes, resultSopInstanceUid, notBefore, createdAt, changedAt } = job;
  return {
    id, state, priority, protocol, origin, studyInstanceUid: source?.studyInstanceUid, seriesInstanceUid, attempts, problem: problem && shown(problem), progress, notes: [...notes],
    structureSetUid: resultSopInstanceUid, notBefore: notBefore?.toISOString(), createdAt: createdAt.toISOString(), changedAt: changedAt.toISOString(),
    deliveries: deliveries.map((delivery) => ({
      destination: delivery.destination, state: delivery.state, attempts: delivery.attempts, problem: delivery.problem && shown(delivery.problem),
      nextAttemptAt: delivery.state === 'waiting' ? delivery.nextAttemptAt.toISOString() : undefined,
    })),
  };
}

export function eventAnswer({ at, who, what, from, to, details }: JobEvent): EventAnswer {
  return { at: at.toISOString(), who, what, from, to, details };
}

function shown({ code, message, cure }: Problem): Problem {
  return { code, message, cure };
}
