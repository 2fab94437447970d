import { existsSync } from 'node:fs';
import path from 'node:path';
import { it } from '@jest/globals';

/** Real and hostile data that lie beside the repository on some machines and are not part of it. */
const SHARED_DATA = path.join(import.meta.dirname, '..', '..', '..', 'shared', 'data');

/** Whole clinical series are decoded: minutes on a busy machine. */
const TIMEOUT_MS = 300_000;

/** A test on data that is not part of the repository: skipped, and said so in its name, where the data is not there. */
export function itWithSharedData(folder: string, name: string, run: (folder: string) => Promise<void>): void {
  const at = path.join(SHARED_DATA, folder);
  if (existsSync(at)) it(name, () => run(at), TIMEOUT_MS);
  else it.skip(`${name} (skipped: no ../shared/data/${folder} beside the repository)`, () => undefined);
}
