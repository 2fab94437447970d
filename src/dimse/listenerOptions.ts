import type { CreateFile } from './receivedFile.ts';

/** An instance that was received and is not yet acknowledged. */
export interface ReceivedInstance {
  /** Part 10 file, whole and on the disk: File Meta Information, and the bytes of the data set as they came. Whatever of it is left after `onInstance` is removed. */
  file: string;
  sopClassUid: string;
  sopInstanceUid: string;
  transferSyntaxUid: string;
  callingAeTitle: string;
  calledAeTitle: string;
  /** Of the data set. */
  bytes: number;
}

/** Who may store. */
export interface Caller {
  aeTitle: string;
  /** Address or name; any where it is missing. */
  host?: string;
}

/** PEM. */
export interface ListenerTls {
  key: string;
  cert: string;
  /** Who signs the certificates of callers. */
  ca?: string;
  requireClientCertificate: boolean;
}

export interface ListenerLimits {
  /** Associations at once; one more is rejected for now. */
  associations: number;
  /** Of one data set. */
  instanceBytes: number;
  /** How long a peer may take for the next PDU. */
  idleTimeoutMs: number;
}

/** For a log: holds no patient data, but what the peer says of itself. */
export interface DimseEvent {
  event: 'association-accepted' | 'association-rejected' | 'association-lost' | 'connection-refused' | 'instance-stored' | 'instance-refused';
  host: string;
  /** '' before the peer has asked for an association. */
  callingAeTitle: string;
  calledAeTitle: string;
  reason?: string | undefined;
  sopInstanceUid?: string | undefined;
  error?: unknown;
}

export interface DimseListenerOptions {
  /** Address to listen at; 127.0.0.1 by default: only this machine. */
  host?: string;
  /** 0: a free one. */
  port: number;
  /** The titles that Rondo answers to. */
  aeTitles: readonly string[];
  /** Anyone where it is missing. */
  callers?: readonly Caller[];
  tls?: ListenerTls;
  /** Where instances are written while they arrive; after a crash, what lies there was never acknowledged. */
  folder: string;
  limits: ListenerLimits;
  /** Takes the instance over: the sender is told of success when this has resolved, and of failure when it rejects. */
  onInstance: (received: ReceivedInstance) => Promise<void>;
  onEvent?: (event: DimseEvent) => void;
  /** For tests of a disk that fails. */
  createFile?: CreateFile;
}
