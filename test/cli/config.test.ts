import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeConfig } from '../support/configFile.ts';
import { rondo } from '../support/rondo.ts';

const KEY = 'a-key-of-more-than-thirty-two-characters';
const LINES = [
  'folder: data', 'http: { host: 0.0.0.0 }', 'dimse: { host: 0.0.0.0, callers: [{ aeTitle: CTSIM, host: ctsim }] }',
  'authentication: { keys: [{ name: tps, role: trigger, keyFromFile: key }] }', 'destinations: [{ name: share, kind: folder, folder: out }]',
  'rules: [{ name: left, when: { StudyDescription: { matches: left }, Laterality: [L] }, protocol: breast-left-whole, destinations: [share] }, { when: {}, protocol: thorax-oar }]',
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-cli-config-'));
  await writeFile(path.join(folder, 'key'), KEY, { mode: 0o600 });
  await mkdir(path.join(folder, 'out'));
});
afterAll(async () => { await rm(folder, { recursive: true }); });

describe('rondo config check', () => {
  it('shows what a configuration says, and what should be otherwise', async () => {
    const { code, stdout, stderr } = await rondo('config', 'check', await writeConfig(folder, ...LINES));
    expect([code, stderr]).toEqual([0, '']);
    for (const line of [
      `data folder   ${path.join(folder, 'data')}`, 'database      embedded, in the data folder', 'HTTP          http://0.0.0.0:8500, for tps (trigger)',
      'DICOM         0.0.0.0:11112 as RONDO, for CTSIM at ctsim', 'sent to       share (folder)', 'left: StudyDescription matches /left/ and Laterality "L" → breast-left-whole, to share',
      'rule 2: always → thorax-oar', 'Warning: http.host is 0.0.0.0 without http.tls', 'The configuration can be used.',
    ]) expect(stdout).toContain(line);
  });

  it('warns of a folder for structure sets that is not there', async () => {
    const { code, stdout } = await rondo('config', 'check', await writeConfig(folder, 'destinations: [{ name: share, kind: folder, folder: outt }]'));
    expect(code).toBe(0);
    expect(stdout).toContain(`Warning: There is no folder ${path.join(folder, 'outt')}: structure sets for share cannot be delivered. Make it`);
  });

  it('prints JSON without secrets', async () => {
    const { code, stdout } = await rondo('config', 'check', await writeConfig(folder, ...LINES, 'archives: [ { name: pacs, url: "https://w", headersFromFile: { Authorization: key } } ]'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      warnings: [expect.stringContaining('http.tls')],
      config: { archives: [{ headers: { Authorization: '(secret)' } }], retention: { ctDays: 7 }, rules: [{ name: 'left', when: { StudyDescription: 'matches /left/', Laterality: '"L"' }, protocol: 'breast-left-whole' }, {}] },
    });
    expect(stdout).not.toContain(KEY);
  });

  it('refuses a protocol that there is not, and one that is broken', async () => {
    const unknown = await rondo('config', 'check', await writeConfig(folder, 'rules:', '  - { when: {}, protocol: breast-left-hole }'));
    expect([unknown.code, unknown.stdout]).toEqual([1, '']);
    expect(unknown.stderr).toContain('line 2, rules, entry 1, protocol: there is no protocol "breast-left-hole". Did you mean "breast-left-whole"?');
    await writeFile(path.join(folder, 'own.yaml'), 'format: rondo-protocol/1\nnaem: x\n');
    const broken = await rondo('config', 'check', await writeConfig(folder, 'rules: [{ when: {}, protocol: own.yaml }]'));
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('line 2, naem');
    const absent = await rondo('config', 'check', await writeConfig(folder, 'rules: [{ when: {}, protocol: none.yaml }]'));
    expect(absent.stderr).toContain(path.join(folder, 'none.yaml'));
  });

  it('refuses a protocol that names a destination which there is not', async () => {
    const bundled = await readFile(path.join(import.meta.dirname, '../../protocols/thorax-oar.yaml'), 'utf8');
    await writeFile(path.join(folder, 'own.yaml'), `${bundled}\ndestinations: [shar]\n`);
    const { code, stderr } = await rondo('config', 'check', await writeConfig(folder, 'destinations: [{ name: share, kind: folder, folder: out }]', 'rules: [{ when: {}, protocol: own.yaml }]'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/line 2, rules, entry 1, protocol: .*names a destination: there is no destination "shar"\. Did you mean "share"\?/);
    expect((await rondo('protocols', 'check', path.join(folder, 'own.yaml'))).stdout).toContain('sent to shar');
  });

  it('takes every way in', async () => {
    const file = await writeConfig(folder, 'worklist: { url: "https://w" }', 'archives: [ { name: pacs, url: "https://p", watch: { query: { Modality: CT } } } ]', `watchFolders: [ { folder: "${folder}" } ]`);
    expect(await rondo('config', 'check', file)).toMatchObject({ code: 0 });
  });

  it('says with line and key what is wrong', async () => {
    const { code, stdout } = await rondo('config', 'check', await writeConfig(folder, 'http:', '  hots: 0.0.0.0'), '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'config', message: expect.stringContaining('line 2, http, hots: there is no key "hots" here. Did you mean "host"?') as unknown } });
  });

  it('looks for rondo.yaml where it runs', async () => {
    const { code, stderr } = await rondo('config', 'check');
    expect(code).toBe(1);
    expect(stderr).toMatch(/rondo\.example\.yaml.*\[rondo\.yaml\] \(config-missing\)/);
  });
});
