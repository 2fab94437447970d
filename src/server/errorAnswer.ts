import { randomUUID } from 'node:crypto';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { RondoError } from '../errors.ts';
import { TooManyAttempts } from './failedAttempts.ts';

/** Status of the errors that callers are told. Any other is a fault of the server: its words stay in the log. */
const STATUSES: Readonly<Record<string, number | undefined>> = {
  'request-invalid': 400, 'json-invalid': 400, 'json-depth': 400, 'stow-broken': 400, 'protocol-unknown': 400, 'archive-unknown': 400, 'destination-unknown': 400,
  unauthenticated: 401, 'key-unknown': 401, 'token-invalid': 401, 'token-expired': 401,
  forbidden: 403, 'role-missing': 403, 'foreign-host': 403, 'foreign-origin': 403,
  'not-found': 404, 'job-missing': 404, 'delivery-missing': 404, 'structure-set-missing': 404, 'comparison-set': 404, 'instance-absent': 404,
  'method-not-allowed': 405,
  'job-transition': 409, 'job-state': 409, 'job-duplicate': 409, 'comparison-series': 409, 'comparison-differs': 409, 'job-protocol': 409, 'series-limit': 409, 'series-arriving': 409, 'workitem-taken': 409, 'delivery-done': 409, 'lease-lost': 409,
  'job-purged': 410,
  'request-too-large': 413, 'stow-limit': 413,
  'media-type': 415, 'stow-media-type': 415,
  'too-many-attempts': 429,
  'dicomweb-unreachable': 502, 'dicomweb-timeout': 502, 'dicomweb-server': 502, 'dicomweb-cut': 502, 'dicomweb-answer': 502, 'workitem-refused': 502,
  'database-unreachable': 503, 'issuer-unreachable': 503, 'too-many-listeners': 503,
  'archive-full': 507,
};

/** What body-parser's errors say (its `type`). */
const BODY_ERRORS: Readonly<Record<string, [code: string, message: string] | undefined>> = {
  'entity.too.large': ['request-too-large', 'The body of the request is larger than is taken here.'],
  'entity.parse.failed': ['json-invalid', 'The body of the request is no JSON. Expected one object (RFC 8259).'],
  'encoding.unsupported': ['media-type', 'The body of the request is compressed. Expected it as it is.'],
  'charset.unsupported': ['media-type', 'The body of the request is in another encoding. Expected UTF-8.'],
  'request.aborted': ['request-invalid', 'The request ended before its body did.'],
  'request.size.invalid': ['request-invalid', 'The body of the request is not as long as it says.'],
};

/** Turns whatever was thrown into `{ error: { code, message } }`: the only place where errors become HTTP. */
export function errorAnswer(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    const error = named(thrown);
    const status = error && statusOf(error);
    if (response.headersSent) {
      // What was begun cannot be taken back: the connection is cut, so that nobody takes it for whole.
      if (!request.destroyed) log.warn({ err: thrown, path: request.path }, 'an answer was cut');
      next(thrown);
      return;
    }
    if (error === undefined || status === undefined) {
      const id = randomUUID();
      log.error({ err: thrown, id, method: request.method, path: request.path }, 'a request failed');
      response.status(500).json({ error: { code: 'internal', message: `The server failed at this request. Its log has the reason under ${id}.`, id } });
      return;
    }
    if (status === 401) response.set('www-authenticate', 'Bearer');
    if (error instanceof TooManyAttempts) response.set('retry-after', String(error.seconds));
    if (status > 500) log.warn({ err: thrown, path: request.path }, 'a request could not be served');
    response.status(status).json({ error: { code: error.code, message: withoutFile(error) } });
  };
}

function statusOf({ code }: RondoError): number | undefined {
  // What is wrong with a series, which its sender can change.
  return code.startsWith('ct-') ? 409 : Object.hasOwn(STATUSES, code) ? STATUSES[code] : undefined;
}

/** The message without the file that it names: where the server keeps its files is not for callers. */
function withoutFile({ message, subject: { file, uid } }: RondoError): string {
  if (file === undefined) return message;
  const ending = ` [${[file, uid].filter((part) => part !== undefined).join(', ')}]`;
  const text = message.endsWith(ending) ? message.slice(0, -ending.length) : message;
  return uid === undefined ? text : `${text} [${uid}]`;
}

function named(thrown: unknown): RondoError | undefined {
  if (thrown instanceof RondoError) return thrown;
  if (thrown instanceof URIError) return new RondoError('request-invalid', 'The address of the request is not encoded as it should be (RFC 3986 2.1).');
  const type = thrown instanceof Error && 'type' in thrown && typeof thrown.type === 'string' ? thrown.type : '';
  const body = Object.hasOwn(BODY_ERRORS, type) ? BODY_ERRORS[type] : undefined;
  return body && new RondoError(...body);
}
