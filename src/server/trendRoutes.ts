import type { AppOptions } from './options.ts';
import { jsonRoute, type Route } from './route.ts';
import { comparisonBody, recordedSchema, trendQuery, trendSchema } from './schemas.ts';

/** How contours develop over time: what `rondo trend` draws. */
export function trendRoutes({ trend }: Pick<AppOptions, 'trend'>): Route[] {
  return [
    jsonRoute({
      method: 'get', path: '/api/trend', summary: 'Volumes, structures not found, and agreement with corrected structure sets, of all sets that were made', permission: 'follow up', statuses: { 200: 'Oldest first' },
      input: { query: trendQuery }, answer: trendSchema,
      handle: async ({ query: { since, protocol } }) => await trend.read({ since: since === undefined ? undefined : new Date(since), protocol }),
    }),
    jsonRoute({
      method: 'post', path: '/api/comparisons', summary: 'Record how a structure set of this service agrees with a corrected one. The same comparison is recorded once', permission: 'follow up', statuses: { 200: 'How many structures were new' },
      input: { body: comparisonBody }, answer: recordedSchema,
      handle: async ({ body, caller: { who } }) => ({ recorded: await trend.record(body, who) }),
    }),
  ];
}
