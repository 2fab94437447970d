import { decimalString, type CtGrid, type Dataset } from '../dicom/index.ts';
import type { EncodedContour } from './encodedContours.ts';
import type { AlgorithmIdentification, Code, Structure, StructureCode } from './structureSet.ts';

/** Algorithm family (PS3.16 CID 7162) of a contouring model. */
const ARTIFICIAL_INTELLIGENCE: Code = { value: '123110', scheme: 'DCM', meaning: 'Artificial Intelligence' };

/** An item of Structure Set ROI Sequence (PS3.3 C.8.8.5). */
export function roiItem(structure: Structure<unknown>, frameOfReferenceUid: string): Dataset {
  return {
    ROINumber: structure.number,
    ReferencedFrameOfReferenceUID: frameOfReferenceUid,
    ROIName: structure.name,
    ROIDescription: structure.description,
    ROIVolume: structure.volumeCc === undefined ? undefined : decimalString(structure.volumeCc),
    ROIGenerationAlgorithm: structure.algorithm,
    ROIDerivationAlgorithmIdentificationSequence: structure.algorithmIdentification && [algorithmItem(structure.algorithmIdentification)],
  };
}

/** An item of ROI Contour Sequence (PS3.3 C.8.8.6), without Contour Sequence where there are no contours. @param ct whose images they lie on */
export function roiContourItem(structure: Structure<EncodedContour>, ct: CtGrid): Dataset {
  return {
    ...(structure.colour && { ROIDisplayColor: structure.colour }),
    ...(structure.contours.length > 0 && { ContourSequence: structure.contours.map((contour, index) => contourItem(contour, index + 1, ct)) }),
    ReferencedROINumber: structure.number,
  };
}

/** An item of Contour Sequence (3006,0040). */
function contourItem({ slice, geometricType, pointCount, data }: EncodedContour, number: number, { sopClassUid, slices }: CtGrid): Dataset {
  return {
    ContourNumber: number,
    ContourImageSequence: [{ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: slices[slice].sopInstanceUid }],
    ContourGeometricType: geometricType,
    NumberOfContourPoints: pointCount,
    ContourData: data,
  };
}

/** An item of RT ROI Observations Sequence (PS3.3 C.8.8.8). */
export function observationItem(structure: Structure<unknown>, number: number): Dataset {
  return {
    ObservationNumber: number,
    ReferencedROINumber: structure.number,
    SegmentedPropertyCategoryCodeSequence: structure.code?.category && [codeItem(structure.code.category)],
    RTROIIdentificationCodeSequence: structure.code && [identificationItem(structure.code)],
    RTROIInterpretedType: structure.type,
    ROIInterpreter: '',
  };
}

function identificationItem(code: StructureCode): Dataset {
  return { ...codeItem(code), SegmentedPropertyTypeModifierCodeSequence: code.laterality && [codeItem(code.laterality)] };
}

function algorithmItem({ name, version, parameters, source }: AlgorithmIdentification): Dataset {
  return {
    AlgorithmFamilyCodeSequence: [codeItem(ARTIFICIAL_INTELLIGENCE)],
    AlgorithmName: name,
    AlgorithmVersion: version,
    AlgorithmParameters: parameters,
    AlgorithmSource: source,
  };
}

/** An item of a code sequence (PS3.3 section 8). */
export function codeItem({ value, scheme, meaning }: Code): Dataset {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}
