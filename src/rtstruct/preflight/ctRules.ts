import type { CtGrid } from '../../dicom/index.ts';
import { toPlane } from '../contour.ts';
import { drawnPlanes } from '../drawnPlanes.ts';
import type { ContourProblem } from '../placeContour.ts';
import type { Contents, ContourContents } from './contents.ts';
import type { Finding, Rule } from './violation.ts';

/** How far in mm a contour may lie off its slice without a word: the step of written coordinates. Further off, importers may look for another slice. */
const OFF_SLICE_MM = 0.01;

/** What a contour's problem on a CT means here; undefined where a rule on the contours themselves says it. */
const PROBLEMS: Readonly<Record<ContourProblem['problem'], Pick<Finding, 'severity' | 'message'> | undefined>> = {
  'not-closed': undefined,
  'no-area': undefined,
  'far-away': { severity: 'error', message: 'The contour lies far away from the image. Its coordinates are damaged; export it anew.' },
  'not-planar': { severity: 'error', message: 'The contour does not lie on one slice of the CT. Draw it on a slice.' },
  'between-slices': { severity: 'error', message: 'The contour lies between slices of the CT. Move it onto a slice.' },
  'beyond-slices': { severity: 'error', message: 'The contour lies beyond the slices of the CT. Leave it out, or choose the CT that it was drawn on.' },
  'outside-matrix': { severity: 'warning', message: 'The contour lies beside the image, or partly so. Cut it at the edge of the image.' },
  repeated: { severity: 'warning', message: 'The contour stands twice. Filled by the even-odd rule the two cancel out; leave one out.' },
  overlaps: { severity: 'warning', message: 'The contour crosses another one of its ROI. Whether the part they share belongs to it is left to the importer; join them.' },
};

function frame({ rois }: Contents, ct: CtGrid): Finding[] {
  return rois.filter(({ frameOfReferenceUid }) => frameOfReferenceUid !== ct.volume.geometry.frameOfReferenceUid).map(({ path }) => ({
    severity: 'error', keyword: 'ReferencedFrameOfReferenceUID', path,
    message: 'The ROI does not lie in the frame of reference of the CT. Its contours would be misplaced; choose the CT that it was drawn on.',
  }));
}

function images({ series }: Contents, ct: CtGrid): Finding[] {
  if (series.length === 0) return [];
  const say = (severity: Finding['severity'], keyword: string, path: string, message: string): Finding => ({ severity, keyword, path, message });
  const own = series.filter(({ seriesInstanceUid }) => seriesInstanceUid === ct.seriesInstanceUid);
  if (own.length === 0) return [say('error', 'RTReferencedSeriesSequence', '', 'The structure set refers to other series than that of the CT. Choose the CT that it was drawn on.')];
  const slices = new Set(ct.slices.map(({ sopInstanceUid }) => sopInstanceUid));
  const named = new Set(own.flatMap(({ imageUids }) => imageUids));
  return [
    ...own.filter(({ studyInstanceUid }) => studyInstanceUid !== ct.attributes.StudyInstanceUID).map(({ path }) => say('error', 'RTReferencedStudySequence', path, 'The series of the CT stands in another study than that of the CT. Refer to the study of the CT.')),
    ...own.filter(({ imageUids }) => imageUids.some((uid) => !slices.has(uid))).map(({ path }) => say('error', 'ContourImageSequence', path, 'The series of the CT lists images that the CT does not have. Refer to its own images only.')),
    ...own.slice(0, slices.size > named.size ? 1 : 0).map(({ path }) => say('warning', 'ContourImageSequence', path, 'The series of the CT does not list every image of it. List them all.')),
  ];
}

function contours({ drawn, rois }: Contents, ct: CtGrid): Finding[] {
  const { geometry } = ct.volume;
  const sliceOf = new Map(ct.slices.map(({ sopInstanceUid }, slice) => [sopInstanceUid, slice]));
  const inFrame = new Set(rois.filter(({ frameOfReferenceUid }) => frameOfReferenceUid === geometry.frameOfReferenceUid).map(({ number }) => number));
  return drawn.filter(({ structure }) => inFrame.has(structure.number)).flatMap(({ path, structure, contours: all }): Finding[] => {
    const readable = all.filter(({ isReadable }) => isReadable);
    const { planes, offGrid } = drawnPlanes({ reference: { frameOfReferenceUid: geometry.frameOfReferenceUid, series: [] } }, { contours: readable.map(({ geometricType, points }) => ({ geometricType, points, imageUid: undefined })) }, geometry, {}, 2);
    const slices = planes.filter(({ plane }) => plane !== undefined);
    const problems = [...offGrid, ...slices.flatMap((slice) => slice.problems)].sort((one, other) => one.index - other.index);
    const notPlaced = new Set(problems.filter((problem) => !problem.placed).map(({ index }) => index));
    const nested = slices.some(({ holeOf }) => holeOf.some((outer) => outer !== undefined)) && !all.some(({ geometricType }) => geometricType === 'CLOSEDPLANAR_XOR');
    return [
      ...problems.flatMap(({ index, problem }) => {
        const told = PROBLEMS[problem];
        return told ? [{ ...told, rule: `ct-${problem}`, keyword: 'ContourData', path: readable[index].path, structure }] : [];
      }),
      ...readable.filter((_, index) => !notPlaced.has(index)).flatMap((contour) => onSlice(contour, ct, sliceOf)),
      ...(nested ? [{ rule: 'ct-nested', severity: 'warning' as const, keyword: 'ContourGeometricType', path, structure, source: 'PS3.3 C.8.8.6.3', message: 'Closed contours lie inside others on one slice. Whether they are holes is left to the importer; write keyholes.' }] : []),
    ];
  });
}

/** Whether a placed contour lies on its slice, and on the one that it names. */
function onSlice(contour: ContourContents, ct: CtGrid, sliceOf: ReadonlyMap<string, number>): Finding[] {
  const { geometry } = ct.volume;
  const { lowestSlice, highestSlice } = toPlane(contour.points, geometry);
  const slice = Math.round((lowestSlice + highestSlice) / 2);
  const offMm = Math.max(...[lowestSlice, highestSlice].map((k) => Math.abs(geometry.sliceOffsetAt(k) - geometry.sliceOffsetsMm[slice])));
  const place = { path: contour.path, structure: contour.structure };
  const findings: Finding[] = [];
  if (offMm > OFF_SLICE_MM) findings.push({ ...place, rule: 'ct-off-slice', severity: 'warning', keyword: 'ContourData', message: `The contour lies more than ${OFF_SLICE_MM} mm off its slice. Viewers may not show it; write the position of the slice in full.` });
  if (contour.imageUids.some((uid) => sliceOf.has(uid) && sliceOf.get(uid) !== slice)) {
    findings.push({ ...place, rule: 'ct-other-image', severity: 'error', keyword: 'ContourImageSequence', message: 'The contour names another image than the one it lies on. Name that one.' });
  }
  return findings;
}

/** Whether the file fits the CT that it was drawn on. */
export function ctRules(ct: CtGrid): Rule[] {
  return [
    { id: 'ct-frame', source: 'PS3.3 C.8.8.5.1', check: (contents) => frame(contents, ct) },
    { id: 'ct-images', source: 'PS3.3 C.8.8.5', check: (contents) => images(contents, ct) },
    { id: 'ct-contours', source: 'PS3.3 C.8.8.6', check: (contents) => contours(contents, ct) },
  ];
}
