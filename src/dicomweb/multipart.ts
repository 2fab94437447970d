import { randomUUID } from 'node:crypto';
import { badAnswer, cutAnswer } from './failures.ts';
import type { Answer } from './connection.ts';

const END_OF_LINE = '\r\n';
const END_OF_HEADERS = '\r\n\r\n';

/** Media type of instances in a request or answer (PS3.18 8.6.1.2.1). */
const MULTIPART_DICOM = 'multipart/related; type="application/dicom"';

/** Accepts instances as they are stored: another transfer syntax would be another file (PS3.18 8.7.3.5.2). */
export const ACCEPT_AS_STORED = `${MULTIPART_DICOM}; transfer-syntax=*`;

/**
 * The instances of an answer: parts of a multipart body (RFC 2046 5.1), or a single one that is the body.
 * @throws RondoError `dicomweb-answer`; `dicomweb-cut` where the closing delimiter is missing
 */
export function instancesOf({ asked, headers, bytes }: Answer): Uint8Array[] {
  const type = headers.get('content-type') ?? '';
  if (/^application\/dicom\s*(;|$)/i.test(type)) return [bytes];
  const boundary = /^multipart\/related\b.*;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type)?.slice(1).find((each: string | undefined) => each !== undefined);
  if (boundary === undefined) throw badAnswer(asked, 'the answer is neither multipart/related with a boundary nor application/dicom');

  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const opening = `--${boundary}`;
  const delimiter = END_OF_LINE + opening;
  // The first delimiter may stand at the very start, without an end of line before it.
  let at = body.subarray(0, opening.length).equals(Buffer.from(opening)) ? opening.length : after(body, delimiter, 0);
  const parts: Uint8Array[] = [];
  for (;;) {
    if (at === undefined) throw cutAnswer(asked);
    if (body.toString('latin1', at, at + 2) === '--') return parts;
    // A part without headers begins with an empty line, whose end is the delimiter's own.
    const start = after(body, END_OF_HEADERS, at);
    const end = start === undefined ? -1 : body.indexOf(delimiter, start - END_OF_LINE.length);
    if (start === undefined || end < 0) throw cutAnswer(asked);
    parts.push(body.subarray(start, Math.max(start, end)));
    at = end + delimiter.length;
  }
}

function after(body: Buffer, text: string, from: number): number | undefined {
  const found = body.indexOf(text, from, 'latin1');
  return found < 0 ? undefined : found + text.length;
}

/** Instances as the body of a Store request (PS3.18 10.5.1.4). */
export function multipartOf(instances: readonly Uint8Array[]): { contentType: string; body: Blob } {
  const boundary = randomUUID();
  const head = `${END_OF_LINE}--${boundary}${END_OF_LINE}Content-Type: application/dicom${END_OF_HEADERS}`;
  const body = new Blob([...instances.flatMap((bytes) => [head, bytes as Uint8Array<ArrayBuffer>]), `${END_OF_LINE}--${boundary}--${END_OF_LINE}`]);
  return { contentType: `${MULTIPART_DICOM}; boundary=${boundary}`, body };
}
