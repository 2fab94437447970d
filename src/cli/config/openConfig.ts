import { checkReferences, protocolsNamed, readConfig, type ConfigFile } from '../../config/index.ts';
import { openProtocol, protocolNames } from '../../pipeline/index.ts';

/** Where the configuration lies, if nobody says otherwise. */
export const CONFIG_FILE = 'rondo.yaml';

/**
 * A configuration that can be used: all that it names is there, and every protocol that it names can be opened with its models.
 * @throws RondoError those of `readConfig`, `checkReferences` and `openProtocol`
 */
export async function openConfig(file: string): Promise<ConfigFile> {
  const read = await readConfig(file);
  const named = protocolsNamed(read);
  const known = [...(await protocolNames()), ...named.filter((name) => name.endsWith('.yaml'))];
  const protocols = await Promise.all(known.map(async (name) => ({ name, destinations: named.includes(name) ? (await openProtocol(name)).destinations : undefined })));
  checkReferences(read, { protocols });
  return read;
}
