import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

export interface NrrdImage {
  /** Fields (`sizes`, `space origin`) and key/value pairs (`Segment0_Extent`) of the header, as written. */
  header: ReadonlyMap<string, string>;
  /** Column fastest, then row, then slice. */
  voxels: Uint8Array;
}

/** Reads a gzipped NRRD file of bytes by its format description: header lines, an empty line, the values. */
export async function readNrrd(file: string): Promise<NrrdImage> {
  const bytes = await readFile(file);
  const end = bytes.indexOf('\n\n');
  const lines = bytes.toString('latin1', 0, end).split('\n');
  const header = new Map(lines.flatMap((line) => [...line.matchAll(/^([^#:]+)(?:: |:=)(.*)$/g)].map(([, key, value]) => [key, value] as const)));
  if (header.get('type') !== 'unsigned char' || header.get('encoding') !== 'gzip') throw new Error(`${file}: expected gzipped unsigned char`);
  return { header, voxels: gunzipSync(bytes.subarray(end + 2)) };
}
