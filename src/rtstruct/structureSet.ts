import type { CtGrid } from '../dicom/index.ts';
import type { Contour } from './contour.ts';

/** A contour as a file holds it: in patient coordinates, on no grid yet. */
export interface FileContour {
  /** Contour Geometric Type (3006,0042): CLOSED_PLANAR, CLOSEDPLANAR_XOR, POINT, OPEN_PLANAR, OPEN_NONPLANAR, or what else the file holds. */
  geometricType: string;
  /** x, y, z of each point (LPS, mm). */
  points: Float64Array;
  /** SOP Instance UID of the image that the contour names, where it names exactly one. */
  imageUid: string | undefined;
}

/** Whether a contour encloses a region (PS3.3 C.8.8.6.1): closed, in whatever style holes are written. */
export function isRegion({ geometricType }: FileContour): boolean {
  return geometricType === 'CLOSED_PLANAR' || geometricType === 'CLOSEDPLANAR_XOR';
}

/** A coded concept (PS3.3 section 8): DICOM keywords CodeValue, CodingSchemeDesignator, CodeMeaning. */
export interface Code {
  value: string;
  scheme: string;
  meaning: string;
}

/** What an ROI shows (PS3.3 C.8.8.8): its RT ROI Identification Code, the category of it, and the side of the body. */
export interface StructureCode extends Code {
  /** Segmented Property Category (CID 9580): anatomical structure or RT target. */
  category?: Code | undefined;
  /** Laterality (CID 244), as modifier of the code. */
  laterality?: Code | undefined;
}

/** The software that derived an ROI (PS3.3 10.16, Algorithm Identification). */
export interface AlgorithmIdentification {
  name: string;
  version: string;
  /** What pins down the very model that was used, such as the SHA-256 of its weights: Algorithm Parameters (0066,0032). */
  parameters?: string | undefined;
  /** Who made it: Algorithm Source (0024,0202). */
  source?: string | undefined;
}

/** ROI Generation Algorithm (3006,0036). A file may hold '' or a term of its own. */
export type GenerationAlgorithm = 'AUTOMATIC' | 'SEMIAUTOMATIC' | 'MANUAL';

/** One region of interest: its items in Structure Set ROI, ROI Contour and RT ROI Observations Sequence, joined by ROI Number. */
export interface Structure<C = Contour> {
  /** ROI Number (3006,0022), unique in the set. */
  number: number;
  /** ROI Name (3006,0026), at most 64 characters, unique in the set ignoring case. */
  name: string;
  description?: string | undefined;
  code?: StructureCode | undefined;
  /** RT ROI Interpreted Type (3006,00A4): EXTERNAL, CTV, ORGAN …; '' where a file holds none. */
  type: string;
  /** ROI Display Color (3006,002A): red, green, blue, 0 to 255. */
  colour?: readonly [number, number, number] | undefined;
  algorithm: GenerationAlgorithm | (string & {});
  algorithmIdentification?: AlgorithmIdentification | undefined;
  /** ROI Volume (3006,002C) in cm³. */
  volumeCc?: number | undefined;
  contours: readonly C[];
}

/** The images that a structure set was drawn on, in the one frame of reference of all its structures. */
export interface ImageReference {
  frameOfReferenceUid: string;
  /** One series when Rondo writes; a file may name several, or none. */
  series: readonly ReferencedSeries[];
}

export interface ReferencedSeries {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  images: readonly InstanceReference[];
}

export interface InstanceReference {
  sopClassUid: string;
  sopInstanceUid: string;
}

/** Approval Status (300E,0002), with the review where there was one (PS3.3 C.8.8.16). */
export type Approval =
  | { status: 'UNAPPROVED' }
  | { status: 'APPROVED' | 'REJECTED'; reviewer: string; /** YYYYMMDD */ date: string; /** HHMMSS */ time: string };

/** What made the structure set (PS3.3 C.7.5.1). */
export interface Equipment {
  manufacturer: string;
  modelName: string;
  softwareVersions: readonly string[];
}

/** A structure set (PS3.3 A.19.3) without the patient and study attributes, which it shares with its CT. */
export interface StructureSet<C = Contour> {
  sopInstanceUid: string;
  seriesInstanceUid: string;
  /** Structure Set Label (3006,0002), at most 16 characters. */
  label: string;
  name?: string | undefined;
  description?: string | undefined;
  /** Structure Set Date and Time: YYYYMMDD, HHMMSS. */
  date: string;
  time: string;
  structures: readonly Structure<C>[];
  reference: ImageReference;
  /** The structure set that this one was made from: Predecessor Structure Set Sequence (3006,0018). */
  predecessor?: InstanceReference | undefined;
  approval: Approval;
  equipment: Equipment;
}

/** The reference that a structure set drawn on this CT carries. */
export function referenceTo(ct: CtGrid): ImageReference {
  const images = ct.slices.map(({ sopInstanceUid }) => ({ sopClassUid: ct.sopClassUid, sopInstanceUid }));
  return {
    frameOfReferenceUid: ct.volume.geometry.frameOfReferenceUid,
    series: [{ studyInstanceUid: ct.attributes.StudyInstanceUID, seriesInstanceUid: ct.seriesInstanceUid, images }],
  };
}
