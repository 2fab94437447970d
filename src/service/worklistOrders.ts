import type { Config } from '../config/index.ts';
import { newUid } from '../dicom/index.ts';
import { ctOf, type Service, type Workitem, type Worklist } from '../dicomweb/index.ts';
import { RondoError } from '../errors.ts';
import { FINISHED_STATES, type Job, type JobQueue, type JobState, type JobStore, type Order, type OrderStore } from '../jobs/index.ts';
import { ctIdentity } from './ctIdentity.ts';
import { checkChoice } from './destinations.ts';
import { findOrderedCt } from './orderedCt.ts';
import { ORDER_KEYWORDS, orderedProtocol } from './orderedProtocol.ts';
import { performedBy, progressReport, reasonOf, type OutputOptions } from './orderReport.ts';
import { unlessEnded } from './problem.ts';
import { ruleKeywords } from './ruleKeywords.ts';
import { checkSeriesLimit } from './seriesLimit.ts';

export interface WorklistOrdersOptions extends OutputOptions {
  worklist: Worklist;
  orders: OrderStore;
  jobs: JobStore;
  queue: Pick<JobQueue, 'sendJob'>;
  config: Pick<Config, 'archives' | 'destinations' | 'rules' | 'limits'>;
  ownArchive: Service;
  /** Ends searches in archives. */
  signal: AbortSignal;
}

const WHO = 'worklist';

/** Failures that no waiting mends: a workitem that was claimed already is given up for them. */
const UNUSABLE = new Set(['workitem-input', 'workitem-elsewhere', 'series-limit']);

/**
 * What becomes of one workitem. Rondo changes at the worklist only what it has claimed, and claims only what it is about to work on: a workitem
 * that it cannot use, or whose protocol a person has to choose, stays SCHEDULED, where it can be corrected, canceled or taken by others
 * (PS3.4 CC.1.1). Every step may be repeated, whatever ended the process behind the one before.
 */
export class WorklistOrders {
  readonly #options: WorklistOrdersOptions;

  constructor(options: WorklistOrdersOptions) {
    this.#options = options;
  }

