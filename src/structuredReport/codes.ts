import type { DistanceConvention, Presence } from '../metrics/index.ts';
import type { CaseStructure } from '../report/index.ts';
import type { JudgedFigure } from '../goals/index.ts';
import type { Code } from '../rtstruct/index.ts';

const dcm = (value: string, meaning: string): Code => ({ value, scheme: 'DCM', meaning });
const sct = (value: string, meaning: string): Code => ({ value, scheme: 'SCT', meaning });
const ucum = (value: string, meaning: string): Code => ({ value, scheme: 'UCUM', meaning });
/** Rondo's own, where PS3.16 has none: it codes neither Dice nor any distance between surfaces (looked for in 2024's edition). */
const own = (value: string, meaning: string): Code => ({ value, scheme: '99RONDO', meaning });

/** Concepts of the templates 1500, 1501, 1001, 1204 and 1600 of PS3.16, and Rondo's own beside them. */
export const concepts = {
  report: dcm('126000', 'Imaging Measurement Report'),
  language: dcm('121049', 'Language of Content Item and Descendants'),
  english: { value: 'en', scheme: 'RFC5646', meaning: 'English' },
  observerType: dcm('121005', 'Observer Type'),
  device: dcm('121007', 'Device'),
  deviceUid: dcm('121012', 'Device Observer UID'),
  deviceName: dcm('121013', 'Device Observer Name'),
  deviceManufacturer: dcm('121014', 'Device Observer Manufacturer'),
  deviceModel: dcm('121015', 'Device Observer Model Name'),
  procedure: dcm('121058', 'Procedure reported'),
  computedTomography: sct('77477000', 'Computed tomography'),
  imageLibrary: dcm('111028', 'Image Library'),
  imageLibraryGroup: dcm('126200', 'Image Library Group'),
  modality: dcm('121139', 'Modality'),
  ct: dcm('CT', 'Computed Tomography'),
  frameOfReference: dcm('112227', 'Frame of Reference UID'),
  seriesUid: dcm('112002', 'Series Instance UID'),
  measurements: dcm('126010', 'Imaging Measurements'),
  group: dcm('125007', 'Measurement Group'),
  trackingName: dcm('112039', 'Tracking Identifier'),
  trackingUid: dcm('112040', 'Tracking Unique Identifier'),
  findingSite: sct('363698007', 'Finding Site'),
  laterality: sct('272741003', 'Laterality'),
  method: sct('370129005', 'Measurement Method'),
  volume: sct('118565006', 'Volume'),
  volumeRatio: dcm('113288', 'Volume Ratio'),
  comment: dcm('121106', 'Comment'),
  softwareVersion: dcm('111003', 'Algorithm Version'),

  compared: own('COMPARED', 'Structure sets compared'),
  referenceSet: own('REFERENCE_SET', 'Reference structure set'),
  testSet: own('TEST_SET', 'Structure set that is judged'),
  ofSet: own('OF_SET', 'Of structure set'),
  reference: own('REFERENCE', 'Reference'),
  test: own('TEST', 'Test'),
  label: own('SET_LABEL', 'Structure Set Label'),
  software: own('SET_SOFTWARE', 'Software'),
  model: own('SET_MODEL', 'Model'),
  approval: own('SET_APPROVAL', 'Approval Status'),
  protocol: own('PROTOCOL', 'Judging protocol'),
  guideline: own('GUIDELINE', 'Guideline of the judging protocol'),
  thresholds: own('THRESHOLDS', 'Source of thresholds'),
  conventions: own('CONVENTIONS', 'Definitions of the figures'),
  nameInTest: own('NAME_IN_TEST', 'Name in the structure set that is judged'),
  presence: own('PRESENCE', 'Held by'),
  verdict: own('VERDICT', 'Verdict'),
  reason: own('REASON', 'Reason of the verdict'),
  noValue: own('NO_VALUE', 'No value'),
  tolerance: own('TOLERANCE', 'Tolerance'),
  meanDsc: own('MEAN_DSC', 'Mean Dice similarity coefficient, missed structures as 0'),
  notJoined: own('NOT_JOINED', 'Not joined by name'),
} as const satisfies Record<string, Code>;

