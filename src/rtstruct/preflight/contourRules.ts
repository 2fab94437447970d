import { IMPLICIT_LITTLE_ENDIAN } from '../../dicom/index.ts';
import type { TpsProfile } from '../tpsProfiles.ts';
import { valuesOf, type Contents, type ContourContents } from './contents.ts';
import type { Finding, Rule } from './violation.ts';

/** Contour Geometric Types (PS3.3 C.8.8.6.1) and how many points one of them may have. */
const TYPES: Readonly<Record<string, { least: number; most: number; planar: boolean; closed: boolean } | undefined>> = {
  POINT: { least: 1, most: 1, planar: false, closed: false },
  OPEN_PLANAR: { least: 2, most: Infinity, planar: true, closed: false },
  OPEN_NONPLANAR: { least: 2, most: Infinity, planar: false, closed: false },
  CLOSED_PLANAR: { least: 3, most: Infinity, planar: true, closed: true },
  CLOSEDPLANAR_XOR: { least: 3, most: Infinity, planar: true, closed: true },
};
const XOR = 'CLOSEDPLANAR_XOR';

/** How far in mm a point may lie off the plane of its contour: coordinates rounded to 0.01 mm on oblique slices do. */
const OFF_PLANE_MM = 0.01;
/** Least area of a closed contour in mm², far below that of any three points on a grid of 0.01 mm. */
const LEAST_AREA_MM2 = 1e-6;

type Judge = (contour: ContourContents, profile: TpsProfile, contents: Contents) => Pick<Finding, 'severity' | 'keyword' | 'message' | 'source'> | undefined;

/** A rule that looks at one contour after another. */
function ofEachContour(id: string, source: string, judge: Judge): Rule {
  return {
    id,
    source,
    check: (contents, profile) =>
      contents.drawn.flatMap(({ contours }) =>
        contours.flatMap((contour): Finding[] => {
          const found = judge(contour, profile, contents);
          return found ? [{ ...found, path: contour.path, structure: contour.structure }] : [];
        }),
      ),
  };
}

function mixedTypes({ drawn }: Contents): Finding[] {
  return drawn.filter(({ contours }) => contours.some(({ geometricType }) => geometricType === XOR) && contours.some(({ geometricType }) => geometricType !== XOR)).map(({ path, structure }) => ({
    severity: 'error', keyword: 'ContourGeometricType', path, structure,
    message: `Contours of type ${XOR} stand beside others. Expected all or none of that type in one ROI, else holes are read differently; write them alike.`,
  }));
}

/** How the contours are written. */
export const CONTOUR_RULES: readonly Rule[] = [
  ofEachContour('geometric-type', 'PS3.3 C.8.8.6.1', ({ geometricType }) =>
    geometricType === '' || TYPES[geometricType] ? undefined
      : { severity: 'error', keyword: 'ContourGeometricType', message: `The geometric type is none that the standard knows. Expected ${Object.keys(TYPES).join(', ')}.` }),
  { id: 'mixed-types', source: 'PS3.3 C.8.8.6.1', check: mixedTypes },
  ofEachContour('hole-style', 'PS3.3 C.8.8.6.3', ({ geometricType }, { holes }) =>
    holes.value === 'xor' || geometricType !== XOR ? undefined
      : { severity: 'warning', keyword: 'ContourGeometricType', source: holes.source, message: `The contour is of type ${XOR}, which older importers do not know. Expected keyholes; write holes so.` }),
  ofEachContour('coordinate-form', 'PS3.5 6.2, DS', ({ areNumbers, longestValue }, { coordinateCharacters: { value, source } }) => {
    if (longestValue > value) return { severity: 'error', keyword: 'ContourData', source, message: `A coordinate has more than ${value} characters. Expected ${value} at most; round to 0.01 mm.` };
    return areNumbers ? undefined : { severity: 'error', keyword: 'ContourData', message: 'A coordinate is no decimal number. The file is damaged; export it anew.' };
  }),
  ofEachContour('point-number', 'PS3.3 C.8.8.6', ({ item, points }) => {
    const declared = valuesOf(item, 'NumberOfContourPoints').map(Number);
    return points.length > 0 && declared.length === 1 && points.length !== declared[0] * 3
      ? { severity: 'error', keyword: 'NumberOfContourPoints', message: 'The number of points is not a third of the number of coordinates. The contour is cut short or damaged; export it anew.' } : undefined;
  }),
  ofEachContour('point-count', 'PS3.3 C.8.8.6.1', ({ geometricType, points }) => {
    const type = TYPES[geometricType];
    const count = points.length / 3;
    return type && count > 0 && (count < type.least || count > type.most)
      ? { severity: 'error', keyword: 'ContourData', message: `A contour of type ${geometricType} has too ${count < type.least ? 'few' : 'many'} points. Expected ${type.least}${type.most === type.least ? '' : ' or more'}; leave it out or correct its type.` } : undefined;
  }),
  ofEachContour('coplanar', 'PS3.3 C.8.8.6.1', ({ geometricType, offPlaneMm }) =>
    TYPES[geometricType]?.planar && offPlaneMm > OFF_PLANE_MM
      ? { severity: 'error', keyword: 'ContourData', message: `The points of a planar contour lie more than ${OFF_PLANE_MM} mm off one plane. Draw it on one slice.` } : undefined),
  ofEachContour('closing-point', 'PS3.3 C.8.8.6.1', ({ geometricType, isReadable, points }) =>
    isReadable && TYPES[geometricType]?.closed && points.length > 3 && [0, 1, 2].every((axis) => points[axis] === points[points.length - 3 + axis])
      ? { severity: 'warning', keyword: 'ContourData', message: 'The first point of a closed contour is repeated as its last. Leave the last one out.' } : undefined),
  ofEachContour('zero-area', 'PS3.3 C.8.8.6.1', ({ geometricType, isReadable, points, areaMm2 }) =>
    isReadable && TYPES[geometricType]?.closed && points.length >= 9 && areaMm2 < LEAST_AREA_MM2
      ? { severity: 'error', keyword: 'ContourData', message: 'A closed contour encloses no area. Leave it out.' } : undefined),
  ofEachContour('contour-data-bytes', 'PS3.3 table C.8-42, note', ({ byteLength }, { contourDataBytes: { value, source } }, { transferSyntaxUid }) => {
    if (byteLength <= value) return undefined;
    const implicit = transferSyntaxUid === IMPLICIT_LITTLE_ENDIAN;
    return {
      severity: implicit ? 'warning' : 'error', keyword: 'ContourData', source,
      message: `Contour Data has more than ${value} bytes${implicit ? ', so it cannot be sent on in explicit VR' : ', so its VR is written as UN, which importers refuse'}. Outline it with fewer points.`,
    };
  }),
  ofEachContour('contour-image', 'PS3.3 C.8.8.6, type 3', ({ geometricType, imageUids }, { references: { value, source } }) =>
    TYPES[geometricType]?.planar && imageUids.length === 0
      ? { severity: value.contourImage, keyword: 'ContourImageSequence', source, message: 'A planar contour names no image. Name the one that it lies on.' } : undefined),
];
