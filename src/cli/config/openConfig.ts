import { stat } from 'node:fs/promises';
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
  return { ...read, warnings: [...read.warnings, ...(await missingFolders(read))] };
}

/** A share may be mounted later: a folder that is missing is no fault of the configuration. */
async function missingFolders({ config: { destinations } }: ConfigFile): Promise<string[]> {
  const warnings: string[] = [];
  for (const destination of destinations) {
    if (destination.kind !== 'folder') continue;
    const isFolder = await stat(destination.folder).then((found) => found.isDirectory(), () => false);
    if (!isFolder) warnings.push(`There is no folder ${destination.folder}: structure sets for ${destination.name} cannot be delivered. Make it, Rondo does not; or mount what it lies on.`);
  }
  return warnings;
}
