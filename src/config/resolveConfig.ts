import { createHash } from 'node:crypto';
import path from 'node:path';
import type { YamlPath } from '../yaml/index.ts';
import type { ApiKey, Config } from './config.ts';
import type { ConfigKeys } from './configKeys.ts';
import type { Environment, OutsideValues } from './outsideValues.ts';
import { archiveOf, clientTls, destinationOf, listenerTls, worklistOf } from './resolvePeers.ts';
import type { Rule } from './rule.ts';
import { Secret } from './secret.ts';
import { isLoopback } from './values.ts';

/** A shorter key could be guessed from its hash. */
const LEAST_KEY_CHARACTERS = 32;

/** The configuration with what its keys lead to; what is wrong there is left in `outside`. */
export async function resolveConfig(keys: ConfigKeys, outside: OutsideValues, environment: Environment): Promise<Config> {
  const { worklist, series, contouring, retention, limits, log, authentication: { oidc } } = keys;
  const url = await databaseUrl(keys.database, outside, environment);
  const config: Config = {
    folder: outside.absolute(keys.folder),
    database: url === undefined ? {} : { url },
    http: await httpOf(keys.http, outside),
    dimse: await dimseOf(keys.dimse, outside),
    authentication: { keys: await apiKeys(keys.authentication.keys, outside), ...(oidc && { oidc }) },
    destinations: await Promise.all(keys.destinations.map((one, index) => destinationOf(one, ['destinations', index], outside))),
    archives: await Promise.all(keys.archives.map((one, index) => archiveOf(one, ['archives', index], outside))),
    ...(worklist && { worklist: await worklistOf(worklist, outside) }),
    watchFolders: keys.watchFolders.map(({ folder }) => outside.absolute(folder)),
    rules: rulesOf(keys, outside),
    series,
    contouring,
    retention,
    limits,
    log,
  };
  if (contouring.workersOnly && url === undefined) outside.refuse(['contouring', 'workersOnly'], 'workers need PostgreSQL, and without them nothing would be contoured; give database.url, or leave workersOnly out');
  checkFolders(config, outside);
  return config;
}

async function httpOf({ tls, ...http }: ConfigKeys['http'], outside: OutsideValues): Promise<Config['http']> {
  if (!isLoopback(http.host) && tls === undefined) outside.warnings.push(`http.host is ${http.host} without http.tls: keys and results travel readable to all in the network. Give tls, or let a reverse proxy on this machine have it.`);
  const shown = tls && await listenerTls(tls, ['http', 'tls'], outside);
  return { ...http, ...(shown && { tls: shown }) };
}

async function dimseOf({ tls, aeTitles, ...dimse }: ConfigKeys['dimse'], outside: OutsideValues): Promise<Config['dimse']> {
  const at = ['dimse', 'tls'];
  const shown = tls && await listenerTls(tls, at, outside);
  const trusted = tls && await clientTls({ ca: tls.ca }, at, outside);
  return { ...dimse, aeTitles: aeTitles.map(({ aeTitle }) => aeTitle), ...(shown && { tls: { ...shown, ...trusted } }) };
}

/** The database's address with its password. */
async function databaseUrl({ url: given, passwordFromEnv, passwordFromFile }: ConfigKeys['database'], outside: OutsideValues, environment: Environment): Promise<Secret | undefined> {
  const whole = given ?? (environment.DATABASE_URL === '' ? undefined : environment.DATABASE_URL);
  const password = passwordFromEnv !== undefined ? outside.variable(passwordFromEnv, ['database', 'passwordFromEnv'])
    : passwordFromFile !== undefined ? await outside.secretFile(passwordFromFile, ['database', 'passwordFromFile']) : undefined;
  if (whole === undefined) {
    if (password !== undefined) outside.refuse(['database'], 'a password without an address; give url, or set the environment variable DATABASE_URL');
    return undefined;
  }
  if (!URL.canParse(whole) || !/^postgres(ql)?:$/.test(new URL(whole).protocol)) {
    outside.refuse(['database'], 'the environment variable DATABASE_URL holds no address that begins with postgresql://');
    return undefined;
  }
  const url = new URL(whole);
  // The setter leaves a percent sign as it is.
  if (password !== undefined) url.password = encodeURIComponent(password.reveal());
  return new Secret(url.href);
}

