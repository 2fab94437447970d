const FIRST_MS = 15_000;
const LONGEST_MS = 60 * 60 * 1000;

/** How often what is away is asked again: with the pauses between, an archive may be away for more than an hour. */
export const MAX_POSTPONED = 9;

/**
 * How long to wait after a delivery that failed or an archive that did not answer, in milliseconds: 15 s, doubled with each attempt, an hour at most; of it half to all, so that
 * not every structure set knocks at once on the door of an archive that has just come back.
 * @param attempts begun so far, 1 or more
 */
export function retryDelayMs(attempts: number, random: () => number = Math.random): number {
  const wholeMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempts - 1));
  return Math.round((wholeMs / 2) * (1 + random()));
}
