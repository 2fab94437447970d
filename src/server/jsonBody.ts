import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { RondoError } from '../errors.ts';

const MOST_BYTES = 64 * 1024;
const MOST_DEPTH = 16;

/**
 * Reads the JSON of a request, compressed in no way: at most 64 KiB, and 16 objects or arrays within one another.
 * @throws RondoError `media-type`, `json-depth`; what body-parser throws
 */
export const jsonBody: readonly RequestHandler[] = [
  (request: Request, _: Response, next: NextFunction): void => {
    if (!request.is('application/json')) throw new RondoError('media-type', 'The request brings no JSON. Expected a body, and "Content-Type: application/json".');
    next();
  },
  express.json({ limit: MOST_BYTES, inflate: false, verify: (_, __, body) => { checkDepth(body); } }),
];

function checkDepth(body: Buffer): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < body.length; at += 1) {
    const character = String.fromCharCode(body[at]);
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > MOST_DEPTH) throw new RondoError('json-depth', `The JSON of the request has more than ${MOST_DEPTH} objects or arrays within one another. Nothing that is asked for here has.`);
  }
}
