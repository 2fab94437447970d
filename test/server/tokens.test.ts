import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import type { Config, Role } from '../../src/config/index.ts';
import { Authenticator } from '../../src/server/authenticator.ts';
import { FailedAttempts } from '../../src/server/failedAttempts.ts';
import { askJson, startService, type TestService } from '../support/service.ts';
import { AUDIENCE, startIssuer, type TestIssuer } from '../support/issuer.ts';

const ROLES: Record<string, Role> = { contouring: 'physicist', ward: 'reviewer', machines: 'trigger' };

describe("people's tokens", () => {
  let issuer: TestIssuer;
  let service: TestService;
  let oidc: NonNullable<Config['authentication']['oidc']>;

  beforeAll(async () => {
    issuer = await startIssuer();
    oidc = { issuer: issuer.url, audience: AUDIENCE, rolesClaim: 'groups.rondo', roles: ROLES };
    // Behind a proxy that tells addresses: ten wrong tokens lock one of them out.
    service = await startService({ authentication: { keys: [], oidc }, http: { publicUrl: 'https://rondo.test' } });
  });
  afterAll(async () => {
    await service.stop();
    issuer.stop();
  });

  let addresses = 0;
  const ask = (key: string, address = `10.1.1.${addresses += 1}`): ReturnType<typeof askJson<{ who: string; role: string; error: { code: string } }>> => askJson(`${service.url}/api/me`, { key, headers: { 'x-forwarded-for': address } });

  it.each<[string, JWTPayload, string]>([
    ['one group in a list', {}, 'physicist'],
    ['a text', { groups: { rondo: 'ward' } }, 'reviewer'],
    ['the greatest of several', { groups: { rondo: ['machines', 'other', 'ward'] } }, 'reviewer'],
    ['several audiences', { aud: ['other', AUDIENCE] }, 'physicist'],
  ])('give the role of the claim: %s', async (_, claims, role) => {
    expect((await ask(await issuer.token(claims))).body).toMatchObject({ who: 'anna', role });
  });

  it('stand in the events by their subject', async () => {
    const { id } = await service.inState('received');
    await askJson(`${service.url}/api/jobs/${id}/cancel`, { method: 'POST', key: await issuer.token({ sub: 'f81d4fae', name: 'Anna Berg' }) });
    expect((await service.jobs.events(id)).at(-1)).toMatchObject({ who: 'f81d4fae' });
  });

  it.each<[string, JWTPayload]>([
    ['no role of the table', { groups: { rondo: ['surgery'] } }],
    ['a name that every object has', { groups: { rondo: ['constructor', '__proto__', 'toString'] } }],
    ['the role itself, which is no group', { groups: { rondo: ['admin'] } }],
    ['roles in another claim', { groups: {}, roles: ['contouring'], rondo: ['contouring'] }],
    ['a claim of another kind', { groups: { rondo: { contouring: true } } }],
  ])('without a role are refused: %s', async (_, claims) => {
    expect(await ask(await issuer.token(claims))).toMatchObject({ status: 403, body: { error: { code: 'role-missing' } } });
  });

  const base64 = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const claims = (): JWTPayload => ({ sub: 'anna', iss: issuer.url, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 300, groups: { rondo: ['contouring'] } });
  const now = Math.floor(Date.now() / 1000);
  const FORGED: Record<string, () => Promise<string> | string> = {
    "another's key": async () => issuer.token({}, { key: (await generateKeyPair('RS256')).privateKey }),
    "another's key of another name": async () => issuer.token({}, { key: (await generateKeyPair('RS256')).privateKey, kid: 'k2' }),
    'claims that were changed': async () => { const [head, , signature] = (await issuer.token()).split('.'); return [head, base64({ ...claims(), sub: 'eve' }), signature].join('.'); },
    'no signature (alg none)': () => `${base64({ alg: 'none' })}.${base64(claims())}.`,
    'no signature (alg nOnE), with one': () => `${base64({ alg: 'nOnE', kid: 'k1' })}.${base64(claims())}.AAAA`,
    'HS256 by the public key in PEM': async () => issuer.token({}, { alg: 'HS256', key: Buffer.from(issuer.publicPem) }),
    'its own key in the header': async () => {
      const own = await generateKeyPair('RS256', { extractable: true });
      return await new SignJWT(claims()).setProtectedHeader({ alg: 'RS256', kid: 'k1', jwk: await exportJWK(own.publicKey) }).sign(own.privateKey);
    },
    'another audience': async () => issuer.token({ aud: 'mail' }),
    'another issuer': async () => issuer.token({ iss: 'https://evil.test' }),
    'an issuer that begins alike': async () => issuer.token({ iss: `${issuer.url}.evil.test` }),
    'in force only tomorrow': async () => issuer.token({ nbf: now + 86_400 }),
    'no subject': async () => issuer.token({ sub: undefined as never }),
    'a subject of two lines': async () => issuer.token({ sub: 'anna\nberta' }),
    'a critical header that nobody knows': async () => { const [, body, signature] = (await issuer.token()).split('.'); return [base64({ alg: 'RS256', kid: 'k1', crit: ['x'], x: 1 }), body, signature].join('.'); },
    'claims that are no JSON': async () => { const [head, , signature] = (await issuer.token()).split('.'); return [head, base64('{"sub"'), signature].join('.'); },
  };

  it.each(Object.keys(FORGED))('that are forged are refused: %s', async (name) => {
    expect(await ask(await FORGED[name]())).toMatchObject({ status: 401, body: { error: { code: 'token-invalid' } } });
    expect(await ask(await issuer.token())).toMatchObject({ status: 200 });
  });

  it('that have no end are refused', async () => {
    const endless = await new SignJWT({ ...claims(), exp: undefined as never }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(issuer.privateKey);
    expect(await ask(endless)).toMatchObject({ status: 401, body: { error: { code: 'token-invalid' } } });
  });

  it('that have expired lock nobody out', async () => {
    const expired = await issuer.token({ exp: now - 300 });
    for (let count = 0; count < 12; count += 1) expect(await ask(expired, '10.2.2.2')).toMatchObject({ status: 401, body: { error: { code: 'token-expired' } } });
    expect((await ask(await issuer.token(), '10.2.2.2')).status).toBe(200);
  });

  it('that are wrong lock out like wrong keys', async () => {
    const forged = await issuer.token({ aud: 'mail' });
    for (let count = 0; count < 10; count += 1) await ask(forged, '10.3.3.3');
    expect(await ask(await issuer.token(), '10.3.3.3')).toMatchObject({ status: 429 });
    expect(await ask(await issuer.token(), '10.3.3.4')).toMatchObject({ status: 200 });
  });

  it("cannot be checked while the issuer does not answer, which is nobody's guess", async () => {
    issuer.answers.on = false;
    const attempts = new FailedAttempts();
    const authenticator = new Authenticator({ keys: [], oidc }, undefined, attempts);
    try {
      for (let count = 0; count < 12; count += 1) {
        await expect(authenticator.caller({ ip: 'a', headers: { authorization: `Bearer ${await issuer.token()}` } })).rejects.toMatchObject({ code: 'issuer-unreachable' });
      }
      attempts.check('a');
    } finally {
      issuer.answers.on = true;
    }
  });

  it('are not taken from an issuer that calls itself otherwise', async () => {
    const authenticator = new Authenticator({ keys: [], oidc: { ...oidc, issuer: oidc.issuer.replace('127.0.0.1', 'localhost') } }, undefined);
    await expect(authenticator.caller({ ip: 'a', headers: { authorization: `Bearer ${await issuer.token()}` } })).rejects.toMatchObject({ code: 'issuer-unreachable' });
  });
});
