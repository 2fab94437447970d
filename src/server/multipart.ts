import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Archive } from '../archive/index.ts';
import { RondoError } from '../errors.ts';

const DICOM = 'application/dicom';

/** A part that was received: its file, or why it was left. */
export type ReceivedPart = { file: string } | { refused: RondoError };

/** What may come in one request. */
export interface PartLimits {
  bytesPerRequest: number;
  bytesPerPart: number;
  parts: number;
}

/** Where requests and parts are written. */
type Space = Pick<Archive, 'incoming' | 'checkSpace'>;

/** Of the reserve of the disk: what passes through may use the other half, so that each instance can be told that there is no room for it. */
const RESERVE_SHARE = 0.5;

/** The boundary of multipart/related with parts of DICOM (PS3.18 8.7.3.3). @throws RondoError `stow-media-type` */
function boundaryOf(contentType: string | undefined): string {
  const parameters = new Map(Array.from((contentType ?? '').matchAll(/;\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^;\s]*))/g), ([, name, quoted, bare]) => [name.toLowerCase(), (quoted as string | undefined) ?? bare]));
  const boundary = parameters.get('boundary');
  const isRelated = /^\s*multipart\/related\s*(;|$)/i.test(contentType ?? '');
  if (!isRelated || boundary === undefined || boundary === '' || (parameters.get('type') ?? DICOM).toLowerCase() !== DICOM) {
    throw new RondoError('stow-media-type', 'The request is of a media type that cannot be stored. Expected multipart/related; type="application/dicom" with a boundary.');
  }
  return boundary;
}

/**
 * Writes each part of a request into a file of its own, once the whole request lies on the disk: one that is cut leaves nothing, and memory
 * does not grow with it.
 * @throws RondoError `stow-media-type`; `stow-limit` for a request that is too large; `archive-full`; `stow-broken` for one that ends on the way or is not in parts as it says
 */
export async function receiveParts(request: IncomingMessage, space: Space, limits: PartLimits): Promise<ReceivedPart[]> {
  const boundary = boundaryOf(request.headers['content-type']);
  const whole = path.join(space.incoming, randomUUID());
  try {
    await receiveWhole(request, whole, limits.bytesPerRequest, space);
    const handle = await open(whole);
    try {
      const bodies = await bodiesIn(handle, boundary);
      const parts: ReceivedPart[] = [];
      for (const [index, body] of bodies.entries()) parts.push(index < limits.parts ? await cutOut(whole, body, space, limits) : { refused: new RondoError('stow-limit', `One request may bring ${limits.parts} instances at most. Send the rest in another.`) });
      return parts;
    } finally {
      await handle.close();
    }
  } finally {
    await rm(whole, { force: true });
  }
}

async function receiveWhole(request: IncomingMessage, file: string, most: number, space: Space): Promise<void> {
  const tooMuch = (): RondoError => new RondoError('stow-limit', `The request brings more than is taken at once (${Math.floor(most / 1e6)} MB, "limits" of the configuration). Nothing of it was taken. Send fewer instances in one.`);
  if (Number(request.headers['content-length']) > most) throw tooMuch();
  // A request that is destroyed takes its connection with it, and its sender would never read why.
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  let bytes = 0;
  try {
    await pipeline(async function* () {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > most) throw tooMuch();
        await space.checkSpace(RESERVE_SHARE);
        yield chunk;
      }
    }, createWriteStream(file, { flags: 'wx' }));
  } catch (cause) {
    // What still comes is not kept.
    request.resume();
    if (cause instanceof RondoError) throw cause;
    throw new RondoError('stow-broken', 'The request could not be received to its end. Nothing of it was taken. Send it again.', {}, { cause });
  }
}

/** First byte of a part's body, and the byte after its last. */
interface Range {
  from: number;
  to: number;
}

const SCAN_BYTES = 2 ** 20;
/** Room for the headers of a part. */
const HEADER_BYTES = 4096;

/** Where the bodies of the parts lie (RFC 2046 5.1.1). @throws RondoError `stow-broken` */
async function bodiesIn(handle: FileHandle, boundary: string): Promise<Range[]> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const places = await placesOf(handle, delimiter);
  const after = async (place: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, place + delimiter.length);
    return buffer.subarray(0, bytesRead);
  };
  const last = places.at(-1);
  if (last === undefined || places.length < 2 || !(await after(last)).subarray(0, 2).equals(Buffer.from('--'))) {
    throw new RondoError('stow-broken', 'The parts of the request are not parted as it says, or its end is missing. Nothing of it was taken. Send it again.');
  }
  const bodies: Range[] = [];
  for (const [index, place] of places.slice(0, -1).entries()) {
    const end = (await after(place)).indexOf('\r\n\r\n');
    if (end < 0) throw new RondoError('stow-broken', 'A part of the request has no end of its headers. Nothing of it was taken.');
    bodies.push({ from: place + delimiter.length + end + 4, to: places[index + 1] });
  }
  return bodies;
}

/** Where the delimiter stands; the first one may lack the line's end before it, which then counts as standing before the file. */
async function placesOf(handle: FileHandle, delimiter: Buffer): Promise<number[]> {
  const places: number[] = [];
  // What could be the beginning of a delimiter is looked at again with what follows.
  let kept = Buffer.from('\r\n');
  for (let read = 0; ;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SCAN_BYTES), 0, SCAN_BYTES, read);
    if (bytesRead === 0) return places;
    const bytes = Buffer.concat([kept, buffer.subarray(0, bytesRead)]);
    for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(delimiter, at + delimiter.length)) places.push(read - kept.length + at);
    read += bytesRead;
    kept = bytes.subarray(Math.max(bytes.length - delimiter.length + 1, 0));
  }
}

async function cutOut(whole: string, { from, to }: Range, space: Space, { bytesPerPart }: PartLimits): Promise<ReceivedPart> {
  if (to - from > bytesPerPart) return { refused: new RondoError('stow-limit', `An instance of ${Math.ceil((to - from) / 1e6)} MB is more than is taken (${Math.floor(bytesPerPart / 1e6)} MB, "limits" of the configuration).`) };
  const file = path.join(space.incoming, randomUUID());
  try {
    await space.checkSpace(RESERVE_SHARE);
    // An empty part has no last byte to read up to.
    await pipeline(to > from ? createReadStream(whole, { start: from, end: to - 1 }) : [], createWriteStream(file, { flags: 'wx' }));
    return { file };
  } catch (cause) {
    await rm(file, { force: true });
    return { refused: new RondoError('archive-full', 'An instance could not be written. Nothing of it was taken. Free space and send it again.', {}, { cause }) };
  }
}
