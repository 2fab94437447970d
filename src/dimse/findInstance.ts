import { IMPLICIT_LITTLE_ENDIAN } from '../dicom/index.ts';
import { CFindRequest, Dataset } from './library.ts';
import type { DimsePeer } from './peer.ts';
import { ScuAssociation } from './scuAssociation.ts';
import { statusError, SUCCESS } from './statuses.ts';
import { STUDY_ROOT_FIND } from './syntaxes.ts';

export interface InstanceUids {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
}

/**
 * Whether a peer says that it holds an instance (C-FIND, Study Root, level IMAGE: PS3.4 C.6.2).
 * @throws RondoError `dimse-connection`, `dimse-rejected`, `dimse-busy`, `dimse-timeout`, `dimse-context`, `dimse-status`; the reason of `signal`
 */
export async function findInstance(peer: DimsePeer, { studyInstanceUid, seriesInstanceUid, sopInstanceUid }: InstanceUids, { signal }: { signal?: AbortSignal } = {}): Promise<boolean> {
  const context = { abstractSyntaxUid: STUDY_ROOT_FIND, transferSyntaxUid: IMPLICIT_LITTLE_ENDIAN };
  return await ScuAssociation.with(peer, [context], signal, async (association) => {
    const request = new CFindRequest();
    request.setDataset(new Dataset({ QueryRetrieveLevel: 'IMAGE', StudyInstanceUID: studyInstanceUid, SeriesInstanceUID: seriesInstanceUid, SOPInstanceUID: sopInstanceUid }, context.transferSyntaxUid));
    let isThere = false;
    const status = await association.perform(request, (match) => {
      // Some archives answer with more than was asked for.
      if (match.getDataset()?.getElement('SOPInstanceUID') === sopInstanceUid) isThere = true;
    });
    if (status !== SUCCESS) throw statusError('C-FIND', status);
    return isThere;
  });
}
