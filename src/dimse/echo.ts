import { IMPLICIT_LITTLE_ENDIAN } from '../dicom/index.ts';
import { CEchoRequest } from './library.ts';
import type { DimsePeer } from './peer.ts';
import { ScuAssociation } from './scuAssociation.ts';
import { statusError, SUCCESS } from './statuses.ts';
import { VERIFICATION } from './syntaxes.ts';

/**
 * Asks whether a peer is there and speaks DICOM (C-ECHO, PS3.4 A).
 * @throws RondoError `dimse-connection`, `dimse-rejected`, `dimse-busy`, `dimse-timeout`, `dimse-context`, `dimse-status`; the reason of `signal`
 */
export async function echo(peer: DimsePeer, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
  const context = { abstractSyntaxUid: VERIFICATION, transferSyntaxUid: IMPLICIT_LITTLE_ENDIAN };
  const status = await ScuAssociation.with(peer, [context], signal, async (association) => await association.perform(new CEchoRequest()));
  if (status !== SUCCESS) throw statusError('C-ECHO', status);
}
