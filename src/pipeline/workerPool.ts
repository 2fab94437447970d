import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { errorOfParts, RondoError, type ErrorParts } from '../errors.ts';
import { PACKAGE_FOLDER } from './packageInfo.ts';
import type { WorkerTasks } from './workerTasks.ts';

/** More threads than this gain nothing: what cannot be divided takes the longer part by then. */
const MOST_THREADS = 4;

/** What is done as a whole, by the first thread: that one is made ready for it. */
const WHOLE = ['write', 'check'] as const;

/** What is divided, and the first of the threads that do it, where there are so many: reading back is done while the first one checks. */
const DIVIDED = { trace: 0, encode: 0, verify: 1, draw: 0, compare: 0 } as const;

/** Always the built file: Node runs no TypeScript. */
const THREAD_FILE = path.join(PACKAGE_FOLDER, 'dist', 'pipeline', 'workerThread.js');

type TaskName = keyof WorkerTasks;
type WholeTask = (typeof WHOLE)[number];
type DividedTask = keyof typeof DIVIDED;
type Input<T extends TaskName> = Parameters<WorkerTasks[T]>[0];
type Output<T extends TaskName> = ReturnType<WorkerTasks[T]>;

/** What a thread is asked. */
export interface Question {
  task: TaskName;
  input: Input<TaskName>;
}

/** What it answers: the output, or a `RondoError` in parts, or another error. */
export type Answer = { output: Output<TaskName> } | { refused: ErrorParts } | { error: unknown };

/** What a thread is told when it is started: the tasks to make ready for. */
export interface ThreadData {
  tasks: readonly TaskName[];
}

/** Threads that do the work of `workerTasks`. Whoever starts a pool closes it; until then the process does not end. */
export class WorkerPool {
  readonly #threads: readonly Thread[];

  /**
   * Starts the threads, which load meanwhile: best done before there is work for them.
   * @param warm whether they make ready for drawing and writing too
   */
  constructor(size = Math.min(availableParallelism(), MOST_THREADS), warm = true) {
    const dividedTasks = Object.keys(DIVIDED) as DividedTask[];
    this.#threads = Array.from({ length: size }, (_, index) => new Thread(warm ? [...(index === 0 ? WHOLE : []), ...dividedTasks.filter((task) => index >= firstThread(task, size))] : []));
  }

  /** How many threads do a divided task. */
  threadsFor(task: DividedTask): number {
    return this.#threads.length - firstThread(task, this.#threads.length);
  }

  /** Runs a task that is not divided. @throws what the task throws, a `RondoError` as the same one */
  async run<T extends WholeTask>(task: T, input: Input<T>): Promise<Output<T>> {
    return await this.#threads[0].ask(task, input);
  }

  /**
   * Runs a divided task for each input, which is taken when a thread is free for it. Once a task fails, no more inputs are taken.
   * @returns outputs in the order of the inputs
   * @throws what the task throws for the first input, in their order, for which it does
   */
  async map<T extends DividedTask>(task: T, inputs: Iterable<Input<T>>): Promise<Output<T>[]> {
    const outputs: Output<T>[] = [];
    const failures = new Map<number, unknown>();
    const waiting = inputs[Symbol.iterator]();
    let taken = 0;
    await Promise.all(this.#threads.slice(-this.threadsFor(task)).map(async (thread) => {
      while (failures.size === 0) {
        const next = waiting.next();
        if (next.done === true) return;
        const index = taken++;
        try {
          outputs[index] = await thread.ask(task, next.value);
        } catch (error) {
          failures.set(index, error);
        }
      }
    }));
    // Inputs are taken in order: whatever comes before a failed one has been tried too.
    if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
    return outputs;
  }

  /** Ends the threads; what they still do is lost, and asked for later it is refused. Closing again changes nothing. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

function firstThread(task: DividedTask, size: number): number {
  return Math.min(DIVIDED[task], size - 1);
}

/** One thread and what it was asked; it answers in that order. */
class Thread {
  readonly #worker: Worker;
  readonly #asked: { resolve: (output: never) => void; reject: (error: unknown) => void }[] = [];
  #failure: Error | undefined;

  constructor(tasks: ThreadData['tasks']) {
    const workerData: ThreadData = { tasks };
    this.#worker = new Worker(THREAD_FILE, { workerData });
    this.#worker.on('message', (answer: Answer) => {
      const first = this.#asked.shift();
      if ('output' in answer) first?.resolve(answer.output as never);
      else first?.reject('refused' in answer ? errorOfParts(answer.refused) : answer.error);
    });
    this.#worker.on('error', (error) => { this.#fail(error); });
    this.#worker.on('exit', () => { this.#fail(new RondoError('workers-closed', 'The threads have ended. Start a new pool.')); });
  }

  async ask<T extends TaskName>(task: T, input: Input<T>): Promise<Output<T>> {
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise<Output<T>>((resolve, reject) => {
      const question: Question = { task, input };
      this.#worker.postMessage(question);
      this.#asked.push({ resolve, reject });
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#asked.splice(0)) reject(this.#failure);
  }
}
