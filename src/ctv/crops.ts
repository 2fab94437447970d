import { cropFromSurface, intersection, subtraction, union, withMargin } from '../algebra/index.ts';
import { grownBox, Mask, unionBox, type VoxelBox } from '../geometry/index.ts';
import { reachesFieldOfView, withUnimaged } from '../oar/index.ts';

/** Organs that targets stay out of, with what lies round them in mm. */
export const ORGANS_OUTSIDE_TARGETS: readonly { name: string; marginMm: number }[] = [
  { name: 'Lung_L', marginMm: 1 },
  { name: 'Lung_R', marginMm: 1 },
  { name: 'Heart', marginMm: 0 },
  { name: 'Glnd_Thyroid', marginMm: 0 },
];

/** Voxels round a box that a margin of a millimetre can reach from. */
const RIM_VOXELS = 8;

/**
 * The voxels in the box of the given masks that lie farther than `distanceMm` from the skin, by exact distances in three
 * dimensions. Where the image or its circle of reconstruction cuts External there is no skin.
 * @param fieldOfViewMm radius of the circle of reconstruction, undefined when the whole matrix was imaged
 * @throws RondoError `algebra-margin` when the distance is negative or no number
 */
export function underSkin(masks: readonly Mask[], external: Mask, distanceMm: number, fieldOfViewMm: number | undefined): Mask {
  const { geometry } = external;
  const { min, size } = unionBox(masks.map(({ box }) => box));
  const whole = new Mask(geometry, { min, size }, new Uint8Array(size[0] * size[1] * size[2]).fill(1));
  const cut = fieldOfViewMm !== undefined && reachesFieldOfView(external, fieldOfViewMm);
  return cropFromSurface(whole, cut ? withUnimaged(external, fieldOfViewMm) : external, distanceMm);
}

/** What organs, with their margins, hold of the box of the given masks; empty when they hold nothing of it. */
export function organsNear(masks: readonly Mask[], organs: ReadonlyMap<string, Mask>): Mask {
  const near: VoxelBox = unionBox(masks.map(({ box }) => box));
  const held = ORGANS_OUTSIDE_TARGETS.flatMap(({ name, marginMm }) => {
    const organ = organs.get(name);
    if (organ === undefined) return [];
    const part = intersectBox(organ, near);
    return [marginMm > 0 ? withMargin(part, marginMm) : part];
  });
  return held.length === 0 ? Mask.empty(masks[0].geometry) : union(held[0], ...held.slice(1));
}

/** The part of a mask in a box and a few voxels round it, in a tight box. */
function intersectBox(mask: Mask, box: VoxelBox): Mask {
  const around = grownBox(box, [RIM_VOXELS, RIM_VOXELS, RIM_VOXELS], mask.geometry.size);
  return mask.inBox(around).cropped();
}

/** The part of a target within another mask, or without it; the target itself where nothing changes. */
export function within(target: Mask, mask: Mask): Mask {
  const part = intersection(target, mask);
  return part.voxelCount === target.voxelCount ? target : part;
}

export function without(target: Mask, mask: Mask): Mask {
  return intersection(target, mask).isEmpty ? target : subtraction(target, mask);
}
