/** The clocks and time zones of scanner, archive and Rondo differ: by a day at most, unless a clock is wrong. */
const CLOCKS_DAYS = 1;

/**
 * The first Study Date (DA, PS3.5 6.2) of "today and so many days before". There is no last one: a scanner whose clock is ahead dates its
 * studies in the future.
 */
export function studyDateFrom(now: Date, withinDays: number): string {
  const first = new Date(now.getFullYear(), now.getMonth(), now.getDate() - withinDays - CLOCKS_DAYS);
  return [String(first.getFullYear()).padStart(4, '0'), String(first.getMonth() + 1).padStart(2, '0'), String(first.getDate()).padStart(2, '0')].join('');
}
