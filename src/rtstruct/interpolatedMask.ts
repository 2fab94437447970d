import { Mask, type VolumeGeometry, type VoxelBox } from '../geometry/index.ts';
import { drawnPlanes, type PlacingOptions } from './drawnPlanes.ts';
import { gapAfterEach, type Gap } from './gaps.ts';
import type { StructureMask } from './maskOfStructure.ts';
import type { PlaneStack } from './planeStack.ts';
import { fillRings } from './rasterize.ts';
import type { FileContour, Structure, StructureSet } from './structureSet.ts';

/**
 * Finds the shapes between those of two planes.
 * @param first, second 0 or 1, row-major, `columns` wide; each holds a 1
 * @param steps even steps from the first plane to the second, a power of two
 * @returns the steps − 1 planes between them in order, like `first`
 */
export type PlaneInterpolation = (first: Uint8Array, second: Uint8Array, columns: number, steps: number) => Promise<Uint8Array[]>;

export interface InterpolatedMask extends StructureMask {
  /** Planes of voxels that were interpolated, ascending; never those that have contours of their own. */
  interpolated: number[];
}

/**
 * Steps that the way from one plane of contours to the next may be cut into: halves of halves, since the shape between
 * two others that is well defined is the one in the middle.
 */
const STEPS = [2, 4, 8, 16] as const;

/** Share of that way by which an interpolated plane may lie beside its plane of voxels where fewer steps do: 0.2 mm at most. */
const NEAR_SHARE = 0.02;

/**
 * The voxels of a structure whose contours lie on wider planes than the voxels', or between them: what `maskOfStructure`
 * gives, and between neighbouring planes of contours the shapes that `interpolate` finds, where these planes lie no
 * farther apart than usual and than 10 mm (`coarse` gaps). Other gaps stay open and are listed, and nothing is drawn
 * beyond the first and the last contour. Each plane of voxels takes the nearest of up to 16 even steps.
 *
 * @throws RondoError as `maskOfStructure`, and what `interpolate` throws
 */
export async function interpolatedMask(
  set: Pick<StructureSet<FileContour>, 'reference'>,
  structure: Pick<Structure<FileContour>, 'contours'>,
  geometry: VolumeGeometry,
  interpolate: PlaneInterpolation,
  options: PlacingOptions = {},
): Promise<InterpolatedMask> {
  const drawn = drawnPlanes(set, structure, geometry, options);
  const { stack, planes, offGrid } = drawn;
  const { box, voxels } = fillRings(planes.flatMap(({ rings }, plane) => rings.map(({ coordinates }) => ({ plane, coordinates }))), [stack.size[0], stack.size[1], planes.length]);
  const [columns, rows] = box.size;
  const shapes = planes.map((_, index) => {
    const from = (index - box.min[2]) * columns * rows;
    const shape = from < 0 ? undefined : voxels.subarray(from, from + columns * rows);
    return shape?.includes(1) ? shape : undefined;
  });

  const interpolated = new Map<number, Uint8Array>();
  const used = new Set(planes.flatMap(({ plane }, index) => (plane === undefined ? [] : [index])));
  const open: Gap[] = [];
  for (const [index, gap] of gapAfterEach(drawn).entries()) {
    if (gap === undefined) continue;
    const [first, second] = [shapes[index], shapes[index + 1]];
    // A plane of contours without a single voxel, a tip mostly, leads nowhere.
    if (gap.kind === 'open' || first === undefined || second === undefined) {
      open.push(gap);
      continue;
    }
    const shares = Array.from({ length: gap.last - gap.first + 1 }, (_, n) => (stack.positionMm(gap.first + n) - planes[index].positionMm) / gap.distanceMm);
    const steps = stepsFor(shares);
    const way = [first, ...(await interpolate(first, second, columns, steps)), second];
    shares.forEach((share, n) => interpolated.set(gap.first + n, way[Math.round(share * steps)]));
    used.add(index).add(index + 1);
  }

  const onGrid = planes.flatMap(({ plane }, index): [number, Uint8Array][] => {
    const shape = shapes[index];
    return plane === undefined || shape === undefined ? [] : [[plane, shape]];
  });
  const usedPlanes = planes.filter((_, index) => used.has(index));
  const placed = new Set(usedPlanes.flatMap(({ rings, problems }) => [...rings, ...problems].map(({ index }) => index)));
  return {
    mask: maskOfShapes(stack, box, [...onGrid, ...interpolated]),
    problems: [...offGrid.filter(({ index }) => !placed.has(index)), ...usedPlanes.flatMap(({ problems }) => problems)].sort((one, other) => one.index - other.index),
    gaps: open,
    axis: stack.axis,
    interpolated: [...interpolated.keys()].sort((one, other) => one - other),
  };
}

/** The fewest steps that bring a plane near each share of the way. */
function stepsFor(shares: readonly number[]): number {
  return STEPS.find((steps) => shares.every((share) => Math.abs(share - Math.round(share * steps) / steps) <= NEAR_SHARE)) ?? STEPS[STEPS.length - 1];
}

/** Shapes on planes of voxels, each as wide and high as the box, as a mask. */
function maskOfShapes(stack: PlaneStack, { min, size: [columns, rows] }: VoxelBox, shapes: readonly [plane: number, shape: Uint8Array][]): Mask {
  if (shapes.length === 0) return Mask.empty(stack.geometry);
  const at = shapes.map(([plane]) => plane);
  const [first, last] = [Math.min(...at), Math.max(...at)];
  const voxels = new Uint8Array(columns * rows * (last - first + 1));
  for (const [plane, shape] of shapes) voxels.set(shape, (plane - first) * columns * rows);
  return stack.mask({ min: [min[0], min[1], first], size: [columns, rows, last - first + 1] }, voxels);
}
