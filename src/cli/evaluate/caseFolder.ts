import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { RondoError } from '../../errors.ts';
import { readYaml } from '../../yaml/index.ts';

const caseYaml = z.strictObject({
  /** What to group by: side, surgery … never what identifies somebody. */
  facts: z.record(z.string().min(1).max(40), z.union([z.string().max(100), z.number(), z.boolean()])).default({}),
  /** The protocol that contours this case, instead of that of the command. */
  protocol: z.string().min(1).optional(),
  /** Structures that nobody drew here though the patient has them: not scored. */
  notDrawn: z.array(z.string().min(1)).default([]),
});

/** One case of a study on disk. */
export interface CaseFolder {
  id: string;
  ct: string;
  reference: string;
  /** Undefined where Rondo contours the case. */
  test: string | undefined;
  facts: Record<string, string>;
  protocol: string | undefined;
  notDrawn: readonly string[];
}

/** Names of the folders in a folder, in their order. @throws RondoError `study-folder` */
export async function caseNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new RondoError('study-folder', 'The folder of cases cannot be read. Expected a folder that holds one folder for each case.', { file: folder }, { cause });
  });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
  if (names.length === 0) throw new RondoError('study-folder', 'There is no case. Expected a folder for each case with ct/, reference.dcm, and test.dcm unless a protocol contours it.', { file: folder });
  return names;
}

/** @throws RondoError `study-case` for what is missing, `study-case-yaml` */
export async function openCase(folder: string, id: string): Promise<CaseFolder> {
  const at = (name: string): string => path.join(folder, id, name);
  for (const name of ['ct', 'reference.dcm']) {
    if (!(await exists(at(name)))) throw new RondoError('study-case', `The case has no ${name}. Expected ct/ with a DICOM series and reference.dcm, an RT Structure Set drawn on it.`, { file: at(name) });
  }
  const text = await readFile(at('case.yaml'), 'utf8').catch(() => '{}');
  const { data } = readYaml(text, caseYaml, { code: 'study-case-yaml', what: 'case.yaml', file: at('case.yaml') });
  return {
    id,
    ct: at('ct'),
    reference: at('reference.dcm'),
    test: (await exists(at('test.dcm'))) ? at('test.dcm') : undefined,
    facts: Object.fromEntries(Object.entries(data.facts).map(([name, value]) => [name, String(value)])),
    protocol: data.protocol,
    notDrawn: data.notDrawn,
  };
}

/** SHA-256 of a file, or of a folder's files with their names. */
export async function sha256Of(fileOrFolder: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(fileOrFolder, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return hash.update(await readFile(fileOrFolder)).digest('hex');
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.relative(fileOrFolder, path.join(parentPath, name))).sort();
  for (const file of files) hash.update(`${file}\0`).update(await readFile(path.join(fileOrFolder, file)));
  return hash.digest('hex');
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(() => true, () => false);
}
