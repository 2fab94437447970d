/** PEM; the peer's certificate must be signed by `ca`, or by an authority that Node trusts, and name the host. */
export interface PeerTls {
  ca?: string;
  /** For peers that ask for a certificate. */
  key?: string;
  cert?: string;
}

/** A system that Rondo asks for associations. */
export interface DimsePeer {
  host: string;
  port: number;
  /** Its title. */
  aeTitle: string;
  /** Rondo's title. */
  callingAeTitle: string;
  tls?: PeerTls;
  /** How long it may take to connect, to answer, or to take the next bytes. */
  timeoutMs: number;
}
