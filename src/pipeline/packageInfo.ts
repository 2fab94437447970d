import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** The folder that package.json, models/ and fixtures/ stand in: two up from here, in src/ as in dist/. */
export const PACKAGE_FOLDER = path.join(import.meta.dirname, '..', '..');

/** Version of Rondo, as in package.json. */
export async function packageVersion(): Promise<string> {
  const text = await readFile(path.join(PACKAGE_FOLDER, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