export const units = { mm: ucum('mm', 'millimeter'), cm3: ucum('cm3', 'cubic centimeter'), none: ucum('1', 'no units'), structures: ucum('{structures}', 'structures') } as const satisfies Record<string, Code>;

/** Figures that stand in the report: all that can be judged, and the ratio of volumes. */
export const figures: Readonly<Record<JudgedFigure | 'volumeRatio', Code>> = {
  dsc: own('DSC', 'Dice similarity coefficient'),
  hd95Mm: own('HD95', 'Hausdorff distance, 95th percentile'),
  pooledHd95Mm: own('HD95_POOLED', '95th percentile of surface distances, directions pooled'),
  msdMm: own('MSD', 'Mean surface distance'),
  surfaceDsc: own('SURFACE_DSC', 'Surface Dice similarity coefficient'),
  addedPathMm: own('APL', 'Added path length'),
  addedPathShare: own('APL_SHARE', 'Added path length, share of all contours'),
  centroidShiftMm: own('CENTROID_SHIFT', 'Distance between centres of mass'),
  volumeRatio: concepts.volumeRatio,
};

/** Largest distance, where other conventions were asked for. */
export const hausdorff = own('HD', 'Hausdorff distance');

/** How figures are measured, in a few words: in full the report holds it as text. */
const VOXELS = own('VOXELS', 'Voxels, each slice with its own thickness');
const CONTOURS = own('CONTOURS', 'Contours of slices by marching squares');
export const conventions: Readonly<Record<DistanceConvention, Code>> = {
  surface: own('SURFACE', 'Surface elements by area, directed (DeepMind)'),
  pooled: own('POOLED', 'Surface elements by area, directions pooled'),
  monai: own('MONAI', 'Border voxels, as MONAI'),
  medpy: own('MEDPY', 'Border voxels, as MedPy'),
  plastimatch: own('PLASTIMATCH', 'Border voxels, as plastimatch'),
};
export const methods: Readonly<Record<keyof typeof figures, Code>> = {
  dsc: VOXELS, volumeRatio: VOXELS, centroidShiftMm: VOXELS,
  hd95Mm: conventions.surface, msdMm: conventions.surface, surfaceDsc: conventions.surface, pooledHd95Mm: conventions.pooled,
  addedPathMm: CONTOURS, addedPathShare: CONTOURS,
};

export const presences: Readonly<Record<Presence, Code>> = {
  both: own('BOTH', 'Both structure sets'),
  missed: own('MISSED', 'Reference only: missed, a failure'),
  extra: own('EXTRA', 'Test only: invented, a failure'),
  neither: own('NEITHER', 'Neither structure set'),
};

/** Structures of each presence, as counts. */
export const presenceCounts: Readonly<Record<Presence, Code>> = {
  both: own('COUNT_BOTH', 'Structures of both sets'),
  missed: own('COUNT_MISSED', 'Missed structures, each a failure'),
  extra: own('COUNT_EXTRA', 'Invented structures, each a failure'),
  neither: own('COUNT_NEITHER', 'Structures empty in both sets'),
};

export const verdicts: Readonly<Record<CaseStructure['verdict'], Code>> = {
  pass: own('PASS', 'pass'), look: own('LOOK', 'look'), fail: own('FAIL', 'fail'), 'not scored': own('NOT_SCORED', 'not scored'),
};

export const verdictCounts: Readonly<Record<CaseStructure['verdict'], Code>> = {
  fail: own('COUNT_FAIL', 'Structures that fail'),
  look: own('COUNT_LOOK', 'Structures to look at'),
  pass: own('COUNT_PASS', 'Structures that pass'),
  'not scored': own('COUNT_NOT_SCORED', 'Structures not scored'),
};

/** A threshold, by whether more of the figure is better. */
export const thresholdCodes = {
  least: { pass: own('PASS_LEAST', 'Passes at this value and above'), fail: own('FAIL_LEAST', 'Fails below this value') },
  most: { pass: own('PASS_MOST', 'Passes at this value and below'), fail: own('FAIL_MOST', 'Fails above this value') },
} as const;
