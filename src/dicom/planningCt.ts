import type { Volume, VolumeGeometry } from '../geometry/index.ts';

/** Attributes of the patient, study and frame of reference that an RT Structure Set must repeat (PS3.3 A.19.3), as the CT holds them; '' where it holds none. */
export interface CtAttributes {
  PatientName: string;
  PatientID: string;
  PatientBirthDate: string;
  PatientSex: string;
  StudyInstanceUID: string;
  StudyDate: string;
  StudyTime: string;
  StudyID: string;
  StudyDescription: string;
  AccessionNumber: string;
  ReferringPhysicianName: string;
  PositionReferenceIndicator: string;
  /** Values of Specific Character Set (0008,0005) in which the CT was written; [] is the default repertoire. */
  SpecificCharacterSet: readonly string[];
}

/** One CT image: the slice of the same index of the volume. */
export interface CtSlice {
  sopInstanceUid: string;
  /** Image Position (Patient), LPS mm, exactly as the instance holds it. */
  imagePositionMm: readonly [number, number, number];
}

/**
 * A planning CT: one series of axial or oblique images, complete and checked.
 * `volume` holds Hounsfield units; slice k of it is `slices[k]`, in ascending order along the slice normal.
 */
export interface PlanningCt {
  volume: Volume<Int16Array>;
  slices: readonly CtSlice[];
  seriesInstanceUid: string;
  sopClassUid: string;
  /** Patient Position (0018,5100): HFS, HFP, FFS, FFP, HFDR, HFDL, FFDR, FFDL or '' where absent. Information only: geometry comes from the direction cosines. */
  patientPosition: string;
  attributes: CtAttributes;
  /** Files of the folder that were not DICOM, and DICOM objects of other kinds or series: passed over, told to the user. */
  skipped: readonly SkippedFile[];
}

/** A planning CT but for its voxels: the grid that contours lie on, and what a structure set repeats and refers to. Every planning CT is one. */
export interface CtGrid extends Omit<PlanningCt, 'volume'> {
  volume: { geometry: VolumeGeometry };
}

export interface SkippedFile {
  /** Path relative to the folder that was read. */
  file: string;
  /** Why it was passed over, in words. */
  reason: string;
}
