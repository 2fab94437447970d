import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import type { ApiKey, Config } from '../config/index.ts';
import { RondoError } from '../errors.ts';
import type { Caller } from './access.ts';
import { FailedAttempts } from './failedAttempts.ts';
import { TokenVerifier } from './tokenVerifier.ts';

/** A compact JWS (RFC 7515 3.1). */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;
/** Failures that somebody who guesses would see. An expired token was good once: a page that was left open is not locked out. */
const GUESSES: ReadonlySet<string> = new Set(['key-unknown', 'token-invalid']);

/** Whoever reaches the port while no authentication is configured: `rondo config check` lets that be this machine only. */
const LOCAL: Caller = { who: 'local', role: 'admin' };

interface HashedKey extends Caller {
  hash: Buffer;
}

/** Tells who asks, by `Authorization: Bearer <key or token>`. */
export class Authenticator {
  /** Whether everything is allowed to everybody. */
  readonly isOpen: boolean;
  readonly #internal: HashedKey[];
  readonly #keys: HashedKey[];
  readonly #tokens: TokenVerifier | undefined;
  readonly #failed: FailedAttempts;

  constructor({ keys, oidc }: Config['authentication'], internalToken: string | undefined, failed = new FailedAttempts()) {
    this.isOpen = keys.length === 0 && oidc === undefined;
    this.#internal = internalToken === undefined ? [] : [{ who: 'worker', role: 'worker', hash: sha256(internalToken) }];
    this.#keys = keys.map(({ name, role, sha256: digits }: ApiKey) => ({ who: name, role, hash: Buffer.from(digits, 'hex') }));
    this.#tokens = oidc && new TokenVerifier(oidc);
    this.#failed = failed;
  }

  /** @throws RondoError `unauthenticated`, `key-unknown`, `too-many-attempts`, and what `TokenVerifier.verify` throws */
  async caller({ headers: { authorization }, ip = '' }: Pick<Request, 'headers' | 'ip'>): Promise<Caller> {
    if (this.isOpen) return LOCAL;
    if (authorization === undefined) throw new RondoError('unauthenticated', 'Who asks is not said. Expected the header "Authorization: Bearer" with a key or a token.');
    const credential = BEARER.exec(authorization)?.[1] ?? '';
    const hash = sha256(credential);
    // Workers on this machine would be locked out by whoever guesses from it.
    const worker = keyOf(hash, this.#internal);
    if (worker !== undefined) return worker;
    this.#failed.check(ip);
    try {
      const known = keyOf(hash, this.#keys);
      if (known !== undefined) return known;
      if (this.#tokens !== undefined && JWT.test(credential)) return await this.#tokens.verify(credential);
      throw new RondoError('key-unknown', 'The key is not known here. Expected one of those under authentication.keys, or a token of the issuer under authentication.oidc.');
    } catch (error) {
      if (error instanceof RondoError && GUESSES.has(error.code)) this.#failed.add(ip);
      throw error;
    }
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Looks at all keys, whichever it is: how long it takes tells nothing. */
function keyOf(hash: Buffer, keys: readonly HashedKey[]): Caller | undefined {
  let found: Caller | undefined;
  for (const { hash: own, who, role } of keys) if (timingSafeEqual(own, hash)) found = { who, role };
  return found;
}
