import { createHash } from 'node:crypto';
import { readManifest } from '../contouring/index.ts';
import { modelFolder, openProtocol, packageVersion } from '../pipeline/index.ts';
import { modelsOf } from '../protocol/index.ts';

/**
 * What makes two requests the same job: the same instances, contoured by the same protocol, models and version of Rondo, which would give the
 * same structure set, for the same destinations. A protocol that was changed under its name is another.
 * @param destinations names, where the request or the rule gives some
 * @throws RondoError as `openProtocol` and `readManifest` say
 */
export async function ctIdentity(seriesInstanceUid: string, sopInstanceUids: readonly string[], protocolName: string, destinations: readonly string[] | undefined): Promise<string> {
  const protocol = await openProtocol(protocolName);
  const manifests = await Promise.all(modelsOf(protocol).map(async (name) => await readManifest(await modelFolder(name))));
  const parts = [await packageVersion(), seriesInstanceUid, [...sopInstanceUids].sort(), protocol, manifests, ...(destinations === undefined ? [] : [[...destinations].sort()])];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
