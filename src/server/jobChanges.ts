import { setTimeout as delay } from 'node:timers/promises';
import { EventFeed, type Database, type DeliveryStore, type FeedEvent, type JobStore } from '../jobs/index.ts';
import { eventAnswer, jobAnswers } from './jobAnswer.ts';
import { jobChangeSchema, jobProgressSchema, type JobAnswer } from './schemas.ts';

/** One thing to tell a listener. */
export interface Message {
  event: 'hello' | 'job' | 'progress' | 'reset';
  /** Number of the event of the job. */
  number?: number;
  /** Whose job it is about. */
  jobId?: string;
  /** From where a listener that has this can go on. */
  resume?: number;
  data: object;
}

export type Tell = (messages: readonly Message[]) => Promise<void>;

export interface Listening {
  /** From now on `tell` is called: first with "hello", then with what was missed, then with what happens. */
  begin: () => void;
  stop: () => void;
}

/** Events that a listener is told again; who missed more reads the list. */
const MOST_MISSED = 500;

interface ChangesOptions {
  database: Database;
  jobs: JobStore;
  deliveries: DeliveryStore;
  pollMs: number;
  onError: (error: unknown) => void;
}

/** Tells all listeners what happens to jobs. The database is asked once for all of them, and only while there are any. */
export class JobChanges {
  readonly #options: ChangesOptions;
  readonly #listeners = new Set<(messages: readonly Message[]) => void>();
  #feed: Promise<EventFeed> | undefined;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  /** @param resume of the last message that the listener has @throws RondoError `database-unreachable` */
  async listen(tell: Tell, resume?: number): Promise<Listening> {
    const { database, onError } = this.#options;
    const told = new Set<number>();
    let begin = (): void => undefined;
    let tail = new Promise<void>((resolve) => { begin = resolve; });
    const then = (work: () => Promise<void>): void => { tail = tail.then(work).catch(onError); };
    const hear = (messages: readonly Message[]): void => { then(() => tell(messages.filter(({ number }) => number === undefined || !told.has(number)))); };
    this.#listeners.add(hear);
    const stop = (): void => { this.#listeners.delete(hear); };
    try {
      const live = await this.#polling();
      const missed = await EventFeed.from(database, resume ?? live.resume);
      then(async () => {
        await tell([{ event: 'hello', resume: missed.resume, data: {} }]);
        // A number that was never given: the database was put back to an older one.
        if (resume !== undefined && missed.resume < resume) await tell([{ event: 'reset', data: {} }]);
        await this.#tellMissed(missed, tell, told);
      });
    } catch (error) {
      stop();
      throw error;
    }
    return { begin, stop };
  }

  async #tellMissed(missed: EventFeed, tell: Tell, told: Set<number>): Promise<void> {
    const events = await missed.read();
    for (const { id } of events) told.add(id);
    if (events.length > MOST_MISSED) await tell([{ event: 'reset', resume: events[events.length - 1].resume, data: {} }]);
    else await tell(await this.#messages(events));
  }

  async #polling(): Promise<EventFeed> {
    if (this.#feed !== undefined) return await this.#feed;
    const opening = EventFeed.from(this.#options.database);
    this.#feed = opening;
    try {
      void this.#poll(await opening);
      return await opening;
    } catch (error) {
      this.#feed = undefined;
      throw error;
    }
  }

  async #poll(feed: EventFeed): Promise<void> {
    const { pollMs, onError } = this.#options;
    let progress = new Map<string, string>();
    let unsaid: FeedEvent[] = [];
    while (this.#listeners.size > 0) {
      try {
        await delay(pollMs, undefined, { ref: false });
        unsaid.push(...await feed.read());
        const messages = await this.#messages(unsaid);
        unsaid = [];
        const now = await feed.progress();
        for (const { jobId, progress: how } of now) {
          if (progress.get(jobId) !== JSON.stringify(how)) messages.push({ event: 'progress', jobId, data: jobProgressSchema.parse({ id: jobId, progress: how }) });
        }
        progress = new Map(now.map(({ jobId, progress: how }) => [jobId, JSON.stringify(how)]));
        if (messages.length > 0) for (const hear of this.#listeners) hear(messages);
      } catch (error) {
        onError(error);
      }
    }
    this.#feed = undefined;
  }

  /** The events, each with its job as it is now. */
  async #messages(events: readonly FeedEvent[]): Promise<Message[]> {
    const { jobs, deliveries } = this.#options;
    const answers = new Map<string, JobAnswer>();
    for (const id of new Set(events.map(({ jobId }) => jobId))) answers.set(id, (await jobAnswers([await jobs.get(id)], deliveries))[0]);
    return events.map((event) => ({ event: 'job', number: event.id, jobId: event.jobId, resume: event.resume, data: jobChangeSchema.parse({ event: eventAnswer(event), job: answers.get(event.jobId) }) }));
  }
}
