import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, readDicom, writeDicom, type Dataset } from '../dicom/index.ts';
import { RondoError } from '../errors.ts';
import { structureSetOf } from './readStructureSet.ts';
import type { FileContour, StructureSet } from './structureSet.ts';

/**
 * A structure set of any system with everything that its file holds: what Rondo does not know, private attributes
 * included, is in `dataset` and is written again as it was. `set` is what Rondo understands of it.
 */
export interface StructureSetFile {
  set: StructureSet<FileContour>;
  dataset: Dataset;
  /** Implicit or explicit VR little endian: the file's own, or explicit where it was in another (deflated, big endian). */
  transferSyntaxUid: typeof EXPLICIT_LITTLE_ENDIAN | typeof IMPLICIT_LITTLE_ENDIAN;
}

/**
 * A structure set file, to be changed and written again without loss.
 * @throws RondoError as `readStructureSet`, and `rtstruct-pixels` for an object that holds pixels, which would be lost
 */
export function readStructureSetFile(bytes: Uint8Array, options: { file?: string } = {}): StructureSetFile {
  const { dataset, transferSyntaxUid, pixelData } = readDicom(bytes, options);
  if (pixelData) throw new RondoError('rtstruct-pixels', 'The structure set holds Pixel Data, which no structure set has. It is not written again; export it anew.', { file: options.file });
  return {
    set: structureSetOf(dataset, options),
    dataset,
    transferSyntaxUid: transferSyntaxUid === IMPLICIT_LITTLE_ENDIAN ? IMPLICIT_LITTLE_ENDIAN : EXPLICIT_LITTLE_ENDIAN,
  };
}

/** The file as Part 10, every element as it was read. The same file gives the same bytes. */
export function writeStructureSetFile({ dataset, transferSyntaxUid }: Pick<StructureSetFile, 'dataset' | 'transferSyntaxUid'>): Uint8Array {
  return writeDicom(dataset, { transferSyntaxUid, asRead: true });
}
