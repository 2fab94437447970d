import type { YamlPath } from '../yaml/index.ts';
import type { Archive, ClientTls, Destination, ListenerTls, WebPeer, Worklist } from './config.ts';
import type { ConfigKeys } from './configKeys.ts';
import type { OutsideValues } from './outsideValues.ts';
import { isHeaderValue } from './peerKeys.ts';
import { Secret } from './secret.ts';
import { isLoopback } from './values.ts';

type Headers = Readonly<Record<string, string>>;
interface WebPeerKeys {
  url: string;
  headers: Headers;
  headersFromEnv: Headers;
  headersFromFile: Headers;
  tls?: TlsKeys | undefined;
}
interface TlsKeys {
  ca?: string | undefined;
  key?: string | undefined;
  cert?: string | undefined;
}

export async function destinationOf(keys: ConfigKeys['destinations'][number], at: YamlPath, outside: OutsideValues): Promise<Destination> {
  switch (keys.kind) {
    case 'stow':
      return await webPeer(keys, at, outside);
    case 'dimse': {
      const { tls, ...rest } = keys;
      return { ...rest, ...(tls && { tls: await clientTls(tls, [...at, 'tls'], outside) }) };
    }
    case 'folder':
      return { ...keys, folder: outside.absolute(keys.folder) };
    case 'archive':
      return keys;
  }
}

export async function archiveOf(keys: ConfigKeys['archives'][number], at: YamlPath, outside: OutsideValues): Promise<Archive> {
  return await webPeer(keys, at, outside);
}

export async function worklistOf(keys: NonNullable<ConfigKeys['worklist']>, outside: OutsideValues): Promise<Worklist> {
  return await webPeer(keys, ['worklist'], outside);
}

/** Keys of a peer, with its headers and certificates in place of where they stand. */
async function webPeer<Keys extends WebPeerKeys>({ headers, headersFromEnv, headersFromFile, tls, ...rest }: Keys, at: YamlPath, outside: OutsideValues): Promise<Omit<Keys, 'headers' | 'headersFromEnv' | 'headersFromFile' | 'tls'> & Omit<WebPeer, 'url'>> {
  const { url } = rest;
  if (url.startsWith('http:')) {
    if (tls !== undefined) outside.refuse([...at, 'tls'], 'tls is for addresses that begin with https://');
    const carriesSecrets = Object.keys(headersFromEnv).length + Object.keys(headersFromFile).length > 0;
    if (carriesSecrets && !isLoopback(new URL(url).hostname)) outside.warnings.push(`${url} is asked without TLS: its secret headers travel readable to all in the network. Use https://.`);
  }
  return { ...rest, headers: await headersOf({ headers, headersFromEnv, headersFromFile }, at, outside), ...(tls && { tls: await clientTls(tls, [...at, 'tls'], outside) }) };
}

async function headersOf({ headers, headersFromEnv, headersFromFile }: Pick<WebPeerKeys, 'headers' | 'headersFromEnv' | 'headersFromFile'>, at: YamlPath, outside: OutsideValues): Promise<Record<string, Secret>> {
  const found: Record<string, Secret> = {};
  const taken = new Set<string>();
  const take = (name: string, value: Secret | undefined, path: YamlPath): void => {
    if (taken.has(name.toLowerCase())) outside.refuse(path, 'the header is given twice');
    taken.add(name.toLowerCase());
    if (value === undefined) return;
    if (isHeaderValue(value.reveal())) found[name] = value;
    else outside.refuse(path, 'the value holds characters that no header may have, such as a line break');
  };
  for (const [name, value] of Object.entries(headers)) take(name, new Secret(value), [...at, 'headers', name]);
  for (const [name, variable] of Object.entries(headersFromEnv)) take(name, outside.variable(variable, [...at, 'headersFromEnv', name]), [...at, 'headersFromEnv', name]);
  for (const [name, file] of Object.entries(headersFromFile)) take(name, await outside.secretFile(file, [...at, 'headersFromFile', name]), [...at, 'headersFromFile', name]);
  return found;
}

export async function listenerTls({ key, cert }: { key: string; cert: string }, at: YamlPath, outside: OutsideValues): Promise<ListenerTls | undefined> {
  const chain = await outside.certificates(cert, [...at, 'cert']);
  const secret = await outside.privateKey(key, [...at, 'key'], chain);
  return chain === undefined || secret === undefined ? undefined : { key: secret, cert: chain };
}

export async function clientTls({ ca, key, cert }: TlsKeys, at: YamlPath, outside: OutsideValues): Promise<ClientTls> {
  const trusted = ca === undefined ? undefined : await outside.certificates(ca, [...at, 'ca']);
  const shown = key === undefined || cert === undefined ? undefined : await listenerTls({ key, cert }, at, outside);
  return { ...(trusted !== undefined && { ca: trusted }), ...shown };
}
