import type { Express, Request, Response } from 'express';
import type { z } from 'zod';
import { RondoError } from '../errors.ts';
import type { Caller, Permission } from './access.ts';
import type { Authenticator } from './authenticator.ts';
import { authorise, callerOf } from './guard.ts';
import { jsonBody } from './jsonBody.ts';

/** What a request may bring, each parsed before the route sees it. */
export interface Parts {
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject;
}

type Parsed<Part> = Part extends z.ZodType ? z.output<Part> : undefined;

export interface Input<Given extends Parts> {
  params: Parsed<Given['params']>;
  query: Parsed<Given['query']>;
  body: Parsed<Given['body']>;
  caller: Caller;
}

/** One line of the table from which both the routes and their documentation are made. */
interface RouteText {
  method: 'get' | 'post';
  /** As OpenAPI writes it: `/api/jobs/{id}`. */
  path: string;
  summary: string;
  /** `open`: nobody is asked for a key. */
  permission: Permission | 'open';
  /** Statuses other than those of errors, with what they mean. */
  statuses: Readonly<Record<number, string>>;
}

/** Answers JSON of a schema, with the least of its statuses unless the route has set another. */
export interface JsonRoute<Given extends Parts, Answer extends z.ZodType> extends RouteText {
  input?: Given;
  answer: Answer;
  handle: (input: Input<Given>, response: Response) => Promise<z.input<Answer>> | z.input<Answer>;
}

/** Writes its answer itself. */
export interface RawRoute<Given extends Parts> extends RouteText {
  input?: Given;
  mediaType: string;
  handle: (input: Input<Given>, response: Response, request: Request) => Promise<void>;
}

/** A route whose types were checked against one another when it was made. */
export interface Route extends RouteText {
  input: Parts;
  content: { schema: z.ZodType } | { mediaType: string };
  serve: (request: Request, response: Response, caller: Caller | undefined) => Promise<void>;
}

export function jsonRoute<const Given extends Parts, Answer extends z.ZodType>({ handle, input, answer, ...text }: JsonRoute<Given, Answer>): Route {
  return {
    ...text, input: input ?? {}, content: { schema: answer },
    async serve(request, response, caller) {
      response.status(Number(Object.keys(text.statuses)[0]));
      const body = answer.parse(await handle(parsed(request, input, caller), response));
      response.json(body);
    },
  };
}

export function rawRoute<const Given extends Parts>({ handle, input, mediaType, ...text }: RawRoute<Given>): Route {
  return { ...text, input: input ?? {}, content: { mediaType }, serve: async (request, response, caller) => { await handle(parsed(request, input, caller), response, request); } };
}

/** Whoever uses a route that is open is nobody in particular. */
const NOBODY: Caller = { who: 'nobody', role: 'trigger' };

function parsed<Given extends Parts>(request: Request, input: Given | undefined, caller: Caller = NOBODY): Input<Given> {
  const part = (what: keyof Parts): unknown => {
    const schema = input?.[what];
    if (schema === undefined) return undefined;
    const result = schema.safeParse(request[what]);
    if (result.success) return result.data;
    const [{ path, message }] = result.error.issues;
    throw new RondoError('request-invalid', `${[WORDS[what], ...path.map(String)].join(': ')}: ${message}.`);
  };
  return { params: part('params'), query: part('query'), body: part('body'), caller } as Input<Given>;
}

const WORDS = { params: 'the address of the request', query: 'the query of the request', body: 'the body of the request' } as const;

/** Makes the routes of the table. Paths that they have answer other methods with 405. */
export function mount(app: Express, routes: readonly Route[], authenticator: Authenticator): void {
  for (const { method, path, permission, input, serve } of routes) {
    const guards = permission === 'open' ? [] : [authorise(authenticator, () => permission)];
    app[method](expressPath(path), ...guards, ...(input.body === undefined ? [] : jsonBody), async (request, response) => {
      await serve(request, response, permission === 'open' ? undefined : callerOf(response));
    });
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const allowed = routes.filter((route) => route.path === path).flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : ['POST']));
    app.all(expressPath(path), (_, response) => {
      response.set('allow', allowed.join(', '));
      throw new RondoError('method-not-allowed', `Expected one of the methods ${allowed.join(', ')} at this address.`);
    });
  }
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}
