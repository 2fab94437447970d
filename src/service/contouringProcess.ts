import { fork, type ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Provider } from '../contouring/index.ts';
import { errorOfParts, RondoError, type ErrorParts } from '../errors.ts';
import { PACKAGE_FOLDER } from '../pipeline/index.ts';
import type { CaseSummary, Contoured, ContouringTask } from './contouringEngine.ts';

/** Always the built file: Node runs no TypeScript. */
const CHILD_FILE = path.join(PACKAGE_FOLDER, 'dist', 'service', 'contouringChild.js');

/** How long a cancelled child may take to end what it cannot leave off, a tile for instance, before it is killed. */
const PATIENCE_MS = 10_000;

export interface ContouringProgress {
  stage: string;
  done: number;
  total: number;
}

/** What the child is told. */
export type ToChild = { task: ContouringTask; out: string } | { cancel: true };

/** What it answers: progress as often as it likes, then one of the others. */
export type FromChild = { progress: ContouringProgress } | { summary: CaseSummary } | { refused: ErrorParts } | { failed: string };

export interface ContouringOptions {
  /** Folder for the file that passes from process to process. */
  folder: string;
  timeoutMs: number;
  signal: AbortSignal;
  onProgress: (progress: ContouringProgress) => void;
}

/**
 * Contours in a process of its own, one case at a time: networks block the thread that runs them, and what ends that process – memory, a
 * fault in a native library – ends one case and not the service. The process stays for the next case, with its networks loaded.
 */
export class ContouringProcess {
  readonly #provider: Provider;
  #child: ChildProcess | undefined;

  constructor(provider: Provider) {
    this.#provider = provider;
  }

  /** The process id of the child, where there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * @throws RondoError what the engine throws; `contouring-ended` when the child ends on the way, `contouring-timeout`, `cancelled`,
   *   `contouring-failed` for what was not expected
   */
  async contour(task: ContouringTask, { folder, timeoutMs, signal, onProgress }: ContouringOptions): Promise<Contoured> {
    if (signal.aborted) throw new RondoError('cancelled', 'Contouring was cancelled.');
    const out = path.join(folder, 'structure-set.dcm');
    const child = (this.#child ??= this.#start());
    try {
      const summary = await this.#answerOf(child, { task, out }, { timeoutMs, signal, onProgress });
      return { summary, bytes: await readFile(out) };
    } finally {
      await rm(out, { force: true });
    }
  }

  /** Ends the child; a case that it is at is refused with `contouring-ended`. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => { resolve(); }));
    child.kill('SIGKILL');
    await ended;
  }

  #start(): ChildProcess {
    const child = fork(CHILD_FILE, [this.#provider], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: process.env });
    child.once('exit', () => { if (this.#child === child) this.#child = undefined; });
    // What it cannot be told any more; its end is heard of.
    child.on('error', () => undefined);
    return child;
  }

  async #answerOf(child: ChildProcess, question: ToChild, { timeoutMs, signal, onProgress }: Omit<ContouringOptions, 'folder'>): Promise<CaseSummary> {
    let stopped: RondoError | undefined;
    let patience: NodeJS.Timeout | undefined;
    const stop = (reason: RondoError): void => {
      stopped ??= reason;
      child.send({ cancel: true } satisfies ToChild);
      patience ??= setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    };
    const cancel = (): void => { stop(new RondoError('cancelled', 'Contouring was cancelled.')); };
    const limit = setTimeout(() => { stop(new RondoError('contouring-timeout', `Contouring took longer than ${Math.round(timeoutMs / 60_000)} minutes and was ended. Look at the load of the machine, or allow more in "contouring.timeoutMinutes".`)); }, timeoutMs);
    const listeners: { message?: (message: FromChild) => void; exit?: (code: number | null, by: NodeJS.Signals | null) => void } = {};
    try {
      return await new Promise<CaseSummary>((resolve, reject) => {
        listeners.message = (message) => {
          if ('progress' in message) onProgress(message.progress);
          else if ('summary' in message) resolve(message.summary);
          else reject(stopped ?? ('refused' in message ? errorOfParts(message.refused) : new RondoError('contouring-failed', `Contouring failed in a way that was not expected: ${message.failed}`)));
        };
        listeners.exit = (code, by) => {
          reject(stopped ?? new RondoError('contouring-ended', `The process that contours ended on the way (${by ?? `exit code ${code ?? 'none'}`}). The case is tried again; where it happens again, look at the memory of the machine.`));
        };
        child.on('message', listeners.message).once('exit', listeners.exit);
        signal.addEventListener('abort', cancel, { once: true });
        child.send(question);
      });
    } finally {
      clearTimeout(limit);
      clearTimeout(patience);
      signal.removeEventListener('abort', cancel);
      if (listeners.message !== undefined) child.off('message', listeners.message);
      if (listeners.exit !== undefined) child.off('exit', listeners.exit);
    }
  }
}
