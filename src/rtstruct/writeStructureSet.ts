import { RondoError } from '../errors.ts';
import { writeDicom, type Dataset, type PlanningCt } from '../dicom/index.ts';
import { checkStructureSet } from './checkStructureSet.ts';
import type { HoleStyle } from './contourItems.ts';
import { codeItem, observationItem, roiContourItem, roiItem } from './structureItems.ts';
import { RT_STRUCTURE_SET_STORAGE, type Approval, type Code, type ImageReference, type StructureSet } from './structureSet.ts';

/** Value for the required class of a referenced study, whose own SOP class is retired (PS3.3 C.8.8.5.4). */
const DETACHED_STUDY_MANAGEMENT = '1.2.840.10008.3.1.2.3.1';

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
    ROIContourSequence: set.structures.map((structure) => roiContourItem(structure, ct, options.holes ?? 'keyhole')),
    RTROIObservationsSequence: set.structures.map((structure, index) => observationItem(structure, index + 1)),
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
    StructureSetROISequence: set.structures.map((structure) => roiItem(structure, set.reference.frameOfReferenceUid)),
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

function approvalModule(approval: Approval): Dataset {
  if (approval.status === 'UNAPPROVED') return { ApprovalStatus: approval.status };
  return { ApprovalStatus: approval.status, ReviewDate: approval.date, ReviewTime: approval.time, ReviewerName: approval.reviewer };
}
