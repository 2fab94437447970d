import { RondoError } from '../errors.ts';
import { readDicom, RT_STRUCTURE_SET_STORAGE, text, writeDicom, type CtGrid, type Dataset } from '../dicom/index.ts';
import { checkStructureSet } from './checkStructureSet.ts';
import { encodedStructure, type EncodedContour, type HoleStyle } from './encodedContours.ts';
import { preflight } from './preflight.ts';
import { violationText } from './preflight/violation.ts';
import { codeItem, observationItem, roiContourItem, roiItem } from './structureItems.ts';
import { type Approval, type Code, type ImageReference, type StructureSet } from './structureSet.ts';
import { TPS_PROFILES, type TpsName } from './tpsProfiles.ts';

/** Value for the required class of a referenced study, whose own SOP class is retired (PS3.3 C.8.8.5.4). */
const DETACHED_STUDY_MANAGEMENT = '1.2.840.10008.3.1.2.3.1';

/** Purpose of the contributing equipment (PS3.16 CID 7005). */
const PROCESSING_EQUIPMENT: Code = { value: '109102', scheme: 'DCM', meaning: 'Processing Equipment' };

export interface WriteOptions {
  /** The planning system that shall import the file; `generic` by default. */
  profile?: TpsName;
  /** How regions with holes are written; as the profile says by default. */
  holes?: HoleStyle;
  /** Write a structure without contours as an ROI without Contour Sequence, instead of refusing it. */
  emptyStructures?: boolean;
}

/**
 * A structure set as an RT Structure Set file (PS3.3 A.19.3): Part 10, explicit VR little endian, with the patient and
 * study of its CT and the references frame → study → series → every image. The same input gives the same bytes. What is
 * written passes the preflight of its profile.
 *
 * @throws RondoError as `checkWritable`, `encodedContours`, `structureSetBytes` and `checkFile` say
 */
export function writeStructureSet(set: StructureSet, ct: CtGrid, options: WriteOptions = {}): Uint8Array {
  checkWritable(set, ct, options);
  const { profile = 'generic' } = options;
  const holes = options.holes ?? TPS_PROFILES[profile].holes.value;
  const bytes = structureSetBytes({ ...set, structures: set.structures.map((structure) => encodedStructure(structure, ct, holes)) }, ct);
  checkFile(bytes, ct, profile);
  return bytes;
}

// The steps of it, for those who share the work out to threads.

/** What can be told of a structure set before its contours are encoded. @throws RondoError as `checkStructureSet` says; `structure-empty` for a structure without contours unless `emptyStructures` is set */
export function checkWritable(set: StructureSet, ct: CtGrid, { emptyStructures = false }: Pick<WriteOptions, 'emptyStructures'> = {}): void {
  checkStructureSet(set, ct);
  const empty = set.structures.find(({ contours }) => contours.length === 0);
  if (empty && !emptyStructures) {
    throw new RondoError('structure-empty', `${empty.name} has no contours. Report it as not found, or ask for empty structures to be written.`);
  }
}

/** The file of a structure set that passes `checkWritable`, its contours encoded. @throws RondoError `dicom-value` for a value that its VR does not take */
export function structureSetBytes(set: StructureSet<EncodedContour>, ct: CtGrid): Uint8Array {
  return writeDicom({
    ...instanceAndSeries(set, ct),
    ...structureSetModule(set),
    ROIContourSequence: set.structures.map((structure) => roiContourItem(structure, ct)),
    RTROIObservationsSequence: set.structures.map((structure, index) => observationItem(structure, index + 1)),
    ...approvalModule(set.approval),
  });
}

/** Whether a written file may leave. @throws RondoError `preflight-failed` with what the planning system may refuse */
export function checkFile(bytes: Uint8Array, ct: CtGrid, profile: TpsName): void {
  const file = readDicom(bytes);
  const errors = preflight(file, { profile, ct }).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    throw new RondoError('preflight-failed', `${TPS_PROFILES[profile].title} may refuse the structure set: ${errors.map(violationText).join(' ')}`, { uid: text(file.dataset, 'SOPInstanceUID') });
  }
}

/** Patient, General Study, RT Series, Frame of Reference, General Equipment and SOP Common; type 2 elements are there even when empty, importers ask for them. */
function instanceAndSeries(set: StructureSet<unknown>, ct: CtGrid): Dataset {
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
function structureSetModule(set: StructureSet<unknown>): Dataset {
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
