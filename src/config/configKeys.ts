import { z } from 'zod';
import { authentication, dimse, http } from './listenerKeys.ts';
import { archives, destinations, watchFolders, worklist } from './peerKeys.ts';
import { rule } from './ruleKeys.ts';
import { section } from './section.ts';
import { contouring, database, limits, log, retention, series } from './serviceKeys.ts';
import { contradictions } from './contradictions.ts';
import { filePath } from './values.ts';

/** Stands at the beginning of a path for the folder of all that Rondo keeps: RONDO_HOME, by default `.rondo` in the user's home. */
export const HOME_PREFIX = '${RONDO_HOME}';

/** Every key of `rondo.yaml`, with its meaning and its default. */
export const configKeys = section({
  folder: filePath.describe('Folder of received CTs, results and the embedded database. Paths that are not absolute count from the folder of this file').default(`${HOME_PREFIX}/data`),
  database: database.describe('Where jobs are kept').prefault({}),
  http: http.describe('The API and the status page').prefault({}),
  dimse: dimse.describe('What receives CTs by C-STORE').prefault({}),
  authentication: authentication.describe('Who may use the API; without it everybody on this machine').prefault({}),
  destinations,
  archives,
  worklist,
  watchFolders,
  series: series.describe('When a CT is whole').prefault({}),
  contouring: contouring.describe('How CTs are contoured').prefault({}),
  retention: retention.describe('How long objects are kept').prefault({}),
  limits: limits.describe('What is refused').prefault({}),
  rules: z.array(rule).max(500).describe('Which protocol a CT gets: the first rule whose conditions all hold').default([]),
  log: log.describe('What is logged').prefault({}),
});

/** The file as it is read: one in which nothing stands is one of defaults. */
export const configFileKeys = z.preprocess((file) => file ?? {}, configKeys.superRefine((keys, context) => {
  for (const { path, message } of contradictions(keys)) context.addIssue({ code: 'custom', path: [...path], message });
}));

export type ConfigKeys = z.output<typeof configKeys>;
