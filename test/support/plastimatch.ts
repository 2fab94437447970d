import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { inTemporaryFolder } from './ctSeries.ts';

const END_OF_HEADER = 'ElementDataFile = LOCAL\n';

export interface PlastimatchOptions {
  /** Rings of a slice are filled by the even-odd rule. Without it each is filled and all are joined, holes included. */
  evenOdd?: boolean;
}

/**
 * The voxels that plastimatch fills for each structure of a file, by name: 0 where nothing is, column fastest.
 * plastimatch reads evenly spaced, unturned slices only.
 */
export async function plastimatchMasks(structureSet: string, ctFolder: string, options: PlastimatchOptions = {}): Promise<Map<string, Uint8Array>> {
  return await inTemporaryFolder(async (folder) => {
    await convert('--input', structureSet, '--referenced-ct', ctFolder, '--output-prefix', folder, '--prefix-format', 'mha', ...(options.evenOdd ? ['--xor-contours'] : []));
    const files = await readdir(folder);
    return new Map(await Promise.all(files.map(async (file) => [path.basename(file, '.mha'), await metaImageVoxels(path.join(folder, file))] as const)));
  });
}

/** The contours of a structure set in plastimatch's own text format. */
export async function plastimatchContours(structureSet: string, ctFolder: string, out: string): Promise<void> {
  await convert('--input', structureSet, '--referenced-ct', ctFolder, '--output-cxt', out);
}

async function convert(...words: string[]): Promise<void> {
  await promisify(execFile)('plastimatch', ['convert', ...words]);
}

/** Voxels of a MetaImage with its values in the same file, one byte each. */
async function metaImageVoxels(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file);
  return new Uint8Array(bytes.subarray(bytes.indexOf(END_OF_HEADER) + END_OF_HEADER.length));
}
