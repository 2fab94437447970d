import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import { RondoError } from '../errors.ts';

/**
 * Whoever reads may have enough, as `head` has. That is no failure, and no reason to leave off what is being computed or written: the rest is said to nobody.
 * Without a listener Node would end the process with a stack trace.
 */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error; });
  }
}

/** Prints one value for machines on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** Prints why a command failed: as `{ "error": { code, message } }` on standard output for machines, in words on standard error for people. */
export function reportFailure(error: unknown, json: boolean): void {
  const code = error instanceof RondoError ? error.code : 'unexpected';
  const message = error instanceof Error ? error.message : String(error);
  if (json) printJson({ error: { code, message } });
  else console.error(`rondo: ${message} (${code})`);
  if (!(error instanceof RondoError) && error instanceof Error && error.stack !== undefined) console.error(error.stack);
}

/** A progress bar on standard error: shown on a terminal only, and never among machine-readable output. */
export class Progress {
  readonly #bar: SingleBar | undefined;
  #stage = '';

  constructor(json: boolean) {
    if (json || !process.stderr.isTTY) return;
    this.#bar = new SingleBar({ format: ' {bar} {percentage}% {stage}', hideCursor: true, clearOnComplete: true, stream: process.stderr }, Presets.rect);
  }

  update(stage: string, done: number, total: number): void {
    if (this.#bar === undefined) return;
    if (stage !== this.#stage) this.#bar.start(total, done, { stage });
    else this.#bar.update(done, { stage });
    this.#stage = stage;
  }

  stop(): void {
    this.#bar?.stop();
  }
}

/** An AbortSignal that Ctrl-C and SIGTERM fire, so that a run ends in order and leaves no patient's images behind; the same a second time ends it at once. */
export function cancelOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { controller.abort(); });
  return controller.signal;
}

/** @throws RondoError `output-exists`: a result never replaces a file, which might be a patient's image. */
export async function refuseExisting(file: string): Promise<void> {
  const exists = await access(file).then(() => true, () => false);
  if (exists) throw new RondoError('output-exists', 'Something exists under this name already and is not overwritten. Choose another name or remove it first.', { file });
}

/** Writes a file whole or not at all, with the folders that lead to it. */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  await refuseExisting(file);
  await mkdir(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.part`;
  try {
    await writeFile(partial, bytes, { flag: 'wx' });
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Measures how long each stage of a job takes; a stage lasts until the next one is entered. */
export class StageClock {
  readonly #seconds: Record<string, number> = {};
  #stage: string | undefined;
  #since = 0;

  /** Entering the stage that is running already changes nothing. */
  enter(stage: string): void {
    if (stage === this.#stage) return;
    this.stop();
    this.#stage = stage;
    this.#since = performance.now();
  }

  /** Ends the running stage. @returns seconds by stage, in the order entered */
  stop(): Record<string, number> {
    if (this.#stage !== undefined) this.#seconds[this.#stage] = (this.#seconds[this.#stage] ?? 0) + (performance.now() - this.#since) / 1000;
    this.#stage = undefined;
    return this.#seconds;
  }
}

/** Rows of text in aligned columns; words to the left, columns of figures to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const isFigures = header.map((_, column) => column > 0 && rows.every((row) => !/\p{L}/u.test(row[column])));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => (isFigures[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ').trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
