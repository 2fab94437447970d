import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readManifest } from '../contouring/index.ts';
import { RondoError } from '../errors.ts';
import { checkProtocol, modelsOf, readProtocol, type Protocol } from '../protocol/index.ts';
import { modelFolder } from './models.ts';
import { PACKAGE_FOLDER } from './packageInfo.ts';

const PROTOCOLS_FOLDER = path.join(PACKAGE_FOLDER, 'protocols');
const ENDING = '.yaml';

/** Names of the bundled protocols, in alphabetical order. */
export async function protocolNames(): Promise<string[]> {
  return (await readdir(PROTOCOLS_FOLDER)).filter((file) => file.endsWith(ENDING)).map((file) => path.basename(file, ENDING)).sort();
}

/**
 * A protocol, checked against the models that it uses: a bundled one by its name, or a file that ends in .yaml.
 * @throws RondoError `protocol-unknown`, `protocol-missing`, and what `readProtocol`, `modelFolder`, `readManifest` and `checkProtocol` throw
 */
export async function openProtocol(nameOrFile: string): Promise<Protocol> {
  const file = nameOrFile.endsWith(ENDING) ? nameOrFile : await bundledFile(nameOrFile);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RondoError('protocol-missing', 'The protocol could not be read. Expected a YAML file, or the name of a bundled protocol.', { file }, { cause });
  });
  const protocol = readProtocol(text, file);
  const manifests = await Promise.all(modelsOf(protocol).map(async (name) => await readManifest(await modelFolder(name))));
  checkProtocol(protocol, manifests.map(({ name, guideline, output }) => ({ name, guideline, structures: output.structures.map((structure) => structure.name) })));
  return protocol;
}

async function bundledFile(name: string): Promise<string> {
  const names = await protocolNames();
  if (!names.includes(name)) throw new RondoError('protocol-unknown', `There is no protocol "${name}". Bundled are: ${names.join(', ')}. A protocol of your own is given as a file that ends in ${ENDING}.`);
  return path.join(PROTOCOLS_FOLDER, name + ENDING);
}
