import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/** NIfTI-1 datatype codes. */
const DATATYPES = { uint8: { code: 2, bytes: 1 }, int16: { code: 4, bytes: 2 }, float32: { code: 16, bytes: 4 } } as const;

export interface NiftiToWrite {
  size: readonly [number, number, number];
  /** Rows of the voxel → patient affine in NIfTI's own RAS+ coordinates (x to the right, y to anterior, z to superior), mm. */
  affineRas: readonly [readonly number[], readonly number[], readonly number[]];
  datatype: keyof typeof DATATYPES;
  /** Column fastest. */
  values: readonly number[];
}

/** Writes a gzipped NIfTI-1 file by its format description: an oracle that shares no code with the reader under test. */
export async function writeNifti(file: string, { size, affineRas, datatype, values }: NiftiToWrite): Promise<void> {
  const { code, bytes } = DATATYPES[datatype];
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  [3, ...size, 1, 1, 1, 1].forEach((extent, index) => header.writeInt16LE(extent, 40 + 2 * index));
  header.writeInt16LE(code, 70);
  header.writeInt16LE(8 * bytes, 72);
  const spacing = [0, 1, 2].map((column) => Math.hypot(...affineRas.map((row) => row[column])));
  [1, ...spacing].forEach((value, index) => header.writeFloatLE(value, 76 + 4 * index));
  header.writeFloatLE(352, 108);
  header.writeFloatLE(1, 112);
  header.writeUInt8(2, 123);
  header.writeInt16LE(1, 254);
  affineRas.flat().forEach((value, index) => header.writeFloatLE(value, 280 + 4 * index));
  header.write('n+1\0', 344, 'latin1');
  const data = Buffer.alloc(values.length * bytes);
  values.forEach((value, index) => {
    if (datatype === 'uint8') data.writeUInt8(value, index);
    else if (datatype === 'int16') data.writeInt16LE(value, 2 * index);
    else data.writeFloatLE(value, 4 * index);
  });
  await writeFile(file, gzipSync(Buffer.concat([header, data])));
}
