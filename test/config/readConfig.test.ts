import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig, type Config, type Destination, type Secret } from '../../src/config/index.ts';
import { makeCertificate } from '../support/certificates.ts';
import { configOf, refusalOf, writeConfig } from '../support/configFile.ts';

const KEY = 'a-key-of-more-than-thirty-two-characters';

/** Valid on the first day of 2020; made by "openssl ca -selfsign". */
const EXPIRED = `-----BEGIN CERTIFICATE-----
MIIBADCBpgIBATAKBggqhkjOPQQDAjAMMQowCAYDVQQDDAF4MB4XDTIwMDEwMTAw
MDAwMFoXDTIwMDEwMjAwMDAwMFowDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABABHLhc82Av4hgtjvjMOwiD7Q3bpq+6WUlnHmhL7zTWkQ28N
3IraC6Z9I3jq1Bro/LHFrtrQPq2iHsaYYythORIwCgYIKoZIzj0EAwIDSQAwRgIh
AOfCEjQ1KGSGXutar8MBV1AWzCxZCAoaM3c7lVfuIRlpAiEA8uesboI8HA1ta6J2
C4b0dfcy2+xBWE+RnBLZh0lb9EM=
-----END CERTIFICATE-----
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-config-'));
  await makeCertificate(path.join(folder, 'tls'));
  await makeCertificate(path.join(folder, 'other'));
  for (const [name, text] of [['key', `${KEY}\n`], ['short', 'abc'], ['empty', '\n'], ['two-lines', 'a\nb'], ['broken.pem', 'no PEM']]) await writeFile(path.join(folder, name), text, { mode: 0o600 });
});
afterAll(async () => { await rm(folder, { recursive: true }); });

const read = async (lines: readonly string[], environment: Record<string, string> = {}): Promise<Config> => (await configOf(folder, lines, environment)).config;
const warnings = async (lines: readonly string[], environment: Record<string, string> = {}): Promise<readonly string[]> => (await configOf(folder, lines, environment)).warnings;

describe('readConfig', () => {
  it('needs nothing: an empty file has all defaults, and nobody but this machine reaches it', async () => {
    expect(await read([''])).toEqual({
      folder: path.join(homedir(), '.rondo', 'data'),
      database: {},
      http: { host: '127.0.0.1', port: 8500 },
      dimse: { host: '127.0.0.1', port: 11112, aeTitles: ['RONDO'], callers: [], limits: { associations: 20, idleSeconds: 60 } },
      authentication: { keys: [] },
      destinations: [],
      archives: [],
      watchFolders: [],
      rules: [],
      series: { quietSeconds: 20, giveUpMinutes: 60 },
      contouring: { parallel: 1, provider: 'cpu', workersOnly: false, timeoutMinutes: 30 },
      retention: { ctDays: 7, structureSetDays: 90 },
      limits: { instanceMb: 64, seriesInstances: 3000, requestMb: 2048 },
      log: { level: 'info' },
    });
  });

  it('counts paths from its own folder, and from RONDO_HOME where they say so', async () => {
    expect((await read(['folder: data'])).folder).toBe(path.join(folder, 'data'));
    expect((await read(['folder: /srv/rondo'])).folder).toBe('/srv/rondo');
    expect((await read(['folder: ${RONDO_HOME}/x'], { RONDO_HOME: '/srv' })).folder).toBe('/srv/x');
    expect((await read(['rules: [{ when: {}, protocol: own.yaml }]'])).rules[0].protocol).toBe(path.join(folder, 'own.yaml'));
  });

  it('takes the database from the file, then from DATABASE_URL, with a password of its own', async () => {
    const url = async (lines: readonly string[], environment: Record<string, string>): Promise<string | undefined> => (await read(lines, environment)).database.url?.reveal();
    expect(await url([], { DATABASE_URL: 'postgres://u:secret@a/b' })).toBe('postgres://u:secret@a/b');
    expect(await url(['database: { url: postgresql://u@c/d }'], { DATABASE_URL: 'postgres://u:secret@a/b' })).toBe('postgresql://u@c/d');
    expect(await url(['database: { passwordFromEnv: PW }'], { DATABASE_URL: 'postgres://u@a/b', PW: 'x@%' })).toBe('postgres://u:x%40%25@a/b');
    expect(await url(['database: { url: postgresql://u@c/d, passwordFromFile: key }'], {})).toBe(`postgresql://u:${KEY}@c/d`);
  });

  it('keeps the hash of a key, however it is given', async () => {
    const sha256 = createHash('sha256').update(KEY).digest('hex');
    for (const form of [`sha256: '${sha256}'`, 'keyFromEnv: THE_KEY', 'keyFromFile: key']) {
      expect((await read([`authentication: { keys: [{ name: ci, role: trigger, ${form} }] }`], { THE_KEY: KEY })).authentication.keys).toEqual([{ name: 'ci', role: 'trigger', sha256 }]);
    }
  });

  it('puts headers together from the file, variables and files', async () => {
    const { destinations: [stow], archives: [archive], worklist } = await read([
      'destinations: [{ name: a, kind: stow, url: "https://a/dicom-web/", headers: { X-A: b }, headersFromEnv: { Authorization: AUTH }, headersFromFile: { X-Api-Key: key } }]',
      'archives: [{ name: a, url: "http://localhost:1/x", headersFromEnv: { Authorization: AUTH }, watch: { query: { Modality: CT } } }]',
      'worklist: { url: "https://w", tls: { ca: tls/cert.pem } }',
    ], { AUTH: 'Bearer t' });
    const revealed = ({ headers }: { headers: Readonly<Record<string, Secret>> }): Record<string, string> => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.reveal()]));
    expect(revealed(stow as Extract<Destination, { kind: 'stow' }>)).toEqual({ 'X-A': 'b', Authorization: 'Bearer t', 'X-Api-Key': KEY });
    expect(stow).toMatchObject({ url: 'https://a/dicom-web', timeoutMs: 60_000, attempts: 10, verify: true });
    expect(Object.keys(stow)).not.toContain('headersFromEnv');
    expect(revealed(archive)).toEqual({ Authorization: 'Bearer t' });
    expect(archive).toMatchObject({ timeoutMs: 60_000, watch: { query: { Modality: 'CT' }, everySeconds: 60, withinDays: 2 } });
    expect(worklist).toMatchObject({ url: 'https://w', headers: {}, query: {}, everySeconds: 30, tls: { ca: await readFile(path.join(folder, 'tls/cert.pem'), 'utf8') } });
  });

  it('reads keys and certificates', async () => {
    const { http, dimse, destinations: [plain, encrypted] } = await read([
      'http: { tls: { key: tls/key.pem, cert: tls/cert.pem } }', 'dimse: { tls: { key: tls/key.pem, cert: tls/cert.pem, ca: other/cert.pem } }',
      'destinations: [{ name: a, kind: dimse, host: tps, aeTitle: TPS }, { name: b, kind: dimse, host: tps, aeTitle: TPS, tls: {} }]',
    ]);
    const [key, cert, ca] = await Promise.all(['tls/key.pem', 'tls/cert.pem', 'other/cert.pem'].map((file) => readFile(path.join(folder, file), 'utf8')));
    expect([http.tls?.cert, http.tls?.key.reveal(), dimse.tls?.ca]).toEqual([cert, key.trim(), ca]);
    expect(plain).toEqual({ name: 'a', kind: 'dimse', host: 'tps', port: 104, aeTitle: 'TPS', callingAeTitle: 'RONDO', timeoutMs: 60_000, attempts: 10, verify: true });
    expect(encrypted).toMatchObject({ tls: {} });
  });

  it('does not show secrets', async () => {
    const config = await read(['authentication: { keys: [{ name: ci, role: admin, keyFromFile: key }] }', 'worklist: { url: "https://w", headersFromFile: { Authorization: key } }', 'http: { tls: { key: tls/key.pem, cert: tls/cert.pem } }'], { DATABASE_URL: `postgres://u:${KEY}@a/b` });
    for (const shown of [JSON.stringify(config), inspect(config, { depth: 9 }), String(config.worklist?.headers.Authorization), String(config.database.url)]) {
      expect(shown).not.toContain(KEY);
      expect(shown).not.toContain('PRIVATE KEY');
      expect(shown).toContain('(secret)');
    }
  });

  it('makes rules of AE titles and folders that have a protocol, before those of the file', async () => {
    const { rules } = await read(['dimse: { aeTitles: [{ aeTitle: RONDO }, { aeTitle: BREAST, protocol: left }] }', 'watchFolders: [{ folder: in, protocol: right }]', 'rules: [{ when: { BodyPartExamined: CHEST }, protocol: thorax }, { name: rest, when: {}, protocol: other.yaml }]']);
    expect(rules.map(({ name, protocol }) => [name, protocol])).toEqual([['AE title BREAST', 'left'], ['folder in', 'right'], ['rule 1', 'thorax'], ['rest', path.join(folder, 'other.yaml')]]);
  });

  it('warns of what is allowed and should not be', async () => {
    expect(await warnings(['http: { host: 0.0.0.0 }', 'authentication: { keys: [{ name: ci, role: admin, keyFromFile: key }] }'])).toEqual([expect.stringContaining('http.host is 0.0.0.0 without http.tls')]);
    expect(await warnings(['worklist: { url: "http://w.example", headersFromFile: { Authorization: key } }'])).toEqual([expect.stringContaining('http://w.example is asked without TLS')]);
    await writeFile(path.join(folder, 'open'), KEY);
    await chmod(path.join(folder, 'open'), 0o644);
    expect(await warnings(['authentication: { keys: [{ name: ci, role: admin, keyFromFile: open }] }', 'database: { url: postgresql://a/b, passwordFromFile: open }'])).toEqual([expect.stringMatching(/^Everybody on this machine may read open, .*mode 0644/)]);
    const file = await writeConfig(folder, 'log: {}');
    await chmod(file, 0o666);
    expect((await readConfig(file, {})).warnings).toEqual([expect.stringContaining('may change')]);
    await chmod(file, 0o600);
    await writeFile(path.join(folder, 'expired.pem'), EXPIRED);
    expect(await warnings(['worklist: { url: "https://w", tls: { ca: expired.pem } }'])).toEqual(['A certificate in expired.pem has expired: Jan  2 00:00:00 2020 GMT.']);
  });

  it('names the file that is not there', async () => {
    const error = await refusalOf(readConfig(path.join(folder, 'none.yaml'), {}));
    expect([error.code, error.subject.file]).toEqual(['config-missing', path.join(folder, 'none.yaml')]);
  });

  it('names every fault at once', async () => {
    const { message } = await refusalOf(configOf(folder, ['http: { prot: 1 }', 'log: { level: loud }', 'series: { quietSeconds: -1 }']));
    expect(message).toMatch(/line 1, http, prot: .*\n.*line 3, series, quietSeconds: .*\n.*line 2, log, level: /);
  });
});

