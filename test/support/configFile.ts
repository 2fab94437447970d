import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readConfig, type ConfigFile } from '../../src/config/index.ts';
import { RondoError } from '../../src/errors.ts';

/** Writes a configuration into the folder. @returns its file */
export async function writeConfig(folder: string, ...lines: readonly string[]): Promise<string> {
  const file = path.join(folder, 'rondo.yaml');
  await writeFile(file, [...lines, ''].join('\n'), { mode: 0o600 });
  return file;
}

/** Writes a configuration into the folder and reads it, with no environment but the given one. */
export async function configOf(folder: string, lines: readonly string[], environment: Record<string, string> = {}): Promise<ConfigFile> {
  return await readConfig(await writeConfig(folder, ...lines), environment);
}

/** The error that a configuration is refused with. */
export async function refusalOf(read: Promise<unknown>): Promise<RondoError> {
  const refused = await read.then(() => undefined, (error: unknown) => error);
  if (refused instanceof RondoError) return refused;
  throw new Error('The configuration was not refused as one.', { cause: refused });
}
