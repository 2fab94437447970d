import type { WatchLog } from '../../src/service/watch.ts';

/** A log that keeps what it is told. */
export interface KeptLog extends WatchLog {
  lines: { level: string; text: string; details: object }[];
}

export function keptLog(): KeptLog {
  const lines: KeptLog['lines'] = [];
  const keep = (level: string) => (details: object, text: string): void => { lines.push({ level, text, details }); };
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') };
}
