import { z } from 'zod';
import { section } from './section.ts';
import { environmentVariable, filePath } from './values.ts';

const postgresUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) context.addIssue({ code: 'custom', message: 'expected an address that begins with postgresql://' });
  else if (url.password !== '' || url.searchParams.has('password')) context.addIssue({ code: 'custom', message: 'a password stands in the address; secrets do not stand in this file: use passwordFromEnv, passwordFromFile, or give the whole address in the environment variable DATABASE_URL' });
});

/** `database`: what jobs are kept in. */
export const database = section({
  url: postgresUrl.describe('PostgreSQL, without the password: postgresql://user@host/database. Without it the environment variable DATABASE_URL; without both a database in the data folder').optional(),
  passwordFromEnv: environmentVariable.describe('Environment variable that holds the password').optional(),
  passwordFromFile: filePath.describe('File that holds the password; used where passwordFromEnv is not given').optional(),
});

/** `series`: when a CT that arrives slice by slice is whole. */
export const series = section({
  quietSeconds: z.number().min(0).max(86_400).describe('Seconds without a new slice after which a series that arrives slice by slice counts as whole').default(20),
  giveUpMinutes: z.number().min(0.01).max(10_080).describe('Minutes after the last slice at which a series that has gaps is given up').default(60),
}).refine(({ quietSeconds, giveUpMinutes }) => giveUpMinutes * 60 > quietSeconds, { path: ['giveUpMinutes'], message: 'expected more than quietSeconds: a series would be given up before it counts as whole' });

/** `contouring`: how jobs are run. */
export const contouring = section({
  parallel: z.int().min(1).max(64).describe('CTs that are contoured at a time at most; another is begun only while two gigabytes of memory are free').default(1),
  provider: z.enum(['cpu', 'cuda', 'coreml', 'directml']).describe('What computes').default('cpu'),
  workersOnly: z.boolean().describe('Whether "rondo serve" leaves contouring to "rondo worker" processes; needs PostgreSQL').default(false),
  timeoutMinutes: z.number().min(0.01).max(1440).describe('Minutes after which contouring one CT has failed').default(30),
});

/** `retention`: how long received and written objects are kept. */
export const retention = section({
  ctDays: z.number().min(0).max(36_500).describe('Days that a CT is kept after its job has ended').default(7),
  structureSetDays: z.number().min(0).max(36_500).describe('Days that a structure set is kept after its job has ended').default(90),
});

/** Bytes of a megabyte of `limits`. */
export const MEGABYTE = 2 ** 20;

/** `limits`: what is refused, however it arrives. */
export const limits = section({
  instanceMb: z.number().min(0.01).max(2048).describe('Megabytes (1024 × 1024 bytes) of one instance').default(64),
  seriesInstances: z.int().min(1).max(100_000).describe('Instances of one series').default(3000),
  requestMb: z.number().min(0.01).max(1_048_576).describe('Megabytes of one HTTP request').default(2048),
});

/** `log`: what the service says of itself. */
export const log = section({
  level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).describe('Least weight of what is logged').default('info'),
});
