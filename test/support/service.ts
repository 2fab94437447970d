import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { Archive, type Added } from '../../src/archive/index.ts';
import type { Arrival } from '../../src/config/index.ts';
import { RondoError } from '../../src/errors.ts';
import { DeliveryStore, JobLeases, JobStore, openDatabase, StructureSetStore, TrendStore, type Database, type Job, type JobState, type NewJob, type Problem } from '../../src/jobs/index.ts';
import { createApp, hardenServer, type AppOptions, type ServiceActions } from '../../src/server/index.ts';

export const PROTOCOLS = [{ name: 'breast-left-whole', title: 'Left breast, whole' }, { name: 'breast-right-whole-nodes', title: 'Right breast, whole, with nodes' }, { name: 'thorax-oar', title: 'Organs of the thorax' }];

/** The server on loopback with a database of its own; what stands behind it is as small as can be, over the real stores. */
export interface TestService {
  url: string;
  server: Server;
  database: Database;
  archive: Archive;
  jobs: JobStore;
  leases: JobLeases;
  deliveries: DeliveryStore;
  structureSets: StructureSetStore;
  added: { added: Added; arrival: Arrival; who: string }[];
  /** Messages that were sent to workers. */
  sent: string[];
  /** Lines of the log. */
  logged: Record<string, unknown>[];
  /** A job in the state, by the shortest way that a job can go. */
  inState: (state: JobState, more?: InState) => Promise<Job>;
  stop: () => Promise<void>;
}

export interface InState extends Partial<NewJob> {
  who?: string;
  destinations?: readonly string[];
}

export const PROBLEM: Problem = { code: 'rule-none', message: 'No rule chooses a protocol for this CT.', cure: 'Choose the protocol here, or add a rule.' };

export interface TestServiceOptions extends Partial<Pick<AppOptions, 'internalToken' | 'metrics'>> {
  authentication?: AppOptions['config']['authentication'];
  http?: Partial<AppOptions['config']['http']>;
  actions?: Partial<ServiceActions>;
}

