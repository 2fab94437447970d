import { inspect } from 'node:util';

const HIDDEN = '(secret)';

/** A text that shall not come into a log, an error or an answer by accident: it shows itself only where it is asked to. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
