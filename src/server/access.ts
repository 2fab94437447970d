import type { Role } from '../config/index.ts';
import { RondoError } from '../errors.ts';

/** Who asks. A worker is a process of Rondo's own, which fetches the CT of its job and may store what it made. */
export interface Caller {
  /** Name of the key, or subject of the token: stands in the events of jobs. */
  who: string;
  role: Role | 'worker';
}

const EVERYBODY = ['trigger', 'reviewer', 'physicist', 'admin'] as const;

/** Who may do what: whatever is not in this table nobody may. */
export const PERMISSIONS = {
  /** Name a series that is to be contoured. */
  submit: EVERYBODY,
  /** Send instances by STOW-RS: also structure sets, by workers, where Rondo's own archive is a destination. */
  store: ['worker', ...EVERYBODY],
  /** See the jobs that one asked for oneself. */
  'see own jobs': EVERYBODY,
  /** Names of protocols, models and destinations. */
  'see names': EVERYBODY,
  /** Counts and durations, without any single job. */
  measure: EVERYBODY,
  'see all jobs': ['reviewer', 'physicist', 'admin'],
  'read structure sets': ['reviewer', 'physicist', 'admin'],
  /** Fetch received instances by DICOMweb. */
  fetch: ['worker', 'reviewer', 'physicist', 'admin'],
  /** Choose a protocol, cancel, begin anew, deliver again. */
  decide: ['physicist', 'admin'],
  /** See how contours develop over time, and record how they were corrected. */
  'follow up': ['physicist', 'admin'],
} as const satisfies Record<string, readonly Caller['role'][]>;

export type Permission = keyof typeof PERMISSIONS;

export function may({ role }: Caller, permission: Permission): boolean {
  const roles: readonly Caller['role'][] = PERMISSIONS[permission];
  return roles.includes(role);
}

/** @throws RondoError `forbidden` */
export function checkMay(caller: Caller, permission: Permission): void {
  if (may(caller, permission)) return;
  throw new RondoError('forbidden', `The role ${caller.role} may not do this ("${permission}"). It needs the role ${PERMISSIONS[permission].join(' or ')}.`);
}
