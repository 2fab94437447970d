import type { ConfigKeys } from './configKeys.ts';
import type { Role } from './listenerKeys.ts';
import type { Rule } from './rule.ts';
import type { Secret } from './secret.ts';

/** What a port that accepts encrypted connections needs, in PEM. */
export interface ListenerTls {
  key: Secret;
  cert: string;
}

/** What a connection to another's port needs, in PEM. */
export interface ClientTls {
  ca?: string;
  key?: Secret;
  cert?: string;
}

/** A program's key, of which only the hash is kept. */
export interface ApiKey {
  name: string;
  role: Role;
  /** SHA-256 of the key in UTF-8, small hexadecimal digits. */
  sha256: string;
}

/** An HTTP server of others. */
export interface WebPeer {
  /** Root of its DICOMweb services, without a slash at its end. */
  url: string;
  /** Sent with every request. */
  headers: Readonly<Record<string, Secret>>;
  tls?: ClientTls;
}

/** Keys as they stand in the file, but for those that lead to what stands elsewhere. */
type Resolved<Keys, More> = Omit<Keys, keyof More | 'headersFromEnv' | 'headersFromFile' | 'tls'> & More;

type DestinationKeys = ConfigKeys['destinations'][number];
export type StowDestination = Resolved<Extract<DestinationKeys, { kind: 'stow' }>, WebPeer>;
export type DimseDestination = Resolved<Extract<DestinationKeys, { kind: 'dimse' }>, { tls?: ClientTls }>;
export type FolderDestination = Extract<DestinationKeys, { kind: 'folder' }>;
export type ArchiveDestination = Extract<DestinationKeys, { kind: 'archive' }>;
/** Where structure sets go. */
export type Destination = StowDestination | DimseDestination | FolderDestination | ArchiveDestination;

/** A DICOMweb archive that CTs are fetched from. */
export type Archive = Resolved<ConfigKeys['archives'][number], WebPeer>;
/** A worklist that orders are taken from. */
export type Worklist = Resolved<NonNullable<ConfigKeys['worklist']>, WebPeer>;

/** `rondo.yaml`, with its defaults, absolute paths, and what stands in the files and variables that it names. */
export interface Config extends Pick<ConfigKeys, 'series' | 'contouring' | 'retention' | 'limits' | 'log'> {
  folder: string;
  database: {
    /** PostgreSQL, with its password; an embedded database in `folder` without it. */
    url?: Secret;
  };
  http: Resolved<ConfigKeys['http'], { tls?: ListenerTls }>;
  dimse: Resolved<ConfigKeys['dimse'], { aeTitles: readonly string[]; tls?: ListenerTls & { ca?: string } }>;
  authentication: { keys: readonly ApiKey[]; oidc?: NonNullable<ConfigKeys['authentication']['oidc']> };
  destinations: readonly Destination[];
  archives: readonly Archive[];
  worklist?: Worklist;
  watchFolders: readonly string[];
  /** In the order in which they are asked: those that AE titles and watched folders make first, then those of the file. */
  rules: readonly Rule[];
}
