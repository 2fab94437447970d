/** The process that contours: forked by `ContouringProcess`, whose questions it answers one at a time until its parent is gone. */
import { rename, writeFile } from 'node:fs/promises';
import { PROVIDERS, type Provider } from '../contouring/index.ts';
import { errorParts, RondoError } from '../errors.ts';
import { ContouringEngine } from './contouringEngine.ts';
import type { FromChild, ToChild } from './contouringProcess.ts';
import { orDiskFull } from './diskSpace.ts';

const engine = new ContouringEngine(PROVIDERS.find((provider): provider is Provider => provider === process.argv[2]) ?? 'cpu');
let running: AbortController | undefined;

process.on('message', (message: ToChild) => {
  if ('cancel' in message) running?.abort();
  else void contour(message);
});
// Without its parent nobody waits for what it does; the parent may have ended while this was being loaded, when nobody listened.
process.on('disconnect', () => { process.exit(0); });
if (!process.connected) process.exit(0);

async function contour({ task, out }: Extract<ToChild, { task: unknown }>): Promise<void> {
  running = new AbortController();
  try {
    const { bytes, summary } = await engine.contour(task, (stage, done, total) => { answer({ progress: { stage, done, total } }); }, running.signal);
    await writeFile(`${out}.part`, bytes);
    await rename(`${out}.part`, out);
    answer({ summary });
  } catch (thrown) {
    const error = orDiskFull(thrown);
    answer(error instanceof RondoError ? { refused: errorParts(error) } : { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

function answer(message: FromChild): void {
  process.send?.(message);
}