const GUARD = 'authentication: { keys: [{ name: ci, role: admin, keyFromFile: key }] }';
const stow = (more: string): string => `destinations: [{ name: a, kind: stow, url: "https://a", ${more} }]`;
const dest = (more: string): string => `destinations: [{ name: a, ${more} }]`;

describe('readConfig refuses', () => {
  it.each<[string, readonly string[], string]>([
    ['an unknown section', ['log: { level: info }', 'retentoin: {}'], 'line 2, retentoin: there is no key "retentoin" here. Did you mean "retention"?'],
    ['an unknown key', ['http:', '  host: localhost', '  prot: 80'], 'line 3, http, prot: there is no key "prot" here. Did you mean "port"? There are: host, port, tls, publicUrl.'],
    ['an unknown key in a list', ['destinations:', '  - name: a', '    kind: folder', '    folder: x', '    url: y'], 'line 5, destinations, entry 1 (a), url: there is no key "url" here.'],
    ['a secret in the file', ['authentication:', '  keys:', '    - name: ci', '      role: admin', '      key: abc'], 'line 5, authentication, keys, entry 1 (ci), key: there is no key "key" here. Secrets do not stand in this file: use keyFromEnv or keyFromFile.'],
    ['a section without keys', ['http:', 'log: {}'], 'line 1, http: expected keys with values'],
    ['a list for the whole', ['- a'], 'line 1, the whole: expected keys with values'],
    ['a key twice', ['log: {}', 'log: {}'], 'Map keys must be unique'],
    ['no YAML', ['log: ['], 'not valid YAML'],
    ['a text for a number', ['http: { port: eighty }'], 'line 1, http, port: Invalid input: expected number'],
    ['a port that there is none of', ['http: { port: 65536 }'], 'line 1, http, port: '],
    ['a host with its port', ['dimse: { host: "localhost:104" }'], 'line 1, dimse, host: expected a host name'],
    ['one port for two', ['http: { port: 104 }', 'dimse: { port: 104 }'], 'line 2, dimse, port: http.port is 104 too'],
    ['an AE title too long', ['dimse: { aeTitles: [{ aeTitle: ABCDEFGHIJKLMNOPQ }] }'], 'line 1, dimse, aeTitles, entry 1, aeTitle: expected an AE title'],
    ['an AE title that YAML takes for a number', ['dimse: { aeTitles: [{ aeTitle: 12 }] }'], 'aeTitle: Invalid input: expected string'],
    ['an AE title twice', ['dimse: { aeTitles: [{ aeTitle: A }, { aeTitle: a }] }'], 'line 1, dimse, aeTitles, entry 2, aeTitle: "a" stands in the list before'],
    ['no AE titles', ['dimse: { aeTitles: [] }'], 'line 1, dimse, aeTitles: '],
    ['an API for everybody', ['http: { host: 0.0.0.0 }'], 'line 1, http, host: others reach 0.0.0.0 and could use the API without authentication. Give authentication: with keys: or oidc:'],
    ['an API for everybody by IPv6', ["http: { host: '::' }"], 'line 1, http, host: others reach ::'],
    ['an API for everybody behind a proxy', ['http:', '  publicUrl: https://rondo.example'], 'line 2, http, publicUrl: others reach the API'],
    ['DICOM from everybody', ['dimse: { host: 0.0.0.0 }', GUARD], 'line 1, dimse, host: others reach 0.0.0.0 and anybody could send. Give callers: a list of - { aeTitle: …, host: … }'],
    ['a role that there is none of', ["authentication: { keys: [{ name: ci, role: root, keyFromFile: key }] }"], 'authentication, keys, entry 1 (ci), role: '],
    ['a key in no form', ['authentication: { keys: [{ name: ci, role: admin }] }'], 'authentication, keys, entry 1 (ci): expected exactly one of sha256, keyFromEnv and keyFromFile'],
    ['a key in two forms', ['authentication: { keys: [{ name: ci, role: admin, keyFromEnv: A, keyFromFile: key }] }'], 'expected exactly one of'],
    ['a hash of another kind', ['authentication: { keys: [{ name: ci, role: admin, sha256: abc }] }'], 'sha256: expected the 64 small hexadecimal digits'],
    ['a key that can be guessed', ['authentication: { keys: [{ name: ci, role: admin, keyFromFile: short }] }'], 'line 1, authentication, keys, entry 1 (ci), keyFromFile: the key has 3 characters, expected at least 32'],
    ['one key for two', ['authentication:', '  keys:', '    - { name: a, role: admin, keyFromFile: key }', '    - { name: b, role: trigger, keyFromFile: key }'], 'line 4, authentication, keys, entry 2 (b), keyFromFile: the key is that of a too'],
    ['a name for two keys', ['authentication:', '  keys:', '    - { name: a, role: admin, keyFromEnv: A }', '    - { name: a, role: trigger, keyFromFile: key }'], 'line 4, authentication, keys, entry 2 (a), name: "a" stands in the list before'],
    ['a variable that is not set', ['authentication: { keys: [{ name: ci, role: admin, keyFromEnv: RONDO_NOT_SET }] }'], 'line 1, authentication, keys, entry 1 (ci), keyFromEnv: the environment variable RONDO_NOT_SET is not set'],
    ['a variable that is empty', ['database: { url: postgresql://a/b, passwordFromEnv: EMPTY }'], 'line 1, database, passwordFromEnv: the environment variable EMPTY is empty'],
    ['a file that is not there', ['authentication: { keys: [{ name: ci, role: admin, keyFromFile: nowhere }] }'], 'keyFromFile: the file nowhere cannot be read (ENOENT)'],
    ['a folder for a file', ['authentication: { keys: [{ name: ci, role: admin, keyFromFile: tls }] }'], 'keyFromFile: expected a file of at most 1 MB under tls'],
    ['an empty file', ['authentication: { keys: [{ name: ci, role: admin, keyFromFile: empty }] }'], 'keyFromFile: the file empty is empty'],
    ['people without roles', ['authentication: { oidc: { issuer: "https://i", audience: a, roles: {} } }'], 'line 1, authentication, oidc, roles: expected at least one line'],
    ['people with other roles', ['authentication: { oidc: { issuer: "https://i", audience: a, roles: { x: root } } }'], 'line 1, authentication, oidc, roles, x: '],
    ['a password in an address', ['database: { url: "postgresql://u:p@a/b" }'], 'line 1, database, url: a password stands in the address; secrets do not stand in this file'],
    ['another kind of database', ['database: { url: "mysql://a/b" }'], 'line 1, database, url: expected an address that begins with postgresql://'],
    ['a password for no address', ['database: { passwordFromFile: key }'], 'line 1, database: a password without an address'],
    ['a destination of another kind', [dest('kind: email, url: x')], 'line 1, destinations, entry 1 (a), kind: expected kind: stow, dimse, folder or archive'],
    ["the service's own archive at an address", [dest('kind: archive, url: "https://a"')], 'line 1, destinations, entry 1 (a), url: there is no key "url" here.'],
    ['a destination without its address', [dest('kind: stow')], 'line 1, destinations, entry 1 (a), url: '],
    ['two destinations of one name', ['destinations:', '  - { name: a, kind: folder, folder: x }', '  - { name: a, kind: folder, folder: y }'], 'line 3, destinations, entry 2 (a), name: "a" stands in the list before'],
    ['an address without its beginning', [dest('kind: stow, url: archive/dicom-web')], 'url: expected an address that begins with https:// or http://'],
    ['a user in an address', [dest('kind: stow, url: "https://u:p@a"')], 'url: a user or password stands in the address'],
    ['an address with a question', [dest('kind: stow, url: "https://a?b=c"')], 'url: expected an address without "?"'],
    ['a secret header in the file', [stow('headers: { Authorization: Bearer x }')], 'line 1, destinations, entry 1 (a), headers, Authorization: secrets do not stand in this file: use headersFromEnv or headersFromFile'],
    ['a header that is none', [stow('headers: { "X A": b }')], 'headers, X A: expected the name of an HTTP header'],
    ['a header that Rondo sets', [stow('headers: { Content-Type: b }')], 'headers, Content-Type: Rondo sets this header itself'],
    ['a header with a line break', [stow('headersFromFile: { X-A: two-lines }')], 'headersFromFile, X-A: the value holds characters that no header may have'],
    ['a header twice', [stow('headers: { X-A: b }, headersFromFile: { x-a: key }')], 'headersFromFile, x-a: the header is given twice'],
    ['a secret for the name of a variable', [stow('headersFromEnv: { Authorization: Bearer abc }')], 'headersFromEnv, Authorization: expected the name of an environment variable, in capitals, not its value'],
    ['TLS for http', [dest('kind: stow, url: "http://a", tls: {}')], 'line 1, destinations, entry 1 (a), tls: tls is for addresses that begin with https://'],
    ['a key without its certificate', [stow('tls: { key: tls/key.pem }')], 'tls: expected key and cert together'],
    ['a key that is another certificate\'s', ['http: { tls: { key: other/key.pem, cert: tls/cert.pem } }'], 'line 1, http, tls, key: the key in other/key.pem is not the one of the certificate'],
    ['a key that is none', ['http: { tls: { key: broken.pem, cert: tls/cert.pem } }'], 'line 1, http, tls, key: the file broken.pem holds no private key'],
    ['a certificate that is none', ['dimse: { tls: { key: tls/key.pem, cert: broken.pem } }'], 'line 1, dimse, tls, cert: the file broken.pem holds no certificates'],
    ['authorities that are none', [stow('tls: { ca: broken.pem }')], 'destinations, entry 1 (a), tls, ca: the file broken.pem holds no certificates'],
    ['a watch that has days of its own', ['archives: [{ name: a, url: "https://a", watch: { query: { Modality: CT, StudyDate: "20260101" } } }]'], 'line 1, archives, entry 1 (a), watch, query, StudyDate: withinDays says which studies are looked for'],
    ['a search for what is no keyword', ['archives: [{ name: a, url: "https://a", watch: { query: { Modalty: CT } } }]'], 'line 1, archives, entry 1 (a), watch, query, Modalty: "Modalty" is no DICOM keyword (PS3.6). Did you mean "Modality"?'],
    ['a search in what is no sequence', ['worklist: { url: "https://a", query: { Modality.CodeValue: CT } }'], 'query, Modality.CodeValue: Modality is no sequence'],
    ['a search for a whole sequence', ['worklist: { url: "https://a", query: { ScheduledWorkitemCodeSequence: CT } }'], 'ScheduledWorkitemCodeSequence is a sequence: expected a dot'],
    ['two archives of one name', ['archives:', '  - { name: a, url: "https://a" }', '  - { name: a, url: "https://b" }'], 'line 3, archives, entry 2 (a), name: '],
    ['giving up before a series is whole', ['series: { quietSeconds: 120, giveUpMinutes: 1 }'], 'line 1, series, giveUpMinutes: expected more than quietSeconds'],
    ['a watched folder in the data folder', ['folder: data', 'watchFolders: [{ folder: data/in }]'], 'line 2, watchFolders, entry 1, folder: the folder holds the data folder, or lies in it'],
    ['a watched folder that holds a destination', ['watchFolders: [{ folder: x }]', 'destinations: [{ name: a, kind: folder, folder: x/out }]'], 'watchFolders, entry 1, folder: the folder holds the folder of the destination a'],
    ['watched folders in each other', ['watchFolders: [{ folder: x }, { folder: X/y }]'], 'watchFolders, entry 2, folder: the folder holds another watched folder'],
    ['a destination in the data folder', ['folder: data', 'destinations: [{ name: a, kind: folder, folder: data }]'], 'line 2, destinations, entry 1 (a), folder: the folder holds the data folder'],
  ])('%s', async (_, lines, message) => {
    const error = await refusalOf(configOf(folder, lines, { EMPTY: '' }));
    expect([error.code, error.subject.file]).toEqual(['config', path.join(folder, 'rondo.yaml')]);
    expect(error.message).toContain(message);
  });

  it('what DATABASE_URL holds, without repeating it', async () => {
    const error = await refusalOf(configOf(folder, [], { DATABASE_URL: 'mysql://u:hidden@a/b' }));
    expect(error.message).toContain('the environment variable DATABASE_URL holds no address');
    expect(error.message).not.toContain('hidden');
  });

  it('nothing that has a guard, and no name of this machine', async () => {
    await read(['http: { host: 0.0.0.0, publicUrl: https://rondo.example }', 'dimse: { host: 0.0.0.0, callers: [{ aeTitle: CT }] }', GUARD]);
    await read(['http: { host: 10.0.0.1 }', 'authentication: { oidc: { issuer: "https://i", audience: a, roles: { x: admin } } }']);
    for (const host of ['localhost', '127.0.0.2', "'::1'"]) await read([`http: { host: ${host}, publicUrl: http://localhost:8500 }`, `dimse: { host: ${host} }`]);
  });
});
