import { setTimeout as pass } from 'node:timers/promises';
import { cancelled, isTransient } from './failures.ts';

/** Six attempts with these pauses bridge about 12 s on average: a restarted proxy, not an archive that is down. Longer is the caller's patience. */
export const ATTEMPTS = 6;
export const FIRST_PAUSE_MS = 500;
export const LONGEST_PAUSE_MS = 15_000;

/** Time and chance between attempts, given by tests. */
export interface RetryClock {
  /** Rejects when the signal aborts. */
  pause: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
  /** From 0 up to 1. */
  random: () => number;
}

const REAL_CLOCK: RetryClock = {
  pause: async (ms, signal) => { await pass(ms, undefined, { signal }); },
  random: Math.random,
};

/**
 * Tries again after failures that may pass by themselves, with growing pauses, each shortened by up to half at random so that clients
 * that failed together do not come back together.
 * @throws the last failure, and RondoError `cancelled`
 */
export async function retried<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined, clock = REAL_CLOCK): Promise<T> {
  for (let failed = 1; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isTransient(error) || failed === ATTEMPTS) throw error;
      const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failed - 1));
      await clock.pause(longest * (1 - clock.random() / 2), signal).catch((reason: unknown) => { throw cancelled(reason); });
    }
  }
}
