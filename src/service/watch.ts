import { setTimeout as pass } from 'node:timers/promises';
import type { Problem } from '../jobs/index.ts';
import { problemOf } from './problem.ts';

/** Longer than a network share or an archive takes that works: one that does not answer keeps a look waiting for ever. */
const SILENT_MS = 60_000;

/** How long a look that does not end by itself is waited for: a share that has gone must not keep the service from ending. */
const LAST_LOOK_MS = 10_000;

export interface WatchLog {
  info: (details: object, text: string) => void;
  warn: (details: object, text: string) => void;
  error: (details: object, text: string) => void;
}

/** What is looked at. */
export interface Watched {
  readonly kind: 'archive' | 'folder';
  /** Of the configuration. */
  readonly name: string;
  /**
   * One look.
   * @param alive called now and then, while there are answers
   * @throws whatever keeps it from seeing all; the next look sees it
   */
  look: (signal: AbortSignal, alive: () => void) => Promise<void>;
  /** Milliseconds from the end of a look to the next. */
  pauseMs: () => number;
}

/** Looks again and again where CTs appear, and says so when it begins to fail, fails for another reason, or is well again. */
export class Watch {
  readonly #watched: Watched;
  readonly #log: WatchLog;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #problem: Problem | undefined;
  /** When there was last an answer, by `performance.now()`; undefined between looks. */
  #aliveMs: number | undefined;

  constructor(watched: Watched, log: WatchLog) {
    this.#watched = watched;
    this.#log = log;
  }

  get kind(): Watched['kind'] {
    return this.#watched.kind;
  }

  get name(): string {
    return this.#watched.name;
  }

  /** Why CTs that appear there are not seen now; undefined where they are. */
  get problem(): Problem | undefined {
    const silentMs = this.#aliveMs === undefined ? 0 : performance.now() - this.#aliveMs;
    if (silentMs < SILENT_MS) return this.#problem;
    return { code: 'watch-silent', message: `It has not answered for ${Math.round(silentMs / 1000)} seconds.`, cure: 'Look whether it, and the network between, work.' };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks no more; the last look is waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.race([this.#running, pass(LAST_LOOK_MS, undefined, { ref: false })]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const alive = (): void => { this.#aliveMs = performance.now(); };
      alive();
      const problem = await this.#watched.look(signal, alive).then(() => undefined, (error: unknown) => ({ error }));
      this.#aliveMs = undefined;
      // What was cut off is no failure.
      if (this.#stopping.signal.aborted) return;
      this.#say(problem);
      await pass(this.#watched.pauseMs(), undefined, { signal }).catch(() => undefined);
    }
  }

  #say(failed: { error: unknown } | undefined): void {
    const before = this.#problem?.code;
    this.#problem = failed && problemOf(failed.error);
    if (this.#problem?.code === before) return;
    const where = { [this.kind]: this.name };
    if (failed === undefined) this.#log.info(where, 'CTs that appear there are seen again');
    else this.#log.warn({ ...where, err: failed.error }, 'CTs that appear there are not seen until this is mended');
  }
}
