import { readFile } from 'node:fs/promises';
import { RondoError } from '../errors.ts';
import { readStructureSetFile, type StructureSetFile } from '../rtstruct/index.ts';

/** A structure set file by its path. @throws RondoError `file-unreadable`, and what `readStructureSetFile` throws */
export async function openStructureSet(file: string): Promise<StructureSetFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new RondoError('file-unreadable', 'The structure set cannot be read. Give an existing RT Structure Set file.', { file }, { cause });
  }
  return readStructureSetFile(bytes, { file });
}
