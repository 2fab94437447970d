export { readMaskFile } from './readMaskFile.ts';
export { geometryOf, readNifti, type NiftiImage } from './readNifti.ts';
export { writeCoverageFile, writeMaskFile } from './writeNifti.ts';
