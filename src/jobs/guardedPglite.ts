import { PGlite } from '@electric-sql/pglite';
import { RondoError } from '../errors.ts';

/**
 * PostgreSQL that meets what it cannot go on after – no space for its log, say – ends with a PANIC. PGlite's does not end: asked again, if only for
 * a ROLLBACK, it holds up the whole process for ever. This one refuses instead; another in its place reads the log that it left.
 */
export class GuardedPglite extends PGlite {
  hasPanicked = false;

  override async execProtocol(...given: Parameters<PGlite['execProtocol']>): ReturnType<PGlite['execProtocol']> {
    return await this.#guarded(() => super.execProtocol(...given));
  }

  override async execProtocolStream(...given: Parameters<PGlite['execProtocolStream']>): ReturnType<PGlite['execProtocolStream']> {
    return await this.#guarded(() => super.execProtocolStream(...given));
  }

  async #guarded<T>(ask: () => Promise<T>): Promise<T> {
    if (this.hasPanicked) throw panicked();
    try {
      return await ask();
    } catch (error) {
      if (typeof error !== 'object' || error === null || !('severity' in error) || error.severity !== 'PANIC') throw error;
      this.hasPanicked = true;
      throw panicked(error);
    }
  }
}

export function panicked(cause?: unknown): RondoError {
  return new RondoError('database-unreachable', 'The embedded database has stopped: mostly its disk is full. Free space there: it starts again by itself. What was going on may or may not have happened.', {}, { cause });
}
