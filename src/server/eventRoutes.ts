import type { Response } from 'express';
import { RondoError } from '../errors.ts';
import { may, type Caller } from './access.ts';
import { JobChanges, type Message } from './jobChanges.ts';
import type { AppOptions } from './options.ts';
import { rawRoute, type Route } from './route.ts';

/** Times in milliseconds. */
export interface StreamTimes {
  poll: number;
  heartbeat: number;
  /** After which a stream ends, so that whoever listens shows its key again. */
  life: number;
}

const TIMES: StreamTimes = { poll: 1000, heartbeat: 15_000, life: 30 * 60_000 };
const MOST_LISTENERS = 200;
/** What waits for a listener that does not read; then it is let go, and resumes. */
const MOST_WAITING_BYTES = 2 ** 20;

/** The stream of what happens to jobs (server-sent events, WHATWG HTML 9.2). */
export function eventRoutes({ database, jobs, deliveries, log }: Pick<AppOptions, 'database' | 'jobs' | 'deliveries' | 'log'>, times = TIMES): Route[] {
  const changes = new JobChanges({ database, jobs, deliveries, pollMs: times.poll, onError: (error) => { log.warn({ err: error }, 'changes of jobs could not be read'); } });
  let listeners = 0;

  return [rawRoute({
    method: 'get', path: '/api/events', permission: 'see own jobs', mediaType: 'text/event-stream',
    summary: 'What happens to jobs, as server-sent events: "job" (JobChange), "progress" (JobProgress), "reset" where what was missed is too much: read the list again. Last-Event-ID resumes',
    statuses: { 200: 'The stream' },
    async handle({ caller }, response, request) {
      const last = request.get('last-event-id');
      if (last !== undefined && !/^\d{1,15}$/.test(last)) throw new RondoError('request-invalid', 'Last-Event-ID is none that was given here. Expected a number, or no such header.');
      if (listeners >= MOST_LISTENERS) throw new RondoError('too-many-listeners', `There are ${MOST_LISTENERS} listeners already. Try again later.`);
      listeners += 1;
      try {
        await stream(response, caller, last === undefined ? undefined : Number(last));
      } finally {
        listeners -= 1;
      }
    },
  })];

  async function stream(response: Response, caller: Caller, resume: number | undefined): Promise<void> {
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    const send = (text: string): void => {
      if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
      else if (!response.writableEnded) response.write(text);
    };
    const tell = async (messages: readonly Message[]): Promise<void> => {
      for (const message of messages) if (message.jobId === undefined || await sees(message.jobId)) send(written(message));
    };
    const sees = async (jobId: string): Promise<boolean> => may(caller, 'see all jobs') || await jobs.isAskedBy(jobId, caller.who);
    // Listening begins before what was missed is read: in between nothing is lost.
    const listening = await changes.listen(tell, resume);
    const beat = setInterval(() => { send(': alive\n\n'); }, times.heartbeat);
    const end = setTimeout(() => { response.end(); }, times.life);
    try {
      response.status(200).set({ 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' });
      send('retry: 3000\n\n');
      listening.begin();
      await closed;
    } finally {
      clearInterval(beat);
      clearTimeout(end);
      listening.stop();
    }
  }
}

function written({ resume, event, data }: Message): string {
  return `${resume === undefined ? '' : `id: ${resume}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
