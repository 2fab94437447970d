import { RondoError } from '../errors.ts';

const WINDOW_MS = 5 * 60_000;
const MOST_FAILURES = 10;
/** Addresses that are remembered: more than this fail at once only where somebody makes them up. */
const MOST_ADDRESSES = 10_000;

/** Failed authentications by address: after ten within five minutes none is looked at until the five minutes are over. */
export class FailedAttempts {
  readonly #now: () => number;
  readonly #failures = new Map<string, { count: number; until: number }>();

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws TooManyAttempts */
  check(address: string): void {
    const failed = this.#failures.get(address);
    if (failed === undefined || failed.count < MOST_FAILURES) return;
    const waitMs = failed.until - this.#now();
    if (waitMs > 0) throw new TooManyAttempts(Math.ceil(waitMs / 1000));
    this.#failures.delete(address);
  }

  add(address: string): void {
    const now = this.#now();
    const failed = this.#failures.get(address);
    if (failed !== undefined && failed.until > now) {
      failed.count += 1;
      return;
    }
    this.#failures.delete(address);
    this.#failures.set(address, { count: 1, until: now + WINDOW_MS });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_ADDRESSES) this.#failures.delete(oldest);
  }
}

export class TooManyAttempts extends RondoError {
  readonly seconds: number;

  constructor(seconds: number) {
    super('too-many-attempts', `Too many keys or tokens from this address were wrong. Expected at most ${MOST_FAILURES} in ${WINDOW_MS / 60_000} minutes: try again in ${seconds} seconds, with the right one.`);
    this.seconds = seconds;
  }
}
