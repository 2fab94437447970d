import { parentPort, workerData } from 'node:worker_threads';
import { RondoError } from '../errors.ts';
import { warmUp } from './warmUp.ts';
import { packed, workerTasks, type WorkerTasks } from './workerTasks.ts';
import type { Answer, Question } from './workerPool.ts';

/** What a thread of `WorkerPool` runs: answers one question after another. */

const { writes } = workerData as { writes: boolean };
let asked = false;

parentPort?.on('message', ({ task, input }: Question) => {
  asked = true;
  const [answer, transfer] = answered(task, input);
  parentPort?.postMessage(answer, transfer);
});

function answered<T extends keyof WorkerTasks>(task: T, input: Parameters<WorkerTasks[T]>[0]): [Answer, ReturnType<typeof packed>['transfer']] {
  try {
    const { output, transfer } = packed((workerTasks[task] as (given: typeof input) => ReturnType<WorkerTasks[T]>)(input));
    return [{ output }, transfer];
  } catch (error) {
    if (!(error instanceof RondoError)) return [{ error }, []];
    const { code, message, subject } = error;
    return [{ refused: { code, message, subject } }, []];
  }
}

// Step by step, so that the first question waits for one step at most.
const steps = warmUp(writes);
function step(): void {
  if (asked || steps.next().done === true) return;
  setImmediate(step);
}
step();
