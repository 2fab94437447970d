import dcmjsDimse from 'dcmjs-dimse';
import { IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME } from '../dicom/index.ts';
import { MOST_DATA_BYTES } from './pdu.ts';

// The library would print every association to the console; what is worth a log goes to onEvent.
dcmjsDimse.log.setLevel('silent', false);
dcmjsDimse.Implementation.setImplementationClassUid(IMPLEMENTATION_CLASS_UID);
dcmjsDimse.Implementation.setImplementationVersion(IMPLEMENTATION_VERSION_NAME);
dcmjsDimse.Implementation.setMaxPduLength(MOST_DATA_BYTES);

/** Named, since its declaration has parts that cannot be. */
export const Scp: typeof dcmjsDimse.Scp = dcmjsDimse.Scp;
export const { Dataset } = dcmjsDimse;
export const { Association } = dcmjsDimse.association;
export const { CEchoRequest, CFindRequest, CStoreRequest } = dcmjsDimse.requests;
export const { CEchoResponse, CStoreResponse } = dcmjsDimse.responses;
