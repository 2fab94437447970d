/**
 * What the service adds to the time that contouring takes: `npm run build && node bench/latency.js [slices]`, by default 180 slices of 512×512.
 *
 * A CT comes by C-STORE (`storescu` of DCMTK; quietSeconds 2), once as most scanners send it and once with Images in Acquisition (0020,1002); then
 * a program names it (POST /api/jobs). The stages are the events of the job, in seconds; `service` is all of them but contouring.
 *   quiet       last slice acknowledged → the series counts as whole and has been looked at (POST: asked for → looked at)
 *   start       → a worker has it
 *   fetching    → its images are fetched
 *   contouring  → its structure set is kept: the engine, with the start of its process where it is the first
 *   delivery    → it is verified in the folder that it goes to
 */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pass } from 'node:timers/promises';
import { promisify } from 'node:util';
import { uidFrom, readDicom, writeDicom } from '../dist/dicom/index.js';
import { writeLargeCt } from './largeCt.js';

const PROTOCOL = 'thorax-oar';
const slices = Number(process.argv[2] ?? 180);
const folder = await mkdtemp(path.join(tmpdir(), 'rondo-latency-'));
const [httpPort, dimsePort] = [await freePort(), await freePort()];
const url = `http://127.0.0.1:${httpPort}`;
await mkdir(path.join(folder, 'out'));
await writeFile(path.join(folder, 'rondo.yaml'), `
folder: ${folder}/data
http: { port: ${httpPort} }
dimse: { port: ${dimsePort}, aeTitles: [ { aeTitle: RONDO, protocol: ${PROTOCOL} }, { aeTitle: WAIT } ] }
series: { quietSeconds: 2 }
destinations: [ { name: share, kind: folder, folder: ${folder}/out } ]
`);
const service = spawn(process.execPath, [path.join(import.meta.dirname, '../dist/cli/rondo.js'), 'serve', '--config', path.join(folder, 'rondo.yaml')], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  for await (const line of createInterface({ input: service.stdout })) if (line.includes('is ready')) break;
  service.stdout.resume();
  await writeLargeCt(path.join(folder, 'ct'), slices);
  console.log(`CT 512×512×${slices}, ${PROTOCOL}; seconds\n${''.padEnd(34)}quiet  start  fetching  contouring  delivery  service`);
  report('C-STORE', await sent(await copy('plain', {}), 'RONDO'));
  report('C-STORE, Images in Acquisition', await sent(await copy('acquisition', { ImagesInAcquisition: String(slices), AcquisitionNumber: '1' }), 'RONDO'));
  const waiting = await copy('waiting', {});
  await send(waiting, 'WAIT');
  await jobOf(waiting.series, ({ problem }) => problem?.code === 'protocol-none');
  const from = Date.now();
  const body = JSON.stringify({ studyInstanceUid: waiting.study, seriesInstanceUid: waiting.series, protocol: PROTOCOL });
  const { id } = await (await fetch(`${url}/api/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  report('POST /api/jobs', await stagesOf(id, from));
} finally {
  const ended = new Promise((resolve) => service.once('exit', resolve));
  service.kill();
  await ended;
  await rm(folder, { recursive: true, force: true });
}

/** The CT as a series of its own. */
async function copy(name, attributes) {
  const series = uidFrom('latency', name);
  const to = path.join(folder, name);
  await mkdir(to);
  let study = '';
  for (const file of await readdir(path.join(folder, 'ct'))) {
    const bytes = await readFile(path.join(folder, 'ct', file));
    const { dataset, pixelData } = readDicom(bytes);
    study = dataset.StudyInstanceUID;
    const changes = { SeriesInstanceUID: series, SOPInstanceUID: uidFrom('latency', name, file), ...attributes };
    await writeFile(path.join(to, file), writeDicom({ ...dataset, PixelData: bytes.subarray(bytes.length - pixelData.byteLength), ...changes }));
  }
  return { folder: to, series, study };
}

async function send({ folder: from }, aeTitle) {
  const files = (await readdir(from)).map((file) => path.join(from, file));
  await promisify(execFile)('storescu', ['-aec', aeTitle, '127.0.0.1', String(dimsePort), ...files]);
}

async function sent(ct, aeTitle) {
  await send(ct, aeTitle);
  const from = Date.now();
  return await stagesOf((await jobOf(ct.series, () => true)).id, from);
}

async function jobOf(series, holds) {
  for (;;) {
    const { jobs } = await (await fetch(`${url}/api/jobs?limit=50`)).json();
    const job = jobs.find((each) => each.seriesInstanceUid === series && holds(each));
    if (job !== undefined) return job;
    await pass(100);
  }
}

async function stagesOf(id, from) {
  for (;;) {
    const job = await (await fetch(`${url}/api/jobs/${id}`)).json();
    if (job.state === 'failed') throw new Error(JSON.stringify(job.problem));
    if (job.state === 'delivered') {
      const times = [from, ...['received', 'fetching', 'contouring', 'delivering', 'delivered'].map((state) => Date.parse(job.events.find(({ to }) => to === state).at))];
      return times.slice(1).map((time, index) => (time - times[index]) / 1000);
    }
    await pass(200);
  }
}

function report(name, stages) {
  const [quiet, start, fetching, contouring, delivery] = stages;
  const service = quiet + start + fetching + delivery;
  const cells = [[quiet, 5], [start, 7], [fetching, 10], [contouring, 12], [delivery, 10], [service, 9]];
  console.log(`${name.padEnd(34)}${cells.map(([seconds, width]) => seconds.toFixed(2).padStart(width)).join('')}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
