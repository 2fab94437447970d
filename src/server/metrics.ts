import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Origin } from '../config/index.ts';
import { DELIVERY_STATES, EventFeed, JOB_STATES, ORDER_STATES, type Database, type DeliveryStore, type JobStore, type OrderStore } from '../jobs/index.ts';
import type { WorklistStatus } from '../service/index.ts';
import type { WatchedPlace } from './options.ts';

/** From a small step to a CT that waited over a week-end. */
const SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 6 * 3600, 24 * 3600, 72 * 3600];

/** What Prometheus reads. Nothing of a single job or patient, and no label whose values others choose: names of watched places stand in the configuration. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #received: Counter<'origin'>;
  readonly #states: Histogram<'state'>;
  readonly #whole: Histogram;
  readonly #database: Database;
  #feed: EventFeed | undefined;

  constructor({ database, jobs, deliveries, watches = [] }: { database: Database; jobs: JobStore; deliveries: DeliveryStore; watches?: readonly WatchedPlace[] | undefined }) {
    this.#database = database;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    gauge('rondo_jobs', 'Jobs by state', JOB_STATES, () => jobs.countStates(), registers);
    gauge('rondo_deliveries', 'Deliveries by state', DELIVERY_STATES, () => deliveries.countStates(), registers);
    if (watches.length > 0) watchGauge(watches, registers);
    this.#received = new Counter({ name: 'rondo_received_instances_total', help: 'Instances that were received and are new', labelNames: ['origin'], registers });
    this.#states = new Histogram({ name: 'rondo_job_state_seconds', help: 'How long jobs were in a state that they have left', labelNames: ['state'], buckets: SECONDS, registers });
    this.#whole = new Histogram({ name: 'rondo_job_seconds', help: 'From the making of a job to the delivery of its structure set', buckets: SECONDS, registers });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts an instance that was taken for the first time. */
  received(origin: Origin): void {
    this.#received.inc({ origin });
  }

  /** Measures orders of a worklist too. */
  watchWorklist(orders: OrderStore, status: () => WorklistStatus): void {
    const registers = [this.#registry];
    gauge('rondo_worklist_orders', 'Workitems that Rondo has or had, by state', ORDER_STATES, () => orders.countStates(), registers);
    new Gauge({ name: 'rondo_worklist_refused', help: 'Workitems that cannot be used as they are', registers, collect() { this.set(status().refused); } });
    new Gauge({ name: 'rondo_worklist_up', help: 'Whether the worklist answered the last search', registers, collect() { this.set(status().answers === true ? 1 : 0); } });
  }

  async text(): Promise<string> {
    await this.#observe();
    return await this.#registry.metrics();
  }

  /** Durations of what happened since the last time; of what happened before the first time nothing. */
  async #observe(): Promise<void> {
    this.#feed ??= await EventFeed.from(this.#database);
    for (const { from, to, seconds: { sinceChange, sinceCreated } } of await this.#feed.read()) {
      if (from !== undefined && sinceChange !== undefined) this.#states.observe({ state: from }, sinceChange);
      if (to === 'delivered') this.#whole.observe(sinceCreated);
    }
  }
}

function gauge<State extends string>(name: string, help: string, states: readonly State[], count: () => Promise<Partial<Record<State, number>>>, registers: Registry[]): void {
  new Gauge({
    name, help, labelNames: ['state'], registers,
    async collect() {
      const counts = await count();
      for (const state of states) this.set({ state }, counts[state] ?? 0);
    },
  });
}

/** Whether CTs are seen that appear in watched archives and folders. */
function watchGauge(watches: readonly WatchedPlace[], registers: Registry[]): void {
  new Gauge({
    name: 'rondo_watch_up', help: '1 where CTs that appear there are seen, 0 where they are not', labelNames: ['kind', 'name'], registers,
    collect() {
      for (const { kind, name, problem } of watches) this.set({ kind, name }, problem === undefined ? 1 : 0);
    },
  });
}
