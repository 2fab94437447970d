import { norm, subtract, type Mask, type Vector3 } from '../geometry/index.ts';
import { forEachRun } from './bitMask.ts';
import type { Overlap } from './overlap.ts';

/** Where the test's centre of mass lies from the reference's: a vector in patient coordinates (LPS, mm) and its length. */
export interface CentroidShift {
  vectorMm: Vector3;
  lengthMm: number;
}

/** How far one end of the test lies from the same end of the reference, along the slice normal: positive in its direction. */
export interface EndDifference {
  /** Index of the slice where each ends. */
  reference: number;
  test: number;
  /** `test` − `reference`. */
  slices: number;
  /** The same from slice to slice, by their own positions. */
  mm: number;
}

/** The slices with the lowest and the highest index that hold a structure: in axial images of a supine patient (HFS) the caudal and the cranial end. */
export interface ExtentDifferences {
  first: EndDifference;
  last: EndDifference;
}

/** The centre of mass (LPS, mm) of a mask, each slice with its own thickness; undefined when it is empty. */
export function centroidMm(mask: Mask): Vector3 | undefined {
  const { geometry, box: { min, size: [, , slices] } } = mask;
  const ofSlices = Array.from({ length: slices }, () => ({ count: 0, i: 0, j: 0 }));
  forEachRun(mask, (y, z, from, to) => {
    const slice = ofSlices[z];
    slice.count += to - from;
    slice.i += ((to - from) * (from + to - 1)) / 2;
    slice.j += (to - from) * y;
  });
  const sum = { weight: 0, i: 0, j: 0, offsetMm: 0 };
  for (const [z, { count, i, j }] of ofSlices.entries()) {
    const thicknessMm = geometry.sliceThicknessMm(min[2] + z);
    sum.weight += count * thicknessMm;
    sum.i += i * thicknessMm;
    sum.j += j * thicknessMm;
    sum.offsetMm += count * thicknessMm * middleMm(mask, min[2] + z);
  }
  if (sum.weight === 0) return undefined;
  return geometry.toPatient([min[0] + sum.i / sum.weight, min[1] + sum.j / sum.weight, geometry.sliceIndexAt(sum.offsetMm / sum.weight)]);
}

/** Undefined when one of the masks is empty. */
export function centroidShift(reference: Mask, test: Mask): CentroidShift | undefined {
  const [from, to] = [centroidMm(reference), centroidMm(test)];
  if (!from || !to) return undefined;
  const vectorMm = subtract(to, from);
  return { vectorMm, lengthMm: norm(vectorMm) };
}

/** Undefined when one of the masks is empty. */
export function extentDifferences({ slices }: Overlap, { geometry }: Mask): ExtentDifferences | undefined {
  const [inReference, inTest] = [slices.filter(({ reference }) => reference > 0), slices.filter(({ test }) => test > 0)];
  if (inReference.length === 0 || inTest.length === 0) return undefined;
  const difference = (index: 0 | -1): EndDifference => {
    const [reference, test] = [inReference, inTest].map((held) => held.at(index)?.slice ?? 0);
    return { reference, test, slices: test - reference, mm: geometry.sliceOffsetAt(test) - geometry.sliceOffsetAt(reference) };
  };
  return { first: difference(0), last: difference(-1) };
}

/** Middle of what slice k stands for along the normal: on uneven slices not its own position. */
function middleMm({ geometry }: Mask, k: number): number {
  return (geometry.sliceOffsetAt(k - 0.5) + geometry.sliceOffsetAt(k + 0.5)) / 2;
}
