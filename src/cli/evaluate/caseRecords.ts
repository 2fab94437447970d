import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { RondoError } from '../../errors.ts';
import { caseSchema, type StudyCase } from '../../report/index.ts';

const recordSchema = z.strictObject({ made: z.unknown(), result: caseSchema });

/** The results of finished cases in the folder of a report, so that a study goes on where it was broken off. */
export class CaseRecords {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws RondoError `output-exists` where the folder holds something else: nothing of somebody else's is overwritten */
  static async in(report: string): Promise<CaseRecords> {
    const folder = path.join(report, 'cases');
    const entries: string[] = await readdir(report).catch(() => []);
    if (entries.length > 0 && !entries.includes('cases')) throw new RondoError('output-exists', 'The folder for the report holds something else. Choose a new folder, or that of an earlier run of "rondo evaluate".', { file: report });
    await mkdir(folder, { recursive: true });
    return new CaseRecords(folder);
  }

  /** The result of an earlier run, where it was made of the same. @param made all that it depends on */
  async find(id: string, made: object): Promise<StudyCase | undefined> {
    const text = await readFile(this.#fileOf(id), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const record = recordSchema.safeParse(parsed(text));
    return record.success && isDeepStrictEqual(record.data.made, plain(made)) ? record.data.result : undefined;
  }

  async keep(id: string, made: object, result: StudyCase): Promise<void> {
    // A run that is broken off must not leave half a result.
    const part = `${this.#fileOf(id)}.part`;
    await writeFile(part, JSON.stringify({ made, result }, undefined, 1));
    await rename(part, this.#fileOf(id));
  }

  #fileOf(id: string): string {
    return path.join(this.#folder, `${id}.json`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As JSON gives it back. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
