import { parentPort, workerData } from 'node:worker_threads';
import { errorParts, RondoError } from '../errors.ts';
import { warmUp } from './warmUp.ts';
import { workerTasks, type WorkerTasks } from './workerTasks.ts';
import type { Answer, Question, ThreadData } from './workerPool.ts';

/** What a thread of `WorkerPool` runs: answers one question after another. */

const { tasks } = workerData as ThreadData;
let asked = false;

parentPort?.on('message', ({ task, input }: Question) => {
  asked = true;
  parentPort?.postMessage(answered(task, input));
});

function answered<T extends keyof WorkerTasks>(task: T, input: Parameters<WorkerTasks[T]>[0]): Answer {
  try {
    return { output: (workerTasks[task] as (given: typeof input) => ReturnType<WorkerTasks[T]>)(input) };
  } catch (error) {
    if (!(error instanceof RondoError)) return { error };
    return { refused: errorParts(error) };
  }
}

// Step by step, so that the first question waits for one step at most.
const steps = warmUp(tasks);
function step(): void {
  if (asked || steps.next().done === true) return;
  setImmediate(step);
}
step();
