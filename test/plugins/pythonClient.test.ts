import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { RondoServer } from '../../src/server/index.ts';
import { makeCertificate } from '../support/certificates.ts';
import { configOf } from '../support/configFile.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { runTool } from '../support/dimsePeers.ts';
import { freePort } from '../support/freePort.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';
import { python } from '../support/python.ts';

function body(name: string): TestCtOptions {
  return { name, geometry: { size: [40, 30, 8], sliceOffsetsMm: Array.from({ length: 8 }, (_, k) => 3 * k), originMm: [-50, -60, 10] }, hu: ([x, y]) => (Math.hypot(x / 30, y / 25) < 1 ? 40 : -1000) };
}

const KEY = 'k'.repeat(32);
const TRIGGER_KEY = 't'.repeat(32);

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Runs lines of Python; a RondoError is told as its code and words. */
const IN_PYTHON = (lines: readonly string[]): string => [
  'import json, sys', 'from rondo_client import Rondo, RondoError, in_words', 'try:', ...lines.map((line) => `    ${line}`),
  'except RondoError as error:', '    print(json.dumps({"code": error.code, "message": str(error)}))', '',
].join('\n');

describe('the client of planning systems and viewers, in Python', () => {
  let home: TestHome;
  let folder: string;
  let server: RondoServer;
  let environment: Record<string, string>;

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-python-'));
    await mkdir(path.join(folder, 'out'));
    await writeFile(path.join(folder, 'key'), `${KEY}\n`, { mode: 0o600 });
    const { config } = await configOf(folder, [
      `folder: ${path.join(folder, 'data')}`,
      `http: { port: ${await freePort()} }`,
      `dimse: { port: ${await freePort()} }`,
      'series: { quietSeconds: 2 }',
      `authentication: { keys: [ { name: viewer, role: reviewer, sha256: '${sha256(KEY)}' }, { name: planning, role: trigger, sha256: '${sha256(TRIGGER_KEY)}' } ] }`,
      `destinations: [ { name: share, kind: folder, folder: ${path.join(folder, 'out')} } ]`,
    ]);
    server = await RondoServer.start(config, pino({ level: 'silent' }), '0');
    environment = { RONDO_URL: server.url, RONDO_KEY_FILE: path.join(folder, 'key') };
  });
  afterAll(async () => {
    await server.stop();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (lines: readonly string[], variables: Record<string, string>): Promise<unknown> => {
    const { code, stdout, stderr } = await python(IN_PYTHON(lines), variables);
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  };
  const uids = (name: string): [study: string, series: string] => [testCt(body(name)).attributes.StudyInstanceUID, testCt(body(name)).seriesInstanceUid];

  it('sends a CT, asks for contours, follows the job and fetches the structure set', async () => {
    const files = await writeTestCt(path.join(folder, 'ct'), body('stored'));
    const result = path.join(folder, 'RS.dcm');
    const told = await run([
      'rondo, told = Rondo.from_environment(), []',
      `rondo.store(${JSON.stringify(files)})`,
      `job = rondo.submit(*${JSON.stringify(uids('stored'))}, protocol="${QUICK_PROTOCOL}")`,
      'job = rondo.follow(job["id"], tell=told.append, every_s=0.05)',
      `open(${JSON.stringify(result)}, "wb").write(rondo.structure_set(job["id"]))`,
      'print(json.dumps({"me": rondo.me()["who"], "told": told, "job": job}))',
    ], environment);
    expect(told).toMatchObject({ me: 'viewer', job: { state: 'delivered', protocol: QUICK_PROTOCOL, deliveries: [{ destination: 'share', state: 'verified' }] } });
    const { told: words, job } = told as { told: string[]; job: { id: string; structureSetUid: string } };
    expect(words.at(-1)).toContain(`delivered by the protocol ${QUICK_PROTOCOL}; share: verified`);
    const set = readStructureSet(await readFile(result));
    expect(set.sopInstanceUid).toBe(job.structureSetUid);
    expect(set.reference.series[0].seriesInstanceUid).toBe(uids('stored')[1]);

    // Asked for again it is led to the job that did it.
    const again = await run([
      'rondo = Rondo.from_environment()',
      `job = rondo.submit(*${JSON.stringify(uids('stored'))}, protocol="${QUICK_PROTOCOL}")`,
      'print(json.dumps(rondo.follow(job["id"], tell=lambda words: None, every_s=0.05)))',
    ], { ...environment, RONDO_KEY: TRIGGER_KEY });
    expect(again).toMatchObject({ id: job.id, state: 'delivered' });
  });

  it('says what failed, and what is refused, with what to do', async () => {
    const lines = ['rondo = Rondo.from_environment()', 'job = rondo.submit("1.2", "1.2.3")', 'print(json.dumps(rondo.follow(job["id"], tell=lambda words: None, every_s=0.05)))'];
    expect(await run(lines, environment)).toMatchObject({ code: 'dicomweb-series-empty', message: expect.stringMatching(/The archive lists no such series.*begin the job anew/) });
    expect(await run(['Rondo.from_environment().submit("1.2", "1.2.3", protocol="no-such")'], environment)).toMatchObject({ code: 'protocol-unknown' });
    const bad = path.join(folder, 'no-dicom');
    await writeFile(bad, 'no DICOM at all');
    expect(await run([`Rondo.from_environment().store([${JSON.stringify(bad)}])`], environment)).toMatchObject({ code: 'not-stored', message: expect.stringContaining('C000') });
    expect(await run([`Rondo.from_environment().structure_set("${crypto.randomUUID()}")`], { ...environment, RONDO_KEY: TRIGGER_KEY })).toMatchObject({ code: 'forbidden' });
    expect(await run(['Rondo.from_environment().me()'], { ...environment, RONDO_KEY: 'x'.repeat(32) })).toMatchObject({ code: 'key-unknown' });
  });

  it('trusts no certificate by itself, and sends no key where others could read it or to others', async () => {
    const me = ['print(json.dumps(Rondo.from_environment().me()))'];
    expect(await run(me, { ...environment, RONDO_URL: 'http://rondo.hospital.example' })).toMatchObject({ code: 'url' });
    expect(await run(me, { ...environment, RONDO_KEY_FILE: path.join(folder, 'absent') })).toMatchObject({ code: 'key-file' });
    expect(await run(me, { ...environment, RONDO_CA_FILE: path.join(folder, 'key') })).toMatchObject({ code: 'ca-file' });

    const { key, cert } = await makeCertificate(path.join(folder, 'tls'));
    const secure = createSecureServer({ key: await readFile(key), cert: await readFile(cert) }, (_, response) => { response.end('{"who":"viewer"}'); });
    await once(secure.listen(0, '0.0.0.0'), 'listening');
    const { port } = secure.address() as AddressInfo;
    try {
      expect(await run(me, { ...environment, RONDO_URL: `https://localhost:${port}/`, RONDO_CA_FILE: cert })).toEqual({ who: 'viewer' });
      expect(await run(me, { ...environment, RONDO_URL: `https://localhost:${port}` })).toMatchObject({ code: 'certificate' });
      // An address that the certificate is not for.
      expect(await run(me, { ...environment, RONDO_URL: `https://127.0.0.2:${port}`, RONDO_CA_FILE: cert })).toMatchObject({ code: 'certificate' });
    } finally {
      secure.close();
      secure.closeAllConnections();
    }
    expect(await run(me, { ...environment, RONDO_URL: `https://localhost:${port}` })).toMatchObject({ code: 'unreachable' });

    const asked: (string | undefined)[] = [];
    const other = createServer(({ headers }, response) => {
      asked.push(headers.authorization);
      response.writeHead(asked.length === 1 ? 302 : 200, { location: '/elsewhere' }).end('a page');
    });
    await once(other.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      expect(await run(me, { ...environment, RONDO_URL: url })).toMatchObject({ code: 'answer' });
      expect(asked).toEqual([`Bearer ${KEY}`]);
      expect(await run(me, { ...environment, RONDO_URL: url })).toMatchObject({ code: 'answer' });
    } finally {
      other.close();
      other.closeAllConnections();
    }
  });

  it('contours the examination that is open, as the script of RayStation asks for it', async () => {
    const files = await writeTestCt(path.join(folder, 'examination'), body('examination'));
    const standIn = path.join(folder, 'stand-in');
    await mkdir(standIn);
    const record = path.join(folder, 'record.json');
    // Answers as RayStation's own module is known to: README.md of the plugin says from where. The patient's id is that of the CT.
    await writeFile(path.join(standIn, 'connect.py'), `
import glob, json, subprocess
done = []
class Case:
    CaseName = 'Case 1'
    def ScriptableDicomExport(self, **given):
        done.append(['export', given])
        subprocess.run(['storescu', '-aec', given['Connection']['Title'], '127.0.0.1', '${server.dimsePort}'] + ${JSON.stringify(files)}, check=True)
class Examination:
    Name = 'CT 1'
    def GetAcquisitionDataFromDicom(self):
        return {'StudyModule': {'StudyInstanceUID': '${uids('examination')[0]}'}, 'SeriesModule': {'SeriesInstanceUID': '${uids('examination')[1]}'}}
class Database:
    def QueryStudiesFromPath(self, Path, SearchCriterias):
        return [dict(SearchCriterias, StudyInstanceUID='1')]
    def QuerySeriesFromPath(self, Path, SearchCriterias):
        return [dict(SearchCriterias, SeriesInstanceUID='2')]
class Patient:
    PatientID = 'T-1'
    def ImportDataFromPath(self, Path, CaseName, SeriesOrInstances):
        done.append(['import', CaseName, SeriesOrInstances, open(glob.glob(Path + '/*')[0], 'rb').read()[128:132].decode()])
        return ''
current = {'Patient': Patient(), 'Case': Case(), 'Examination': Examination(), 'PatientDB': Database()}
get_current = current.get
def set_progress(words):
    done.append(['progress', words])
def await_user_input(words):
    done.append(['asked', words])
    json.dump(done, open(${JSON.stringify(record)}, 'w'))
`);
    const script = (await readFile(path.join(import.meta.dirname, '../../plugins/raystation/rondo_contours.py'), 'utf8')).replace("PROTOCOL = 'thorax-oar'", `PROTOCOL = '${QUICK_PROTOCOL}'`);
    expect(script).toContain(QUICK_PROTOCOL);
    const { code, stderr } = await python(script, environment, [standIn]);
    expect([code, stderr]).toEqual([0, '']);
    const done = JSON.parse(await readFile(record, 'utf8')) as [string, ...unknown[]][];
    expect(done.filter(([what]) => what !== 'progress')).toEqual([
      ['export', { Connection: { Title: 'RONDO' }, Examinations: ['CT 1'], IgnorePreConditionWarnings: false }],
      ['asked', expect.stringContaining('Continue imports them')],
      ['import', 'Case 1', [{ PatientID: 'T-1', StudyInstanceUID: '1', SeriesInstanceUID: '2' }], 'DICM'],
      ['asked', expect.stringContaining('Review every contour')],
    ]);
    const keyless = { ...environment };
    delete keyless.RONDO_KEY_FILE;
    await python(script, keyless, [standIn]);
    expect((JSON.parse(await readFile(record, 'utf8')) as unknown[]).at(-1)).toEqual(['asked', expect.stringContaining('Authorization')]);
    expect(await runTool('echoscu', ['-aec', 'RONDO', '127.0.0.1', String(server.dimsePort)])).toMatchObject({ code: 0 });
  });
});

describe('plugins in Python', () => {
  it.each(['python/rondo_client.py', 'raystation/rondo_contours.py', 'slicer/Rondo.py'])('%s is Python 3.6', async (file) => {
    const program = `import ast; source = open(${JSON.stringify(path.join(import.meta.dirname, '../../plugins', file))}).read(); ast.parse(source, feature_version=(3, 6)); compile(source, 'plugin', 'exec')`;
    expect(await python(program)).toMatchObject({ code: 0, stderr: '' });
  });
});
