import express, { type Express, type RequestHandler, type Router } from 'express';
import type { Logger } from 'pino';
import { MEGABYTE } from '../config/index.ts';
import { RondoError } from '../errors.ts';
import type { Caller } from './access.ts';
import { archiveRoutes } from './archiveRoutes.ts';
import { Authenticator } from './authenticator.ts';
import { errorAnswer } from './errorAnswer.ts';
import { eventRoutes } from './eventRoutes.ts';
import { authorise, callerOf, refuseOtherSites, strictHeaders } from './guard.ts';
import { jobRoutes } from './jobRoutes.ts';
import { Metrics } from './metrics.ts';
import { openApiDocument } from './openApi.ts';
import type { AppOptions } from './options.ts';
import { jsonRoute, mount, type Route } from './route.ts';
import { documentSchema } from './schemas.ts';
import { serviceRoutes } from './serviceRoutes.ts';
import { statusPage } from './statusPage.ts';
import { trendRoutes } from './trendRoutes.ts';

/** The HTTP side of the service: API, DICOMweb, status page. To be served by a server that `hardenServer` has seen. */
export function createApp(options: AppOptions): Express {
  const { config: { authentication, http }, log, internalToken } = options;
  const authenticator = new Authenticator(authentication, internalToken);
  const metrics = options.metrics ?? new Metrics(options);
  const app = express();
  app.disable('x-powered-by').enable('case sensitive routing').enable('strict routing');
  // Behind a proxy on this machine, which a public address tells of, the caller's own address counts.
  app.set('trust proxy', http.publicUrl === undefined ? false : 'loopback');
  app.set('query parser', 'simple');
  app.use(requestLog(log), strictHeaders, refuseOtherSites(authenticator.isOpen, http.publicUrl));
  mount(app, routesOf(options, authenticator, metrics), authenticator);
  app.use('/dicom-web', authorise(authenticator, ({ method }) => (method === 'GET' || method === 'HEAD' ? 'fetch' : 'store')), dicomWeb(options, metrics));
  app.use(statusPage());
  app.use(() => { throw new RondoError('not-found', 'There is nothing at this address. /api/openapi.json lists what there is.'); });
  app.use(errorAnswer(log));
  return app;
}

function routesOf(options: AppOptions, authenticator: Authenticator, metrics: Metrics): Route[] {
  const routes = [...jobRoutes(options), ...eventRoutes(options), ...trendRoutes(options), ...serviceRoutes(options, authenticator, metrics)];
  const all: Route[] = [...routes, jsonRoute({
    method: 'get', path: '/api/openapi.json', summary: 'This document', permission: 'open', statuses: { 200: 'OpenAPI 3.1' }, answer: documentSchema,
    handle: () => openApiDocument(all, options.version) as { openapi: string },
  })];
  return all;
}

function dicomWeb({ archive, onAdded, config: { limits }, log }: AppOptions, metrics: Metrics): Router {
  return archiveRoutes({
    archive, limits: { bytesPerRequest: limits.requestMb * MEGABYTE, bytesPerPart: limits.instanceMb * MEGABYTE, parts: limits.seriesInstances },
    async onAdded(added, response) {
      try {
        await onAdded(added, { origin: 'stow' }, callerOf(response).who);
      } catch (error) {
        log.error({ err: error, series: added.seriesInstanceUid }, 'an instance that was received could not be taken further');
        throw error;
      }
      if (added.isNew) metrics.received('stow');
    },
  });
}

function requestLog(log: Logger): RequestHandler {
  return (request, response, next) => {
    const begun = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const caller = response.locals.caller as Caller | undefined;
      log.debug({ method, path, status: response.statusCode, who: caller?.who, ms: Math.round(performance.now() - begun), whole: response.writableFinished }, 'a request was answered');
    });
    next();
  };
}
