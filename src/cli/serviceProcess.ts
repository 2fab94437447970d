import { pino, type Logger } from 'pino';

/** JSON lines on standard output. What is logged names jobs and UIDs, never a patient. */
export function serviceLog(level: string): Logger {
  return pino({ level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** Resolves when the process is asked to end; asked again it ends at once. */
export async function untilAskedToEnd(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => { resolve(); });
  });
}
