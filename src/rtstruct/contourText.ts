import { decimalString, type PlanningCt } from '../dicom/index.ts';
import { stackingAxis } from './filePrecision.ts';

/** What stands behind the whole millimetres of a coordinate at file precision: '' for 0, '.01' to '.99'. */
const HUNDREDTHS = Array.from({ length: 100 }, (_, hundredths) => String(hundredths / 100).slice(1));

/**
 * Contour Data (3006,0050) of points at file precision (x, y, z of each, LPS, mm) on a slice of the CT: across the
 * slices the position of the image itself, so that both agree to the last digit.
 */
export function contourText(points: Float64Array, slice: number, ct: PlanningCt): string {
  const across = stackingAxis(ct.volume.geometry);
  const position = across === undefined ? '' : decimalString(ct.slices[slice].imagePositionMm[across]);
  const texts = new Array<string>(points.length);
  for (let at = 0; at < points.length; at++) texts[at] = at % 3 === across ? position : coordinateText(points[at]);
  return texts.join('\\');
}

/** The same as `String` of it; coordinates at file precision are many, and put together from two parts they take less than half the time. */
function coordinateText(coordinate: number): string {
  const hundredths = Math.round(Math.abs(coordinate) * 100);
  if (hundredths / 100 !== Math.abs(coordinate) || hundredths > 2 ** 31) return String(coordinate);
  const whole = Math.floor(hundredths / 100);
  return `${coordinate < 0 ? '-' : ''}${whole}${HUNDREDTHS[hundredths - whole * 100]}`;
}
