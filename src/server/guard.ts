import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { isLoopback } from '../config/index.ts';
import { RondoError } from '../errors.ts';
import { checkMay, type Caller, type Permission } from './access.ts';
import type { Authenticator } from './authenticator.ts';

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  // For browsers that do not know frame-ancestors.
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
};

const HSTS = 'max-age=31536000';

/** Headers of every answer. */
export function strictHeaders(request: Request, response: Response, next: NextFunction): void {
  response.set(HEADERS);
  if (request.secure) response.set('strict-transport-security', HSTS);
  next();
}

/** Name or address, and port, of the header Host (RFC 9110 7.2). */
const HOST = /^([\w.-]+|\[[\da-f:]+\])(?::\d+)?$/i;

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Refuses what a page of another site makes a person's browser send: where no key is asked for, reaching the port would be enough.
 * @param isOpen whether no authentication is configured; then only this machine's own names are answered to, as another site's name may be made to
 *   lead here (DNS rebinding)
 */
export function refuseOtherSites(isOpen: boolean, publicUrl: string | undefined): RequestHandler {
  const publicOrigin = publicUrl === undefined ? undefined : new URL(publicUrl).origin;
  return (request, _, next) => {
    const { host = '', origin } = request.headers;
    if (isOpen && !isLoopback(HOST.exec(host)?.[1] ?? '')) {
      throw new RondoError('foreign-host', 'Without authentication requests are answered only under a name of this machine itself: 127.0.0.1, ::1 or localhost. Use one of them, or give authentication in the configuration.');
    }
    const isOwn = origin === undefined || origin === publicOrigin || (URL.canParse(origin) && new URL(origin).host === host);
    if (!READING.has(request.method) && !isOwn) throw new RondoError('foreign-origin', 'The request comes from a page of another site. Expected the page of this server, or a program.');
    next();
  };
}

/** Lets through who may do this. */
export function authorise(authenticator: Authenticator, permissionOf: (request: Request) => Permission): RequestHandler {
  return async (request, response, next) => {
    const caller = await authenticator.caller(request);
    response.locals.caller = caller;
    checkMay(caller, permissionOf(request));
    next();
  };
}

/** Who asks, once `authorise` has let it through. */
export function callerOf(response: Response): Caller {
  return response.locals.caller as Caller;
}
