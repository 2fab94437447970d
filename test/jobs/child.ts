import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { DatabaseOptions } from '../../src/jobs/index.ts';

const CHILD = path.join(import.meta.dirname, 'child.js');

/** A process that does one of the tasks in `child.js`, on the built code. */
export interface Child {
  /** What it says next. */
  said: () => Promise<unknown>;
  /** kill -9; returns when it is gone. */
  kill: () => Promise<void>;
  ended: Promise<unknown>;
}

export function startChild(task: 'open' | 'write' | 'work' | 'hold' | 'inside', options: DatabaseOptions, owner = 'child'): Child {
  const child = spawn(process.execPath, [CHILD, task, JSON.stringify(options), owner], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    said: async () => {
      const line = await lines.next();
      if (line.done === true) throw new Error(`the child that was to ${task} ended`);
      return JSON.parse(line.value) as unknown;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
  };
}
