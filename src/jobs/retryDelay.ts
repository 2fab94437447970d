const FIRST_MS = 15_000;
const LONGEST_MS = 60 * 60 * 1000;

/** With growing delays most of a day: an archive may be down for a night. */
export const MAX_WAITS = 30;

/**
 * How long to wait after what failed and may pass – a delivery, images that could not be fetched – in milliseconds: 15 s, doubled with each attempt, an hour at most; of it half to all, so that
 * not everybody knocks at once on the door of an archive that has just come back.
 * @param failed times so far, 1 or more
 */
export function retryDelayMs(failed: number, random: () => number = Math.random): number {
  const wholeMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failed - 1));
  return Math.round((wholeMs / 2) * (1 + random()));
}