export async function startService({ authentication = { keys: [] }, http, actions, internalToken }: TestServiceOptions = {}): Promise<TestService> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-server-'));
  const database = await openDatabase({ folder: path.join(folder, 'db') });
  const archive = await Archive.open(path.join(folder, 'archive'));
  const [jobs, leases, deliveries, structureSets] = [new JobStore(database), new JobLeases(database), new DeliveryStore(database), new StructureSetStore(database)];
  const [added, sent, logged]: [TestService['added'], string[], Record<string, unknown>[]] = [[], [], []];
  const log = pino({ level: 'debug' }, new Writable({ write: (line: Buffer, _, done) => { logged.push(JSON.parse(line.toString()) as Record<string, unknown>); done(); } }));
  const app = createApp({
    config: { authentication, limits: { instanceMb: 1, seriesInstances: 100, requestMb: 8 }, http: { host: '127.0.0.1', port: 0, ...http } },
    database, jobs, deliveries, structureSets, trend: new TrendStore(database), archive, log, version: '1.2.3', internalToken,
    queue: {
      sendJob: ({ id }) => { sent.push(`job ${id}`); return Promise.resolve(); },
      sendDelivery: ({ jobId, destination }) => { sent.push(`delivery ${jobId} ${destination}`); return Promise.resolve(); },
    },
    onAdded: (one, arrival, who) => { added.push({ added: one, arrival, who }); return Promise.resolve(); },
    actions: { ...actionsOn(jobs), ...actions },
  });
  const server = hardenServer(createServer(app));
  await once(server.listen(0, '127.0.0.1'), 'listening');

  let made = 0;
  const inState = async (state: JobState, { who = 'ae:CT1', destinations = ['pacs', 'tps'], problem = PROBLEM, ...more }: InState = {}): Promise<Job> => {
    made += 1;
    const source = { kind: 'dicomweb' as const, url: 'http://127.0.0.1:8042/dicom-web', studyInstanceUid: `1.2.826.0.1.3680043.8.498.${made}`, seriesInstanceUid: `1.2.826.0.1.3680043.8.498.${made}.${10_000_000 + made * 7919}` };
    const { job } = await jobs.create({ origin: 'dimse', source, ...(state === 'waiting' ? { problem } : { protocol: 'breast-left-whole' }), ...more }, who);
    if (state === 'waiting' || state === 'received') return job;
    if (state === 'cancelled') return await jobs.cancel(job.id, 'anna');
    if (state === 'failed') return await jobs.transition(job.id, 'received', 'failed', { problem }, 'worker-1');
    await database.query("UPDATE rondo.job SET priority = 100 WHERE id = $1", [job.id]);
    const claimed = await leases.claim('worker-1', 3_600_000);
    if (claimed?.id !== job.id) throw new Error('another job was claimed');
    if (state === 'fetching') return claimed;
    const contouring = await jobs.transition(job.id, 'fetching', 'contouring', {}, 'worker-1');
    if (state === 'contouring') return contouring;
    const saved = await structureSets.save(job.id, 'worker-1', { sopInstanceUid: `2.25.${7_000_000 + made}`, bytes: Uint8Array.of(68, 73, 67, 77, 255), summary: { structures: 12 }, notes: [] }, destinations);
    if (state === 'delivering') return saved;
    for (const destination of destinations) {
      await deliveries.claim(job.id, destination, 'worker-1', 60_000);
      await deliveries.record(job.id, destination, 'worker-1', { state: 'verified' });
    }
    if (state === 'delivered') return await jobs.get(job.id);
    return await jobs.transition(job.id, 'delivered', state, {}, 'anna');
  };

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, database, archive, jobs, leases, deliveries, structureSets, added, sent, logged, inState,
    async stop() {
      server.close();
      server.closeAllConnections();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function actionsOn(jobs: JobStore): ServiceActions {
  const known = (protocol: string): string => {
    if (!PROTOCOLS.some(({ name }) => name === protocol)) throw new RondoError('protocol-unknown', `There is no protocol "${protocol}".`);
    return protocol;
  };
  return {
    async submit({ studyInstanceUid, seriesInstanceUid, archive, protocol, priority }, who) {
      const source = { kind: 'dicomweb' as const, url: `http://127.0.0.1/${archive ?? 'own'}`, studyInstanceUid, seriesInstanceUid };
      const { job } = await jobs.create({ origin: 'api', source, protocol: protocol && known(protocol), identity: `${seriesInstanceUid} ${protocol ?? ''}`, priority, problem: protocol === undefined ? PROBLEM : undefined }, who);
      return job;
    },
    chooseProtocol: async (id, protocol, who) => await jobs.transition(id, 'waiting', 'received', { protocol: known(protocol) }, who),
    rerun: async (id, who) => await jobs.rerun(id, who),
    protocols: () => Promise.resolve(PROTOCOLS),
    models: () => Promise.resolve([{ name: 'ctv-breast', version: '1.0.0', guideline: 'ESTRO', trainingData: 'synthetic' }]),
    destinations: () => [{ name: 'pacs', kind: 'stow' }, { name: 'tps', kind: 'dimse' }],
    ready: () => Promise.resolve([{ name: 'models', ok: true }]),
  };
}

/** What a server answered: its status, its headers and its JSON. */
export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** Asks a server for JSON. */
export async function askJson<Body = { error: { code: string; message: string; id?: string } }>(url: string, { key, json, ...more }: RequestInit & { key?: string; json?: unknown } = {}): Promise<Answer<Body>> {
  const response = await fetch(url, {
    ...(json !== undefined && { method: 'POST', body: JSON.stringify(json) }), ...more,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...(json !== undefined && { 'content-type': 'application/json' }), ...(more.headers as Record<string, string> | undefined) },
  });
  return { status: response.status, headers: response.headers, body: await response.json() as Body };
}
