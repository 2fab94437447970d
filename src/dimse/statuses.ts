import { types } from 'node:util';
import { isOutOfSpace, RondoError } from '../errors.ts';

export const SUCCESS = 0x0000;
const PROCESSING_FAILURE = 0x0110;
const OUT_OF_RESOURCES = 0xa700;
const CANNOT_UNDERSTAND = 0xc000;

/** What a store that failed is answered with (PS3.4 B.2.3, PS3.7 C.5). */
export function statusOfError(error: unknown): number {
  if (!types.isNativeError(error)) return PROCESSING_FAILURE;
  const code = 'code' in error ? String(error.code) : '';
  if (isOutOfSpace(error) || code === 'archive-full' || code === 'archive-removed' || code === 'dimse-instance-size') return OUT_OF_RESOURCES;
  if (code === 'instance-not-dicom' || code.startsWith('dicom-')) return CANNOT_UNDERSTAND;
  return statusOfError(error.cause);
}

/** Where codes are a range, its last digits are the peer's own (PS3.4 B.2.3, C.4.1.1.4; PS3.7 annex C). */
const MEANINGS: readonly [pattern: RegExp, meaning: string][] = [
  [/^0000$/, 'success'],
  [/^B000$/, 'stored, values were changed'],
  [/^B006$/, 'stored, elements were left out'],
  [/^B007$/, 'stored, although the data set does not match its SOP class'],
  [/^B|^0001$|^0107$|^0116$/, 'stored, with a warning'],
  [/^A7/, 'out of resources'],
  [/^A8/, 'move destination unknown'],
  [/^A9/, 'the data set does not match its SOP class'],
  [/^C/, 'cannot be understood'],
  [/^FE00$/, 'cancelled'],
  [/^0105$/, 'no such attribute'],
  [/^0106$/, 'an attribute has an invalid value'],
  [/^0110$/, 'processing failure'],
  [/^0111$/, 'an instance of this UID is there already'],
  [/^0112$/, 'no such instance'],
  [/^0117$/, 'the SOP Instance UID is invalid'],
  [/^0118$/, 'no such SOP class'],
  [/^0122$/, 'the SOP class is not supported'],
  [/^0124$/, 'not authorized'],
  [/^0210$/, 'a message of this ID is being worked on already'],
  [/^0211$/, 'the operation is not recognized'],
  [/^0212$/, 'a parameter has the wrong type'],
  [/^0213$/, 'limited resources'],
];

/** A status as DICOM writes it, `A700`, and in words. */
export interface Status {
  status: string;
  meaning: string;
}

export function describeStatus(code: number): Status {
  const status = code.toString(16).toUpperCase().padStart(4, '0');
  return { status, meaning: MEANINGS.find(([pattern]) => pattern.test(status))?.[1] ?? 'a status that PS3.4 does not list' };
}

/** Statuses under which the peer has stored the instance all the same (PS3.7 C.4). */
export function isWarning(code: number): boolean {
  return code >> 12 === 0xb || code === 0x0001 || code === 0x0107 || code === 0x0116;
}

/** Result, source and reason of A-ASSOCIATE-RJ (PS3.8 9.3.4). */
export interface Rejection {
  result: number;
  source: number;
  reason: number;
}

export const CALLED_AE_NOT_RECOGNIZED: Rejection = { result: 1, source: 1, reason: 7 };
export const CALLING_AE_NOT_RECOGNIZED: Rejection = { result: 1, source: 1, reason: 3 };
/** Result of a rejection after which the peer may try again: rejected-transient. */
export const REJECTED_FOR_NOW = 2;
export const LOCAL_LIMIT_EXCEEDED: Rejection = { result: REJECTED_FOR_NOW, source: 3, reason: 2 };

/** By source and reason. */
const REJECTIONS: Readonly<Record<string, string>> = {
  '1/1': 'no reason given',
  '1/2': 'application context name not supported',
  '1/3': 'calling AE title not recognized',
  '1/7': 'called AE title not recognized',
  '2/1': 'no reason given',
  '2/2': 'protocol version not supported',
  '3/1': 'temporary congestion',
  '3/2': 'local limit exceeded',
};

export function describeRejection({ source, reason }: Rejection): string {
  return REJECTIONS[`${source}/${reason}`] ?? `source ${source}, reason ${reason}, which PS3.8 9.3.4 does not list`;
}

export function statusError(operation: string, code: number): RondoError {
  const { status, meaning } = describeStatus(code);
  return new RondoError('dimse-status', `The peer answered ${operation} with status ${status}: ${meaning}. See its log.`);
}
