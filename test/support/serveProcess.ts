import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';

const RONDO = path.join(import.meta.dirname, '../../dist/cli/rondo.js');

export interface ServiceProcess {
  child: ChildProcess;
  /** Lines of its log so far, parsed. */
  log: readonly Record<string, unknown>[];
  /** What it has written to standard error so far. */
  errors(): string;
  /** Ends it as the system's worst does; returns when it is gone. */
  kill(): Promise<void>;
  /** Asks it to end. @returns its exit code */
  end(): Promise<number | null>;
}

/** Starts `rondo serve` or `rondo worker` as an operator does, and waits until it says that it is ready. @throws Error with its output where it ends before */
export async function startService(command: 'serve' | 'worker', configFile: string): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [RONDO, command, '--config', configFile], { stdio: ['ignore', 'pipe', 'pipe'], env: process.env });
  const log: Record<string, unknown>[] = [];
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString(); });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      log.push(entry);
      if (/ is ready/.test(String(entry.msg))) resolve();
    });
    void ended.then((code) => { reject(new Error(`rondo ${command} ended with ${code}: ${errors}${JSON.stringify(log)}`)); });
  });
  return {
    child,
    log,
    errors: () => errors,
    async kill() { child.kill('SIGKILL'); await ended; },
    async end() { child.kill('SIGTERM'); return await ended; },
  };
}
