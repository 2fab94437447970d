export { decimals, isUnlisted, items, numbers, text, texts, type Dataset, type DatasetValue, type UnlistedElement } from './dataset.ts';
export { decimalString, decimalValues } from './decimalString.ts';
export { type CtAttributes, type CtGrid, type CtSlice, type PlanningCt, type SkippedFile } from './planningCt.ts';
export { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, looksLikeDicom, readDicom, type DicomFile } from './readDicom.ts';
export { COMPREHENSIVE_SR_STORAGE, CT_IMAGE_STORAGE, RT_STRUCTURE_SET_STORAGE } from './sopClasses.ts';
export { isUid, newUid, uidFrom } from './uid.ts';
export { elementOfKeyword, elementOfTag, keywords, VALUE_REPRESENTATIONS, type ValueRepresentation } from './valueRepresentations.ts';
export { checkValueLengths, fileMetaInformation, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, writeDicom, type DicomWriting, type FileMeta } from './writeDicom.ts';
