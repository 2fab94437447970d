/** A figure of a pair of structures: what it is called, its unit where it has one, and how it is defined. */
export interface Definition {
  title: string;
  unit?: 'mm' | 'slices';
  /** One line that says all that another tool needs to arrive at the same number. */
  definition: string;
}

const SURFACE = 'surfaces of marching cubes between voxel centres, their elements weighted by area (DeepMind surface-distance)';

const PATH = 'contours per slice by marching squares between voxel centres; Vaassen 2020, who counts contour voxels';

/** The figures of `PairMetrics` and their definitions, in the order in which they are shown; for every place that shows one. */
export const definitions = {
  dsc: { title: 'DSC', definition: '2 · volume in common / sum of volumes, each slice with its own thickness' },
  iou: { title: 'IoU', definition: 'volume in common / volume of either (Jaccard index)' },
  precision: { title: 'Precision', definition: 'volume in common / volume of the test' },
  recall: { title: 'Recall', definition: 'volume in common / volume of the reference (sensitivity)' },
  accuracy: { title: 'Accuracy', definition: 'share of the whole image on which both agree, inside or outside: it grows with the field of view' },
  conformity: { title: 'Conformity', definition: '1 − (volume of either alone) / volume in common (Chang 2009)' },
  volumeRatio: { title: 'Volume ratio', definition: 'volume of the test / volume of the reference' },
  hdMm: { title: 'HD', unit: 'mm', definition: `largest distance from either surface to the other; ${SURFACE}` },
  hd95Mm: { title: 'HD95', unit: 'mm', definition: `larger of the two directed 95th percentiles; ${SURFACE}` },
  pooledHd95Mm: { title: 'pooled HD95', unit: 'mm', definition: `95th percentile of the distances of both directions together; ${SURFACE}` },
  msdMm: { title: 'MSD', unit: 'mm', definition: `mean of the two directed mean distances; ${SURFACE}` },
  surfaceDsc: { title: 'Surface DSC', definition: `share of the area of both surfaces that lies within the tolerance τ of the other (Nikolov 2021); ${SURFACE}` },
  addedPathMm: { title: 'APL', unit: 'mm', definition: `added path length: length of the reference's contours farther than the tolerance from the test's in the same slice; ${PATH}` },
  addedPathShare: { title: 'APL, relative', definition: `added path length / length of the reference's contours; ${PATH}` },
  changedSlices: { title: 'Changed slices', unit: 'slices', definition: 'slices in which there is something to draw (APL above 0) or to remove (the test alone)' },
  changedSlicesShare: { title: 'Changed slices, relative', definition: 'changed slices / slices that hold either' },
  sliceDscMean: { title: 'Slice DSC, mean', definition: 'mean of the DSC of each slice that holds either, 0 where only one does' },
  sliceDscMin: { title: 'Slice DSC, least', definition: 'least DSC of a slice that holds either, 0 where only one does' },
  centroidShiftMm: { title: 'Centroid shift', unit: 'mm', definition: 'distance between the centres of mass, each slice with its own thickness; as a vector from reference to test in LPS' },
  firstSliceMm: { title: 'First slice', unit: 'mm', definition: 'lowest slice of the test − that of the reference, by their positions along the slice normal' },
  lastSliceMm: { title: 'Last slice', unit: 'mm', definition: 'highest slice of the test − that of the reference, by their positions along the slice normal' },
} as const satisfies Record<string, Definition>;

export type Figure = keyof typeof definitions;

/** Why a figure of a pair has no value. */
export type UndefinedReason = 'both-empty' | 'reference-empty' | 'test-empty' | 'nothing-in-common';

export const undefinedReasons: Readonly<Record<UndefinedReason, string>> = {
  'both-empty': 'both are empty: nothing was there and nothing was found',
  'reference-empty': 'the reference is empty',
  'test-empty': 'the test is empty',
  'nothing-in-common': 'they have no voxel in common',
};
