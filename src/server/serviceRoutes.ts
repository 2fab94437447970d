import { may, PERMISSIONS, type Permission } from './access.ts';
import type { Authenticator } from './authenticator.ts';
import type { Metrics } from './metrics.ts';
import type { AppOptions } from './options.ts';
import { isMissing, readyChecks } from './readyChecks.ts';
import { jsonRoute, rawRoute, type Route } from './route.ts';
import { aliveSchema, callerSchema, destinationsSchema, modelsSchema, protocolsSchema, readySchema } from './schemas.ts';

/** What the service has, and how it is. */
export function serviceRoutes(options: AppOptions, authenticator: Authenticator, metrics: Metrics): Route[] {
  const { actions, version } = options;
  const checks = readyChecks(options);

  return [
    jsonRoute({
      method: 'get', path: '/api/me', summary: 'Who asks, and what it may do', permission: 'see names', statuses: { 200: 'Name, role and permissions' }, answer: callerSchema,
      handle: ({ caller }) => ({ ...caller, permissions: (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => may(caller, permission)), keyNeeded: !authenticator.isOpen }),
    }),
    jsonRoute({ method: 'get', path: '/api/protocols', summary: 'Protocols that can be chosen', permission: 'see names', statuses: { 200: 'Names and titles' }, answer: protocolsSchema, handle: () => actions.protocols() }),
    jsonRoute({ method: 'get', path: '/api/models', summary: 'Models that are installed', permission: 'see names', statuses: { 200: 'Names and versions' }, answer: modelsSchema, handle: () => actions.models() }),
    jsonRoute({ method: 'get', path: '/api/destinations', summary: 'Where structure sets go', permission: 'see names', statuses: { 200: 'Names and kinds' }, answer: destinationsSchema, handle: () => actions.destinations() }),
    jsonRoute({ method: 'get', path: '/health', summary: 'Whether the process is alive', permission: 'open', statuses: { 200: 'It is' }, answer: aliveSchema, handle: () => ({ status: 'alive' as const, version }) }),
    rawRoute({
      method: 'get', path: '/metrics', summary: 'Counts and durations for Prometheus', permission: 'measure', statuses: { 200: 'Text format of Prometheus' }, mediaType: 'text/plain',
      async handle(_, response) {
        const text = await metrics.text();
        response.set('content-type', metrics.contentType).send(text);
      },
    }),
    readyRoute(checks, authenticator),
  ];
}

function readyRoute(checks: ReturnType<typeof readyChecks>, authenticator: Authenticator): Route {
  return jsonRoute({
    method: 'get', path: '/ready', summary: 'Whether the service can work: its database, its disk, and what it needs', permission: 'open', statuses: { 200: 'It can', 503: 'It cannot' }, answer: readySchema,
    async handle(_, response) {
      const found = await checks();
      const ready = !found.some(isMissing);
      if (!ready) response.status(503);
      // Whatever balances loads asks without a key; names and folders of a hospital are not for everybody.
      return { ready, checks: authenticator.isOpen ? found : found.map(({ name, ok, needed }) => ({ name, ok, needed })) };
    },
  });
}
