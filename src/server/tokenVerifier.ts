import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { ROLES, type Config, type Role } from '../config/index.ts';
import { RondoError } from '../errors.ts';
import type { Caller } from './access.ts';

type Oidc = NonNullable<Config['authentication']['oidc']>;

/** Signatures by a private key that only the issuer has (RFC 7518 3.1, RFC 8037). A secret that both sides share could be the public key. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const TIMEOUT_MS = 5000;
/** How far the clocks of the issuer and of this machine may be apart. */
const CLOCK_SECONDS = 30;
/** How long an issuer that did not answer is left alone. */
const RETRY_MS = 10_000;

/** OpenID Connect Discovery 1.0, section 3. */
const metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });

interface Issuer {
  name: string;
  keys: JWTVerifyGetKey;
}

/** People's tokens: JWTs of one issuer, whose keys are fetched when the first one comes. */
export class TokenVerifier {
  readonly #oidc: Oidc;
  #issuer: Promise<Issuer> | undefined;
  /** By `performance.now()`; never, once the issuer has answered. */
  #askAgain = -Infinity;

  constructor(oidc: Oidc) {
    this.#oidc = oidc;
  }

  /** @throws RondoError `token-invalid`, `token-expired`, `role-missing`; `issuer-unreachable` where the issuer's keys cannot be had */
  async verify(token: string): Promise<Caller> {
    const { name, keys } = await this.#open();
    let claims: JWTPayload;
    try {
      ({ payload: claims } = await jwtVerify(token, keys, { issuer: name, audience: this.#oidc.audience, algorithms: ALGORITHMS, requiredClaims: ['exp', 'sub'], clockTolerance: CLOCK_SECONDS }));
    } catch (error) {
      throw refusal(error);
    }
    const { sub } = claims;
    if (typeof sub !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(sub)) throw new RondoError('token-invalid', 'The subject of the token cannot be used. Expected 1 to 255 characters of ASCII (OpenID Connect Core 1.0, section 2).');
    const role = this.#roleOf(claims);
    if (role === undefined) throw new RondoError('role-missing', `The token is good and gives no role here. Expected one of the values under authentication.oidc.roles in its claim "${this.#oidc.rolesClaim}".`);
    return { who: sub, role };
  }

  /** The greatest role of those that the claim gives. */
  #roleOf(claims: JWTPayload): Role | undefined {
    let value: unknown = claims;
    for (const part of this.#oidc.rolesClaim.split('.')) {
      value = typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? (value as Record<string, unknown>)[part] : undefined;
    }
    const { roles } = this.#oidc;
    const given = [value].flat().flatMap((one) => (typeof one === 'string' && Object.hasOwn(roles, one) ? [roles[one]] : []));
    return ROLES.findLast((role) => given.includes(role));
  }

  async #open(): Promise<Issuer> {
    if (performance.now() > this.#askAgain) {
      this.#askAgain = performance.now() + RETRY_MS;
      this.#issuer = discover(this.#oidc.issuer);
      this.#issuer.then(() => { this.#askAgain = Infinity; }, () => undefined);
    }
    return await (this.#issuer as Promise<Issuer>);
  }
}

async function discover(configured: string): Promise<Issuer> {
  try {
    const response = await fetch(`${configured}/.well-known/openid-configuration`, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const { issuer, jwks_uri } = metadata.parse(await response.json());
    // Some issuers end their name with a slash, which the configuration leaves out.
    if (issuer.replace(/\/+$/, '') !== configured) throw new Error('it calls itself otherwise');
    const keys = new URL(jwks_uri);
    if (keys.protocol !== 'https:' && keys.protocol !== new URL(configured).protocol) throw new Error('its keys are not served by HTTPS');
    return { name: issuer, keys: createRemoteJWKSet(keys, { timeoutDuration: TIMEOUT_MS }) };
  } catch (cause) {
    throw unreachable(cause);
  }
}

function unreachable(cause: unknown): RondoError {
  return new RondoError('issuer-unreachable', 'The issuer of tokens does not answer as expected, so no token can be checked. Keys of programs work all the same. Check authentication.oidc.issuer and the network between.', {}, { cause });
}

/** What jose says of the set of keys, and not of the token. */
const ISSUER_FAULTS: ReadonlySet<string> = new Set([errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code]);

function refusal(cause: unknown): RondoError {
  if (cause instanceof errors.JWTExpired) return new RondoError('token-expired', 'The token has expired. Get a new one from its issuer.', {}, { cause });
  if (!(cause instanceof errors.JOSEError) || ISSUER_FAULTS.has(cause.code)) return unreachable(cause);
  return new RondoError('token-invalid', 'The token is not accepted. Expected one of the configured issuer and audience, signed by an asymmetric key of the issuer, and in force.', {}, { cause });
}
