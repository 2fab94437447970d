export { readMaskFile, writeMaskFile } from './maskFile.ts';
export { geometryOf, readNifti, type NiftiImage } from './readNifti.ts';
