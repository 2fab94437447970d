import { RondoError } from '../errors.ts';
import { decimalString, writeDicom, type Dataset, type PlanningCt } from '../dicom/index.ts';
import { checkStructureSet } from './checkStructureSet.ts';
import { contourItems, type HoleStyle } from './contourItems.ts';
import { RT_STRUCTURE_SET_STORAGE, type AlgorithmIdentification, type Approval, type Code, type ImageReference, type Structure, type StructureCode, type StructureSet } from './structureSet.ts';

/** Value for the required class of a referenced study, whose own SOP class is retired (PS3.3 C.8.8.5.4). */
const DETACHED_STUDY_MANAGEMENT = '1.2.840.10008.3.1.2.3.1';

/** Algorithm family (PS3.16 CID 7162) of a contouring model. */
const ARTIFICIAL_INTELLIGENCE: Code = { value: '123110', scheme: 'DCM', meaning: 'Artificial Intelligence' };

/** Purpose of the contributing equipment (PS3.16 CID 7005). */
const PROCESSING_EQUIPMENT: Code = { value: '109102', scheme: 'DCM', meaning: 'Processing Equipment' };

export interface WriteOptions {
  /** How regions with holes are written; keyholes by default. */
  holes?: HoleStyle;
  /** Write a structure without contours as an ROI without Contour Sequence, instead of refusing it. */
  emptyStructures?: boolean;
}

/**
 * A structure set as an RT Structure Set file (PS3.3 A.19.3): Part 10, explicit VR little endian, with the patient and
 * study of its CT and the references frame → study → series → every image. The same input gives the same bytes.
 *
 * @throws RondoError as `checkStructureSet` and `contourItems` say; `structure-empty` for a structure without contours
 *   unless `emptyStructures` is set; `dicom-value` for a value that its VR does not take
 */
export function writeStructureSet(set: StructureSet, ct: PlanningCt, options: WriteOptions = {}): Uint8Array {
  checkStructureSet(set, ct);
  const empty = set.structures.find(({ contours }) => contours.length === 0);
  if (empty && !options.emptyStructures) {
    throw new RondoError('structure-empty', `${empty.name} has no contours. Report it as not found, or ask for empty structures to be written.`);
  }
  return writeDicom({
    ...instanceAndSeries(set, ct),
    ...structureSetModule(set),
    ROIContourSequence: set.structures.map((structure) => ({
      ...(structure.colour && { ROIDisplayColor: structure.colour }),
      ...(structure.contours.length > 0 && { ContourSequence: contourItems(structure, ct, options.holes ?? 'keyhole') }),
      ReferencedROINumber: structure.number,
    })),
    RTROIObservationsSequence: set.structures.map((structure, index) => observation(structure, index + 1)),
    ...approvalModule(set.approval),
  });
}

/** Patient, General Study, RT Series, Frame of Reference, General Equipment and SOP Common; type 2 elements are there even when empty, importers ask for them. */
function instanceAndSeries(set: StructureSet, ct: PlanningCt): Dataset {
  const { SpecificCharacterSet, ...attributes } = ct.attributes;
  const { manufacturer, modelName, softwareVersions } = set.equipment;
  const equipment: Dataset = { Manufacturer: manufacturer, ManufacturerModelName: modelName, SoftwareVersions: softwareVersions };
  return {
    ...attributes,
    ...(SpecificCharacterSet.length > 0 && { SpecificCharacterSet }),
    StudyDescription: attributes.StudyDescription === '' ? undefined : attributes.StudyDescription,
    SOPClassUID: RT_STRUCTURE_SET_STORAGE,
    SOPInstanceUID: set.sopInstanceUid,
    InstanceCreationDate: set.date,
    InstanceCreationTime: set.time,
    InstanceNumber: 1,
    Modality: 'RTSTRUCT',
    SeriesInstanceUID: set.seriesInstanceUid,
    SeriesNumber: '',
    OperatorsName: '',
    FrameOfReferenceUID: ct.volume.geometry.frameOfReferenceUid,
    ...equipment,
    ContributingEquipmentSequence: [{ PurposeOfReferenceCodeSequence: [codeItem(PROCESSING_EQUIPMENT)], ...equipment, ContributionDateTime: set.date + set.time }],
  };
}

/** Structure Set module (PS3.3 C.8.8.5). */
function structureSetModule(set: StructureSet): Dataset {
  return {
    StructureSetLabel: set.label,
    StructureSetName: set.name,
    StructureSetDescription: set.description,
    StructureSetDate: set.date,
    StructureSetTime: set.time,
    PredecessorStructureSetSequence: set.predecessor && [
      { ReferencedSOPClassUID: set.predecessor.sopClassUid, ReferencedSOPInstanceUID: set.predecessor.sopInstanceUid },
    ],
    ReferencedFrameOfReferenceSequence: [frameItem(set.reference)],
    StructureSetROISequence: set.structures.map((structure) => ({
      ROINumber: structure.number,
      ReferencedFrameOfReferenceUID: set.reference.frameOfReferenceUid,
      ROIName: structure.name,
      ROIDescription: structure.description,
      ROIVolume: structure.volumeCc === undefined ? undefined : decimalString(structure.volumeCc),
      ROIGenerationAlgorithm: structure.algorithm,
      ROIDerivationAlgorithmIdentificationSequence: structure.algorithmIdentification && [algorithmItem(structure.algorithmIdentification)],
    })),
  };
}

function frameItem(reference: ImageReference): Dataset {
  return {
    FrameOfReferenceUID: reference.frameOfReferenceUid,
    RTReferencedStudySequence: reference.series.map(({ studyInstanceUid, seriesInstanceUid, images }) => ({
      ReferencedSOPClassUID: DETACHED_STUDY_MANAGEMENT,
      ReferencedSOPInstanceUID: studyInstanceUid,
      RTReferencedSeriesSequence: [
        {
          SeriesInstanceUID: seriesInstanceUid,
          ContourImageSequence: images.map(({ sopClassUid, sopInstanceUid }) => ({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid })),
        },
      ],
    })),
  };
}

/** RT ROI Observations (PS3.3 C.8.8.8). */
function observation(structure: Structure, number: number): Dataset {
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

function approvalModule(approval: Approval): Dataset {
  if (approval.status === 'UNAPPROVED') return { ApprovalStatus: approval.status };
  return { ApprovalStatus: approval.status, ReviewDate: approval.date, ReviewTime: approval.time, ReviewerName: approval.reviewer };
}

function codeItem({ value, scheme, meaning }: Code): Dataset {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning };
}
