import { readFile } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';

/** Local file header and central directory of the ZIP format (PKWARE APPNOTE 4.3.7, 4.3.12): signature and length of the fixed part. */
const LOCAL = { length: 30 };
const CENTRAL = { signature: 0x02014b50, length: 46 };

export interface NpyArray {
  /** Slowest axis first. */
  shape: number[];
  /** Its values as stored. */
  bytes: Uint8Array;
}

/** Reads arrays of bytes or booleans (`|u1`, `|b1`) of a NumPy archive, by name; others are left out. */
export async function readNpz(file: string): Promise<Map<string, NpyArray>> {
  const zip = await readFile(file);
  const arrays = new Map<string, NpyArray>();
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  for (let at = zip.readUInt32LE(end + 16); zip.readUInt32LE(at) === CENTRAL.signature; ) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field));
    const name = zip.toString('utf8', at + CENTRAL.length, at + CENTRAL.length + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const start = local + LOCAL.length + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const stored = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const array = parseNpy(zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(stored) : stored);
    if (array) arrays.set(name.replace(/\.npy$/, ''), array);
    at += CENTRAL.length + nameLength + extraLength + commentLength;
  }
  return arrays;
}

/** NumPy's format 1.0: magic, version, length of the header, the header as a Python dictionary, the values. */
function parseNpy(npy: Uint8Array): NpyArray | undefined {
  const start = 10 + npy[8] + 256 * npy[9];
  const header = Buffer.from(npy.subarray(10, start)).toString('latin1');
  if (!/'descr': '\|[ub]1', 'fortran_order': False/.test(header)) return undefined;
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').map(Number).filter((extent) => extent > 0);
  return { shape, bytes: npy.subarray(start) };
}
