import { createHash } from 'node:crypto';
import { readManifest, type ModelManifest } from '../contouring/index.ts';
import type { SeriesListing } from '../dicomweb/index.ts';
import { modelFolder, openProtocol, packageVersion } from '../pipeline/index.ts';
import { modelsOf, type Protocol } from '../protocol/index.ts';

/** A protocol as it is now, and what tells it from any other with its models. */
export interface CurrentProtocol {
  protocol: Protocol;
  sha256: string;
}

/** SHA-256, hexadecimal, of all that decides what is drawn on a CT: the protocol, the manifests of its models (which hold the SHA-256 of their weights) and the version of Rondo. */
export async function protocolSha256(protocol: Protocol, manifests: readonly ModelManifest[]): Promise<string> {
  return sha256Of([await packageVersion(), protocol, manifests]);
}

/** @throws RondoError as `openProtocol` and `readManifest` say */
export async function currentProtocol(name: string): Promise<CurrentProtocol> {
  const protocol = await openProtocol(name);
  const manifests = await Promise.all(modelsOf(protocol).map(async (model) => await readManifest(await modelFolder(model))));
  return { protocol, sha256: await protocolSha256(protocol, manifests) };
}

/**
 * What makes two requests the same job: the same instances of the same patient, contoured by the same protocol, models and version of Rondo, which would give the
 * same structure set, for the same destinations. A protocol that was changed under its name is another, and so is a CT whose Patient ID its archive has corrected.
 * @param destinations names, where the request or the rule gives some
 * @throws RondoError as `openProtocol` and `readManifest` say
 */
export async function ctIdentity(seriesInstanceUid: string, listing: SeriesListing, protocolName: string, destinations: readonly string[] | undefined): Promise<string> {
  return identityBy(await currentProtocol(protocolName), seriesInstanceUid, listing, destinations);
}

/** The same by a protocol that was opened already. */
export function identityBy({ sha256 }: CurrentProtocol, seriesInstanceUid: string, { patientId, instanceUids }: SeriesListing, destinations: readonly string[] | undefined): string {
  return sha256Of([sha256, patientId, seriesInstanceUid, [...instanceUids].sort(), ...(destinations === undefined ? [] : [[...destinations].sort()])]);
}

function sha256Of(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
