import { Mask, type Volume } from '../geometry/index.ts';

/** Half way between air and water: where the skin fills half of a pixel. */
const AIR_BELOW_HU = -500;

/** How deep air is looked for, in mm: a voxel of the models. What lies deeper under the skin is lung or bowel, or a wound. */
const DEPTH_MM = 3;

/**
 * A mask without the air at its outline: a pixel of air leaves it that touches, within its slice, what does not belong to it, and
 * then the next, up to 3 mm deep. A network that sees voxels of 3 mm closes narrow folds and rounds what the CT shows sharply;
 * what keeps a distance from the skin must not measure it from there. Where the image ends there is no outline.
 * @param image CT in HU on the grid of the mask
 */
export function withoutSurfaceAir(mask: Mask, image: Volume<Int16Array>): Mask {
  const { geometry, box } = mask;
  const [columns, rows] = geometry.size;
  const [width, height, slices] = box.size;
  const voxels = mask.voxels.slice();
  const passes = Math.max(1, Math.floor(DEPTH_MM / Math.min(geometry.columnSpacingMm, geometry.rowSpacingMm)));
  /** 1 beyond the image, where nothing is known; 0 in the image beside the box. */
  const beside = (i: number, j: number): number => (i < 0 || j < 0 || i >= columns || j >= rows ? 1 : 0);

  for (let z = 0; z < slices; z++) {
    const plane = voxels.subarray(z * width * height, (z + 1) * width * height);
    const air: number[] = [];
    for (let y = 0; y < height; y++) {
      const line = ((z + box.min[2]) * rows + y + box.min[1]) * columns + box.min[0];
      for (let x = 0; x < width; x++) if (plane[y * width + x] === 1 && image.voxels[line + x] < AIR_BELOW_HU) air.push(y * width + x);
    }
    for (let pass = 0; pass < passes; pass++) {
      const open = air.filter((at) => {
        if (plane[at] === 0) return false;
        const x = at % width;
        const y = (at - x) / width;
        const [i, j] = [x + box.min[0], y + box.min[1]];
        const left = x > 0 ? plane[at - 1] : beside(i - 1, j);
        const right = x < width - 1 ? plane[at + 1] : beside(i + 1, j);
        const front = y > 0 ? plane[at - width] : beside(i, j - 1);
        const back = y < height - 1 ? plane[at + width] : beside(i, j + 1);
        return left + right + front + back < 4;
      });
      if (open.length === 0) break;
      for (const at of open) plane[at] = 0;
    }
  }
  return new Mask(geometry, box, voxels).cropped();
}
