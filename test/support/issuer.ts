import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

/** An issuer of OpenID Connect tokens on loopback: discovery and keys. */
export interface TestIssuer {
  url: string;
  privateKey: CryptoKey;
  /** The public key in PEM, as everybody may have it. */
  publicPem: string;
  /** Turns it off and on: off, it answers 503. */
  answers: { on: boolean };
  /** A token that is good, but for what is given. */
  token: (claims?: JWTPayload, how?: { key?: CryptoKey | Uint8Array; alg?: string; kid?: string; expires?: string | undefined }) => Promise<string>;
  stop: () => void;
}

export const AUDIENCE = 'rondo';

export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const answers = { on: true };
  const server = createServer(({ url: asked }, response) => {
    const body = asked === '/.well-known/openid-configuration' ? { issuer: url, jwks_uri: `${url}/keys` } : asked === '/keys' ? { keys: [jwk] } : undefined;
    response.writeHead(!answers.on ? 503 : body === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url, privateKey, publicPem: await exportSPKI(publicKey), answers,
    async token(claims = {}, { key = privateKey, alg = 'RS256', kid = 'k1', expires = '5m' } = {}) {
      const jwt = new SignJWT({ sub: 'anna', iss: url, aud: AUDIENCE, groups: { rondo: ['contouring'] }, ...claims }).setProtectedHeader({ alg, kid }).setIssuedAt();
      return await (claims.exp === undefined ? jwt.setExpirationTime(expires) : jwt).sign(key);
    },
    stop: () => { server.close(); server.closeAllConnections(); },
  };
}
