import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readManifest } from '../contouring/index.ts';
import { RondoError } from '../errors.ts';
import { checkProtocol, modelsOf, readProtocol, type Protocol } from '../protocol/index.ts';
import { homeFolder, modelFolder } from './models.ts';
import { PACKAGE_FOLDER } from './packageInfo.ts';

const PROTOCOLS_FOLDER = path.join(PACKAGE_FOLDER, 'protocols');
const ENDING = '.yaml';

/** Where protocols of one's own are kept, each in a file of its name: `protocols` in RONDO_HOME, which is `.rondo` in the user's home by default. */
function ownProtocolsFolder(): string {
  return path.join(homeFolder(), 'protocols');
}

/** Names of all protocols, bundled ones first, each in alphabetical order. */
export async function protocolNames(): Promise<string[]> {
  return [...(await namesIn(PROTOCOLS_FOLDER)), ...(await namesIn(ownProtocolsFolder()))];
}

async function namesIn(folder: string): Promise<string[]> {
  // Whoever has no protocols of one's own has no folder of them.
  return (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(ENDING)).map((file) => path.basename(file, ENDING)).sort();
}

/**
 * A protocol, checked against the models that it uses: by its name, bundled or of one's own, or a file that ends in .yaml.
 * @throws RondoError `protocol-unknown`, `protocol-twice` where a bundled one has the name too, `protocol-missing`, and what `readProtocol`, `modelFolder`, `readManifest` and `checkProtocol` throw
 */
export async function openProtocol(nameOrFile: string): Promise<Protocol> {
  const file = nameOrFile.endsWith(ENDING) ? nameOrFile : await fileOf(nameOrFile);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RondoError('protocol-missing', 'The protocol could not be read. Expected a YAML file, or the name of a bundled protocol.', { file }, { cause });
  });
  const protocol = readProtocol(text, file);
  const manifests = await Promise.all(modelsOf(protocol).map(async (name) => await readManifest(await modelFolder(name))));
  checkProtocol(protocol, manifests.map(({ name, guideline, output }) => ({ name, guideline, structures: output.structures.map((structure) => structure.name) })));
  return protocol;
}

async function fileOf(name: string): Promise<string> {
  const names = await protocolNames();
  if (!names.includes(name)) throw new RondoError('protocol-unknown', `There is no protocol "${name}". Known are: ${names.join(', ')}. One of your own is given as a file that ends in ${ENDING}, or lies in "protocols" of RONDO_HOME.`);
  const file = path.join(ownProtocolsFolder(), name + ENDING);
  if (names.indexOf(name) !== names.lastIndexOf(name)) throw new RondoError('protocol-twice', `"${name}" is a bundled protocol and one of your own: which of the two is meant cannot be told. Rename your own.`, { file });
  return (await namesIn(PROTOCOLS_FOLDER)).includes(name) ? path.join(PROTOCOLS_FOLDER, name + ENDING) : file;
}
