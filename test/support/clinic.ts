import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { uidFrom } from '../../src/dicom/index.ts';
import type { JobState } from '../../src/jobs/index.ts';
import { writeConfig } from './configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from './ctSeries.ts';
import { runTool } from './dimsePeers.ts';
import { FaultyProxy } from './faultyProxy.ts';
import { freePort } from './freePort.ts';
import { makeHome, QUICK_PROTOCOL } from './home.ts';
import { startOrthanc, type Orthanc } from './orthanc.ts';

/** Often enough that no state of a job is missed that is held. */
const POLL_MS = 50;

/** A job as the API answers it. */
export interface JobSeen {
  id: string;
  state: JobState;
  seriesInstanceUid: string;
  attempts: number;
  problem?: { code: string };
  events: { who: string; what: string; to?: JobState; at: string; details?: Record<string, unknown> }[];
  deliveries: { state: string }[];
}

/** Where Rondo runs: an Orthanc, which is archive and destination "pacs", behind a network that fails as it is told to, and a configuration. */
export interface Clinic {
  folder: string;
  /** Rondo's data folder. */
  data: string;
  proxy: FaultyProxy;
  orthanc: Orthanc;
  url: string;
  dimsePort: number;
  configFile: string;
  /** Writes another configuration of the same ports and peers. @returns its file */
  configure: (name: string, data: string, ...lines: string[]) => Promise<string>;
  /** Sends a small CT of that name to Rondo, and has it there when this returns. @returns its Series Instance UID */
  send: (name: string) => Promise<string>;
  /** Has Rondo contour a small CT of that name that lies in Orthanc. @returns the id of the job */
  order: (name: string) => Promise<string>;
  job: (id: string) => Promise<JobSeen>;
  jobs: () => Promise<JobSeen[]>;
  /** The job once it is in the state. @throws Error where it fails instead */
  inState: (id: string, state: JobState) => Promise<JobSeen>;
  /** How often a structure set was sent to Orthanc, and how many it has. */
  structureSets: () => Promise<{ sent: number; kept: number }>;
  close: () => Promise<void>;
}

export async function openClinic(...lines: readonly string[]): Promise<Clinic> {
  const [home, orthanc] = [await makeHome(), await startOrthanc()];
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-clinic-'));
  const proxy = await FaultyProxy.start(orthanc.dicomWebUrl);
  const [httpPort, dimsePort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${httpPort}`;
  const data = path.join(folder, 'data');
  const configure = async (name: string, dataFolder: string, ...more: readonly string[]): Promise<string> => {
    await mkdir(path.join(folder, name), { recursive: true });
    return await writeConfig(path.join(folder, name),
      `folder: ${dataFolder}`,
      `http: { port: ${httpPort} }`,
      `dimse: { port: ${dimsePort}, aeTitles: [ { aeTitle: RONDO, protocol: ${QUICK_PROTOCOL} }, { aeTitle: OTHER } ] }`,
      'series: { quietSeconds: 1 }',
      `archives: [ { name: pacs, url: '${proxy.url}' } ]`,
      `destinations: [ { name: pacs, kind: stow, url: '${proxy.url}', timeoutMs: 10000 } ]`,
      ...more);
  };
  const ask = async <Answer>(where: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${url}/api/${where}`, body && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${where} was answered with ${response.status}: ${await response.text()}`);
    return await response.json() as Answer;
  };
  const job = async (id: string): Promise<JobSeen> => await ask(`jobs/${id}`);
  const store = async (name: string, port: number): Promise<ReturnType<typeof testCt>> => {
    const files = await writeTestCt(path.join(folder, 'ct', name), smallBody(name));
    const { code, output } = await runTool('storescu', ['-aec', 'RONDO', '127.0.0.1', String(port), ...files]);
    if (code !== 0) throw new Error(output);
    return testCt(smallBody(name));
  };
  return {
    folder, data, proxy, orthanc, url, dimsePort, configure, job,
    configFile: await configure('first', data, ...lines),
    send: async (name) => (await store(name, dimsePort)).seriesInstanceUid,
    async order(name) {
      const { seriesInstanceUid, attributes } = await store(name, orthanc.dimsePort);
      return (await ask<JobSeen>('jobs', { studyInstanceUid: attributes.StudyInstanceUID, seriesInstanceUid, archive: 'pacs', protocol: QUICK_PROTOCOL })).id;
    },
    async jobs() {
      const { jobs } = await ask<{ jobs: JobSeen[] }>('jobs?limit=100');
      return await Promise.all(jobs.map(({ id }) => job(id)));
    },
    async inState(id, state) {
      for (;;) {
        const seen = await job(id);
        if (seen.state === state) return seen;
        if (seen.state === 'failed') throw new Error(JSON.stringify(seen));
        await pass(POLL_MS);
      }
    },
    async structureSets() {
      const kept = await (await fetch(`${orthanc.httpUrl}tools/find`, { method: 'POST', body: JSON.stringify({ Level: 'Series', Query: { Modality: 'RTSTRUCT' } }) })).json() as string[];
      return { sent: proxy.requests.filter(({ method }) => method === 'POST').length, kept: kept.length };
    },
    async close() {
      await proxy.down();
      await orthanc.stop();
      await home.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A body in air, of its own study and series, unequal in every direction. */
export function smallBody(name: string, slices = 8): TestCtOptions {
  return {
    name, attributes: { StudyInstanceUID: uidFrom('test', 'study of', name) },
    geometry: { size: [40, 30, slices], sliceOffsetsMm: Array.from({ length: slices }, (_, k) => 3 * k), originMm: [-50, -60, 10] },
    hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000),
  };
}

/** Processes that a process has started and that run. */
export async function childrenOf(pid: number): Promise<number[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter((word) => word !== '').map(Number);
}

/** Holds a service in contouring: its child is stopped as soon as there is one. @returns the child's process id, to be killed by the caller */
export async function freezeContouring(pid: number): Promise<number> {
  for (;;) {
    for (const child of await childrenOf(pid)) {
      // Before it is that, its parent stands still until it is.
      if (!(await readFile(`/proc/${child}/cmdline`, 'utf8')).includes('contouringChild')) continue;
      process.kill(child, 'SIGSTOP');
      return child;
    }
    await pass(POLL_MS / 10);
  }
}

/** Series Instance UID of the small CT of that name. */
export function seriesUidOf(name: string): string {
  return testCt(smallBody(name)).seriesInstanceUid;
}
