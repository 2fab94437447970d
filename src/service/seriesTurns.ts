/** One thing at a time is done to a series; to several, at the same time. */
export class SeriesTurns {
  /** The last of what is to be done, by Series Instance UID. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does it when all is done that was begun before. */
  async take<T>(seriesInstanceUid: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(seriesInstanceUid) ?? Promise.resolve();
    const done = before.catch(() => undefined).then(work);
    this.#last.set(seriesInstanceUid, done);
    try {
      return await done;
    } finally {
      if (this.#last.get(seriesInstanceUid) === done) this.#last.delete(seriesInstanceUid);
    }
  }

  /** Waits for what was begun. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
