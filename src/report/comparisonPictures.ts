import { unionBox, type Mask, type Vector3, type Volume } from '../geometry/index.ts';
import { requireSameGrid } from '../metrics/index.ts';
import type { ReportedMetrics } from './caseReport.ts';
import { chainsOf, type Chain } from './chains.ts';
import { ctSection, onSlice, windowFor, type CtSection } from './ctSection.ts';
import { outlineOf } from './outline.ts';
import { patientBox, planeViews, type PlaneView } from './planeView.ts';

/** A square section of the CT with the outlines of both structures. */
export interface ComparisonPicture extends CtSection {
  /** What is shown, and why. */
  title: string;
  /** In pixels. */
  reference: readonly Chain[];
  test: readonly Chain[];
  /** Of the farthest element, in pixels, where the plane goes through it. */
  mark?: readonly [number, number];
}

const PIXELS = 340;

/**
 * Pictures of a structure that two sets hold: the slice in which the larger area belongs to one of them alone, and the three planes through the
 * farthest element of their surfaces.
 * @throws RondoError `frame-differs` or `grid-differs` when a mask does not lie on the grid of the volume.
 */
export async function comparisonPictures(volume: Volume<Int16Array>, reference: Mask, test: Mask, { slices, surfaceMap }: Pick<ReportedMetrics, 'slices' | 'surfaceMap'>): Promise<ComparisonPicture[]> {
  for (const mask of [reference, test]) requireSameGrid(volume.geometry, mask.geometry);
  const window = windowFor(volume, reference);
  const box = patientBox(volume.geometry, unionBox([reference.cropped().box, test.cropped().box]));
  const middle = box.low.map((low, axis) => (low + box.high[axis]) / 2) as unknown as Vector3;
  const apart = ({ referenceMm2, testMm2, commonMm2 }: (typeof slices)[number]): number => referenceMm2 + testMm2 - 2 * commonMm2;
  const worst = slices.reduce((most, slice) => (apart(slice) > apart(most) ? slice : most));
  const onWorst = onSlice(volume, middle, worst.slice);
  const views: readonly { title: string; view: PlaneView; pointMm: Vector3; isThrough: boolean }[] = [
    { title: 'Worst slice', view: planeViews.axial, pointMm: onWorst, isThrough: false },
    ...(surfaceMap === undefined ? [] : (['axial', 'coronal', 'sagittal'] as const).map((name) => ({ title: `${planeViews[name].title}, greatest difference`, view: planeViews[name], pointMm: besideMm(reference, test, surfaceMap.farthest.pointMm), isThrough: true }))),
  ];
  return await Promise.all(views.map(async ({ title, view, pointMm, isThrough }): Promise<ComparisonPicture> => {
    const { section, grid, point } = await ctSection(volume, view, box, pointMm, window, PIXELS);
    return { ...section, title, reference: chainsOf(outlineOf(reference, grid)), test: chainsOf(outlineOf(test, grid)), ...(isThrough && { mark: point }) };
  }));
}

/**
 * The centre of a voxel beside an element of a surface: of one that belongs to one structure alone, where there is one. The element itself lies
 * between slices, where a difference of one voxel cannot be seen.
 */
function besideMm(reference: Mask, test: Mask, elementMm: Vector3): Vector3 {
  const { geometry } = reference;
  const [i, j, k] = geometry.toVoxel(elementMm);
  const around = Array.from({ length: 8 }, (_, corner): Vector3 => [Math.round(i - 0.5) + (corner & 1), Math.round(j - 0.5) + ((corner >> 1) & 1), Math.round(k - 0.5) + (corner >> 2)]);
  const differing = around.find(([x, y, z]) => reference.has(x, y, z) !== test.has(x, y, z));
  return geometry.toPatient(differing ?? around[0]);
}