async function apiKeys(keys: ConfigKeys['authentication']['keys'], outside: OutsideValues): Promise<ApiKey[]> {
  const resolved: ApiKey[] = [];
  for (const [index, { name, role, sha256, keyFromEnv, keyFromFile }] of keys.entries()) {
    const at = ['authentication', 'keys', index, sha256 !== undefined ? 'sha256' : keyFromEnv !== undefined ? 'keyFromEnv' : 'keyFromFile'];
    const hash = sha256 ?? hashOf(keyFromEnv !== undefined ? outside.variable(keyFromEnv, at) : await outside.secretFile(keyFromFile ?? '', at), at, outside);
    if (hash === undefined) continue;
    const other = resolved.find((one) => one.sha256 === hash);
    if (other) outside.refuse(at, `the key is that of ${other.name} too; expected one of its own, so that the record tells them apart`);
    resolved.push({ name, role, sha256: hash });
  }
  return resolved;
}

function hashOf(key: Secret | undefined, at: YamlPath, outside: OutsideValues): string | undefined {
  if (key === undefined) return undefined;
  const text = key.reveal();
  if (text.length < LEAST_KEY_CHARACTERS) outside.refuse(at, `the key has ${text.length} characters, expected at least ${LEAST_KEY_CHARACTERS}; make one by "openssl rand -hex 32"`);
  return createHash('sha256').update(text).digest('hex');
}

/** Rules in the order in which they are asked: an AE title or a folder that was chosen says more than what the scanner wrote. */
function rulesOf({ dimse, watchFolders, rules }: ConfigKeys, outside: OutsideValues): Rule[] {
  const fixed = [
    ...dimse.aeTitles.map(({ aeTitle, protocol }, index) => ({ name: `AE title ${aeTitle}`, keyword: 'CalledAETitle', value: aeTitle, protocol, path: ['dimse', 'aeTitles', index, 'protocol'] })),
    ...watchFolders.map(({ folder, protocol }, index) => ({ name: `folder ${folder}`, keyword: 'WatchedFolder', value: outside.absolute(folder), protocol, path: ['watchFolders', index, 'protocol'] })),
  ];
  return [
    ...fixed.flatMap(({ name, keyword, value, protocol, path: at }): Rule[] => (protocol === undefined ? [] : [{ name, when: { [keyword]: { kind: 'oneOf', values: [value] } }, protocol: outside.protocol(protocol), path: at }])),
    ...rules.map(({ name = '', when, protocol, destinations }, index): Rule => ({ name: name || `rule ${index + 1}`, when, protocol: outside.protocol(protocol), ...(destinations && { destinations }), path: ['rules', index, 'protocol'] })),
  ];
}

/** Folders that lie in each other would be taken for each other's contents. */
function checkFolders({ folder, watchFolders, destinations }: Config, outside: OutsideValues): void {
  const others: { what: string; folder: string }[] = [{ what: 'the data folder', folder }, ...destinations.flatMap((one) => (one.kind === 'folder' ? [{ what: `the folder of the destination ${one.name}`, folder: one.folder }] : []))];
  for (const [index, watched] of watchFolders.entries()) {
    const met = others.find((other) => holds(watched, other.folder) || holds(other.folder, watched));
    if (met) outside.refuse(['watchFolders', index, 'folder'], `the folder holds ${met.what}, or lies in it; expected a folder apart`);
    others.push({ what: 'another watched folder', folder: watched });
  }
  for (const [index, one] of destinations.entries()) {
    if (one.kind === 'folder' && (holds(folder, one.folder) || holds(one.folder, folder))) outside.refuse(['destinations', index, 'folder'], 'the folder holds the data folder, or lies in it; expected a folder apart');
  }
}

/** Whether one folder is or holds another; case is ignored, as some file systems do. */
function holds(outer: string, inner: string): boolean {
  const relative = path.relative(outer.toLowerCase(), inner.toLowerCase());
  return relative === '' || (!relative.startsWith(`..${path.sep}`) && relative !== '..' && !path.isAbsolute(relative));
}
