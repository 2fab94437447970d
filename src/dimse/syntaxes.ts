import { CT_IMAGE_STORAGE, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, RT_STRUCTURE_SET_STORAGE } from '../dicom/index.ts';

/** SOP classes (PS3.4 B.5, A.4, C.6.2). */
export const VERIFICATION = '1.2.840.10008.1.1';

export const STUDY_ROOT_FIND = '1.2.840.10008.5.1.4.1.2.2.1';

/** What is stored; any other class is refused, so that no sender believes Rondo to keep what it cannot use. */
export const STORED_CLASSES: readonly string[] = [CT_IMAGE_STORAGE, RT_STRUCTURE_SET_STORAGE];

/** Deflated and big endian (PS3.5 A.5, A.3). */
const DEFLATED_LITTLE_ENDIAN = '1.2.840.10008.1.2.1.99';
const EXPLICIT_BIG_ENDIAN = '1.2.840.10008.1.2.2';

/** Transfer syntaxes without compressed pixels (PS3.5 annex A). */
export const NATIVE_SYNTAXES: readonly string[] = [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, DEFLATED_LITTLE_ENDIAN, EXPLICIT_BIG_ENDIAN];

/**
 * Transfer syntaxes that are accepted, best first: a sender that offers several to choose from shall neither compress pixels nor, where it
 * must, lose any of their values.
 */
export const STORED_SYNTAXES: readonly string[] = [
  ...NATIVE_SYNTAXES,
  '1.2.840.10008.1.2.5', // RLE
  '1.2.840.10008.1.2.4.70', // JPEG lossless, first-order prediction
  '1.2.840.10008.1.2.4.57', // JPEG lossless
  '1.2.840.10008.1.2.4.80', // JPEG-LS lossless
  '1.2.840.10008.1.2.4.90', // JPEG 2000 lossless
  '1.2.840.10008.1.2.4.81', // JPEG-LS near-lossless
  '1.2.840.10008.1.2.4.91', // JPEG 2000
  '1.2.840.10008.1.2.4.51', // JPEG extended
  '1.2.840.10008.1.2.4.50', // JPEG baseline
];

/** Result of a presentation context (PS3.8 9.3.3.2). */
export const CONTEXT_ACCEPTED = 0;
export const ABSTRACT_SYNTAX_NOT_SUPPORTED = 3;
export const TRANSFER_SYNTAXES_NOT_SUPPORTED = 4;
