import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/index.ts';
import { Worklist, type Workitem } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import { webService } from './peers.ts';
import type { ReadyCheck } from './readyCheck.ts';
import { WorklistOrders, type WorklistOrdersOptions } from './worklistOrders.ts';

/** How often the worklist is told how far jobs are, where that has changed. */
const REPORT_MS = 2000;

export interface WorklistPollOptions extends Omit<WorklistOrdersOptions, 'worklist' | 'signal'> {
  settings: NonNullable<Config['worklist']>;
  /** Names this Rondo in workitems. */
  stationName: string;
  /** Told when the worklist falls silent or answers again, and of each workitem that cannot be used, once. */
  tell: (level: 'info' | 'warn', about: { workitem?: string; err?: unknown }, message: string) => void;
  /** Told of what was not expected. */
  onError: (error: unknown, jobId?: string) => void;
}

/** What an operator sees of the worklist. */
export interface WorklistStatus {
  /** Whether the last search was answered; undefined before the first. */
  answers: boolean | undefined;
  /** Scheduled workitems that cannot be used, or not yet. */
  refused: number;
}

/** Takes orders of a worklist (UPS-RS, PS3.18 11) now and then, and tells it what becomes of them. */
export class WorklistPoll {
  readonly #options: WorklistPollOptions;
  readonly #worklist: Worklist;
  readonly #orders: WorklistOrders;
  readonly #stopping = new AbortController();
  #running: readonly Promise<void>[] = [];
  #answers: boolean | undefined;
  /** Why the last search was not answered. */
  #silence: unknown;
  /** What keeps workitems from being taken, and the worklist from being told, by their UIDs. */
  readonly #refused = new Map<string, string>();
  readonly #untold = new Map<string, string>();
  /** Whom to tell something failed: it is tried again after the next search. */
  readonly #paused = new Set<string>();
  /** Workitems that something is being done to: the rounds let each other finish. */
  readonly #busy = new Set<string>();

  /** @throws RondoError `dicomweb-url` */
  constructor(options: WorklistPollOptions) {
    const { settings, stationName } = options;
    const { signal } = this.#stopping;
    this.#options = options;
    this.#worklist = new Worklist({ ...webService(settings), stationName, signal });
    this.#orders = new WorklistOrders({ ...options, worklist: this.#worklist, signal });
  }

  /** Begins to look; the worklist need not be there. */
  start(): void {
    this.#running = [this.#repeat(() => this.#poll(), this.#options.settings.everySeconds * 1000), this.#repeat(() => this.#report(), REPORT_MS)];
  }

  /** Ends what is being asked; what was begun is taken up on the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  status(): WorklistStatus {
    return { answers: this.#answers, refused: this.#refused.size + this.#untold.size };
  }

  ready(): ReadyCheck[] {
    const { answers, refused } = this.status();
    const [first] = [...this.#untold.values(), ...this.#refused.values()] as [string?];
    const detail = first === undefined ? 'answers' : `${refused} workitems cannot be used as they are; of one: ${first}`;
    return [{ name: 'worklist', ok: answers !== false, detail: answers === undefined ? 'not asked yet' : answers ? detail : wordsOf(this.#silence) }];
  }

  /** Claims what a waiting job stands for, before it is worked on. @throws RondoError as `WorklistOrders.claimFor` says */
  async claimFor(jobId: string): Promise<void> {
    const job = await this.#options.jobs.get(jobId);
    if (job.state === 'waiting') await this.#orders.claimFor(job);
  }

  /** Looks for new workitems, and at those of orders that have not ended. */
  async #poll(): Promise<void> {
    const { orders } = this.#options;
    const found = await this.#search();
    // What a server says of single workitems means nothing while it answers no search.
    if (found === undefined) return;
    const silent = new Set<string>();
    const open = await orders.open();
    for (const { workitemUid } of open) {
      await this.#alone(workitemUid, this.#refused, async () => {
        const { order, job } = (await orders.current(workitemUid)) ?? {};
        if (order === undefined) return;
        if (job === undefined) await this.#orders.resume(order, silent);
        else await this.#orders.check(order, job);
      });
    }
    const known = new Set((await orders.known(found.map(({ uid }) => uid))).map(({ workitemUid }) => workitemUid));
    for (const workitem of found) if (!known.has(workitem.uid)) await this.#alone(workitem.uid, this.#refused, async () => { await this.#orders.take(workitem, silent); });
    const there = new Set([...found.map(({ uid }) => uid), ...open.map(({ workitemUid }) => workitemUid)]);
    keepOnly(this.#refused, there);
    this.#paused.clear();
  }

  /** Scheduled workitems; undefined where the worklist does not answer, which is said when it begins and when it ends. */
  async #search(): Promise<Workitem[] | undefined> {
    const { settings: { query }, tell } = this.#options;
    try {
      const found = await this.#worklist.search({ state: 'SCHEDULED', match: query });
      if (this.#silence !== undefined) tell('info', {}, 'the worklist answers again');
      this.#silence = undefined;
      this.#answers = true;
      return found;
    } catch (error) {
      if (this.#isStopping()) return undefined;
      if (wordsOf(error) !== wordsOf(this.#silence)) tell('warn', { err: error }, 'the worklist cannot be searched');
      this.#silence = error;
      this.#answers = false;
      return undefined;
    }
  }

  async #report(): Promise<void> {
    const { orders } = this.#options;
    const open = await orders.open();
    for (const { workitemUid: uid, state } of open) {
      if (state !== 'claimed' || this.#paused.has(uid)) continue;
      await this.#alone(uid, this.#untold, async () => {
        const { order, job } = (await orders.current(uid)) ?? {};
        if (order !== undefined && job !== undefined) await this.#orders.report(order, job);
      });
      if (this.#untold.has(uid)) this.#paused.add(uid);
    }
    keepOnly(this.#untold, new Set(open.map(({ workitemUid }) => workitemUid)));
  }

  /** Does something to one workitem, unless something is being done to it; its failure is its own. */
  async #alone(uid: string, troubles: Map<string, string>, work: () => Promise<void>): Promise<void> {
    if (this.#busy.has(uid) || this.#isStopping()) return;
    this.#busy.add(uid);
    try {
      await work();
      troubles.delete(uid);
    } catch (error) {
      if (this.#isStopping()) return;
      if (troubles.get(uid) !== wordsOf(error)) this.#options.tell('warn', { workitem: uid, err: error }, 'a workitem cannot be used as it is');
      troubles.set(uid, wordsOf(error));
    } finally {
      this.#busy.delete(uid);
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #repeat(work: () => Promise<void>, everyMs: number): Promise<void> {
    while (!this.#isStopping()) {
      await work().catch((error: unknown) => { if (!this.#isStopping()) this.#options.onError(error); });
      await delay(everyMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }
}

/** What may be shown of an error: what was not expected may name a patient. */
function wordsOf(error: unknown): string {
  return error instanceof RondoError ? error.message : error === undefined ? '' : 'Something happened that was not expected: see the log.';
}

function keepOnly(troubles: Map<string, string>, there: ReadonlySet<string>): void {
  for (const uid of troubles.keys()) if (!there.has(uid)) troubles.delete(uid);
}
