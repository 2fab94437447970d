import { unionBox, type Mask, type Vector3, type Volume } from '../../geometry/index.ts';
import { requireSameGrid } from '../../metrics/index.ts';
import type { DrawnContour } from '../casePictures.ts';
import { chainsOf } from '../chains.ts';
import { ctSection, onSlice, windowFor, type CtSection } from '../ctSection.ts';
import { outlineOf } from '../outline.ts';
import { patientBox, planeViews, type PlaneView } from '../planeView.ts';
import { CONSENSUS_CLASS, observerClass } from './observerLines.ts';

/** A section of the CT with the contours of all observers and of the consensus, which comes first: broad, it is seen below them. */
export interface ObserversPicture extends CtSection {
  title: string;
  contours: readonly DrawnContour[];
}

const PIXELS = 420;

/**
 * Pictures of one structure: the slice where the observers differ most, and the two other planes through the middle of all that they drew.
 * @param drawn by observer; undefined where not drawn
 * @throws RondoError `frame-differs` or `grid-differs` when a mask does not lie on the grid of the volume
 */
export async function observersPictures(volume: Volume<Int16Array>, drawn: readonly (Mask | undefined)[], consensus: Mask | undefined, worstSlice: number): Promise<ObserversPicture[]> {
  const held = drawn.filter((mask) => mask !== undefined);
  for (const mask of held) requireSameGrid(volume.geometry, mask.geometry);
  const window = windowFor(volume, consensus ?? held[0]);
  const box = patientBox(volume.geometry, unionBox(held.map((mask) => mask.cropped().box)));
  const middle = box.low.map((low, axis) => (low + box.high[axis]) / 2) as unknown as Vector3;
  const views: readonly { title: string; view: PlaneView; pointMm: Vector3 }[] = [
    { title: 'Slice where they differ most', view: planeViews.axial, pointMm: onSlice(volume, middle, worstSlice) },
    { title: 'Coronal, through the middle', view: planeViews.coronal, pointMm: middle },
    { title: 'Sagittal, through the middle', view: planeViews.sagittal, pointMm: middle },
  ];
  return await Promise.all(views.map(async ({ title, view, pointMm }): Promise<ObserversPicture> => {
    const { section, grid } = await ctSection(volume, view, box, pointMm, window, PIXELS);
    const contours = drawn.flatMap((mask, observer): DrawnContour[] => (mask === undefined ? [] : [{ className: observerClass(observer), chains: chainsOf(outlineOf(mask, grid)) }]));
    return { ...section, title, contours: [...(consensus === undefined ? [] : [{ className: CONSENSUS_CLASS, chains: chainsOf(outlineOf(consensus, grid)) }]), ...contours] };
  }));
}