  /**
   * Makes a job of a workitem that is scheduled, or was claimed for an order that has no job yet.
   * @param silent addresses of archives that gave no answer just now
   * @throws RondoError `workitem-input`, `workitem-elsewhere`, `workitem-archive`, `destination-unknown`, `series-limit`, those of `DicomWeb`, `Worklist.claim` and `ctIdentity`; then it is as it was
   */
  async take(workitem: Workitem, silent: Set<string>): Promise<void> {
    const { orders, queue, config, ownArchive, signal } = this.#options;
    const { uid } = workitem;
    if (!workitem.isReady) throw new RondoError('workitem-unready', 'The Input Readiness State of a workitem is not READY. It is taken when it is (PS3.3 C.30.2).', { uid });
    const ct = ctOf(workitem);
    const keywords = ruleKeywords(config.rules).filter((keyword) => !ORDER_KEYWORDS.includes(keyword));
    const { source, listing, attributes } = await findOrderedCt(ct, { config, ownArchive, keywords, signal, silent });
    checkSeriesLimit(ct.seriesInstanceUid, listing.instanceUids.length, config);
    const chosen = await orderedProtocol(workitem, attributes, config.rules);
    if (chosen.protocol !== undefined) await checkChoice(chosen, config);
    const work = chosen.protocol === undefined ? { problem: chosen.problem }
      : { protocol: chosen.protocol, destinations: chosen.destinations, identity: await ctIdentity(ct.seriesInstanceUid, listing, chosen.protocol, chosen.destinations) };

    const order = await orders.save({ workitemUid: uid, transactionUid: newUid(), studyInstanceUid: ct.studyInstanceUid });
    if (chosen.protocol !== undefined && !(await this.#claim(order))) return;
    const job = await orders.createJob(uid, { origin: 'worklist', source, details: { workitem: uid, instances: listing.instanceUids.length, ...chosen.details }, ...work }, WHO);
    if (job.state === 'received') await queue.sendJob(job);
  }

  /** Takes up an order that a process ended in the middle of. @throws RondoError as `take` says */
  async resume(order: Order, silent: Set<string>): Promise<void> {
    const { worklist, orders } = this.#options;
    const { workitemUid: uid, transactionUid } = order;
    const workitem = await this.#retrieve(order);
    if (workitem === undefined) return;
    const isOurs = workitem.state === 'IN PROGRESS' && await worklist.claim(uid, transactionUid);
    if (!isOurs && workitem.state !== 'SCHEDULED') {
      await this.#leave(order, `it is ${workitem.state}`);
      return;
    }
    try {
      await this.take(workitem, silent);
    } catch (error) {
      if (!isOurs || !(error instanceof RondoError) || !UNUSABLE.has(error.code)) throw error;
      await worklist.cancel(uid, transactionUid, error.message);
      await orders.setState(uid, 'canceled');
    }
  }

  /** Looks whether the workitem of a job is still as it should be; `report` does so where the job has ended. @throws RondoError those of `Worklist` */
  async check(order: Order, job: Job): Promise<void> {
    const isClaimed = order.state === 'claimed';
    if (isOver(job)) {
      if (!isClaimed) await this.#leave(order, `the job was ${job.state} before it was claimed`);
      return;
    }
    const workitem = await this.#retrieve(order);
    if (workitem === undefined) return;
    const { state: now } = workitem;
    if (now === 'COMPLETED' || now === 'CANCELED') await this.#leave(order, `it was set ${now} at the worklist`);
    else {
      // A job that waits for a person is not claimed yet.
      const isAsItShouldBe = isClaimed ? now === 'IN PROGRESS' : now === 'SCHEDULED' && job.state === 'waiting';
      if (!isAsItShouldBe) await this.#claim(order);
    }
  }

  /** Tells the worklist what became of a claimed job. @throws RondoError those of `Worklist`, and as `performedBy` says */
  async report(order: Order, job: Job): Promise<void> {
    const { worklist } = this.#options;
    try {
      await this.#tell(order, job);
    } catch (error) {
      const code = error instanceof RondoError ? error.code : undefined;
      if (code === 'dicomweb-not-found') await this.#gone(order);
      else if (code !== 'workitem-refused' || (await worklist.claim(order.workitemUid, order.transactionUid))) throw error;
      else await this.#leave(order, 'the worklist does not have it as claimed by Rondo');
    }
  }

  async #tell(order: Order, job: Job): Promise<void> {
    const { worklist, orders, jobs } = this.#options;
    const { workitemUid: uid, transactionUid, reported } = order;
    switch (job.state) {
      case 'delivered': case 'corrected': case 'approved':
        await worklist.complete(uid, transactionUid, await performedBy(job, order, this.#options));
        await this.#ended(order, 'completed', job);
        return;
      case 'failed': case 'cancelled':
        await worklist.cancel(uid, transactionUid, await reasonOf(job, jobs));
        await this.#ended(order, 'canceled', job);
        return;
      default: {
        const report = progressReport(job, reported);
        if (report.percent === reported?.percent && report.description === reported.description) return;
        await worklist.progress(uid, transactionUid, report.percent, report.description);
        await orders.setReported(uid, report);
      }
    }
  }

  /**
   * Claims what a waiting job stands for, before it is worked on.
   * @throws RondoError `workitem-taken`, then the job has ended; those of `Worklist.claim`
   */
  async claimFor(job: Job): Promise<void> {
    for (const order of await this.#options.orders.ofJob(job.id)) {
      if (order.state === 'claimed' || (await this.#claim(order))) continue;
      throw new RondoError('workitem-taken', 'The workitem of this job is no longer to be had: another system has it, or it was canceled. Look at the worklist; to contour the CT all the same, ask for its series.', { uid: order.workitemUid });
    }
  }

  /** Makes a workitem Rondo's, or has no more to do with it. @returns whether it is Rondo's */
  async #claim(order: Order): Promise<boolean> {
    const { worklist, orders } = this.#options;
    const isOurs = await worklist.claim(order.workitemUid, order.transactionUid);
    if (isOurs) await orders.setState(order.workitemUid, 'claimed');
    else await this.#leave(order, 'another system has it');
    return isOurs;
  }

  /** The workitem; undefined for one that the worklist has no longer. */
  async #retrieve(order: Order): Promise<Workitem | undefined> {
    try {
      return await this.#options.worklist.retrieve(order.workitemUid);
    } catch (error) {
      if (!(error instanceof RondoError) || error.code !== 'dicomweb-not-found') throw error;
      await this.#gone(order);
      return undefined;
    }
  }

  /** The worklist has lost a workitem, which nobody has decided: its job goes on. */
  async #gone({ workitemUid: uid, jobId }: Order): Promise<void> {
    const { orders, jobs } = this.#options;
    if (jobId !== undefined) await jobs.note(jobId, 'workitem gone', WHO, { workitem: uid });
    await orders.setState(uid, 'left');
  }

  /** Has no more to do with a workitem; the job that was made for it alone ends, before that is written down. */
  async #leave({ workitemUid: uid, jobId }: Order, why: string): Promise<void> {
    const { orders, jobs } = this.#options;
    if (jobId !== undefined) {
      const job = await jobs.get(jobId);
      const isOnly = job.origin === 'worklist' && (await orders.ofJob(jobId)).every(({ workitemUid }) => workitemUid === uid);
      if (isOnly && !isOver(job)) await jobs.cancel(jobId, WHO, `its workitem was left: ${why}`).catch(unlessEnded);
      await jobs.note(jobId, 'workitem left', WHO, { workitem: uid, why });
    }
    await orders.setState(uid, 'left');
  }

  async #ended({ workitemUid: uid }: Order, state: 'completed' | 'canceled', { id }: Job): Promise<void> {
    const { orders, jobs } = this.#options;
    await orders.setState(uid, state);
    await jobs.note(id, `workitem ${state}`, WHO, { workitem: uid });
  }
}

function isOver({ state }: Job): boolean {
  return (FINISHED_STATES as readonly JobState[]).includes(state);
}
