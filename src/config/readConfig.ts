import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RondoError } from '../errors.ts';
import { readYaml, type YamlContents } from '../yaml/index.ts';
import type { Config } from './config.ts';
import { configFileKeys } from './configKeys.ts';
import { modeOf, OTHERS_WRITE, OutsideValues, type Environment } from './outsideValues.ts';
import { resolveConfig } from './resolveConfig.ts';

/** A configuration, and what its reader should know of it. */
export interface ConfigFile extends Pick<YamlContents<unknown>, 'refusal'> {
  /** As the user gave it. */
  file: string;
  config: Config;
  /** What is allowed and should not be, in sentences. */
  warnings: readonly string[];
}

/**
 * Reads `rondo.yaml`, and the secrets and certificates that it names.
 * @param environment variables that it may name; DATABASE_URL and RONDO_HOME beside them
 * @throws RondoError `config-missing` where the file cannot be read, `config` with line and place of each fault
 */
export async function readConfig(file: string, environment: Environment = process.env): Promise<ConfigFile> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RondoError('config-missing', 'The configuration could not be read. Expected a YAML file; rondo.example.yaml shows all that may stand in it.', { file }, { cause });
  });
  const { data, refusal } = readYaml(text, configFileKeys, { code: 'config', what: 'The configuration', file });
  const outside = new OutsideValues(environment, path.dirname(path.resolve(file)));
  const config = await resolveConfig(data, outside, environment);
  if (outside.issues.length > 0) throw refusal(outside.issues);
  if (((await modeOf(file)) & OTHERS_WRITE) !== 0) outside.warnings.push(`Everybody on this machine may change ${file}, and with it who may use Rondo. Allow it to its owner only: chmod 644.`);
  return { file, config, warnings: outside.warnings, refusal };
}
