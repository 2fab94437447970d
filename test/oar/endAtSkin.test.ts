import { describe, expect, it } from '@jest/globals';
import { intersection, subtraction, union } from '../../src/algebra/index.ts';
import type { Mask, Volume } from '../../src/geometry/index.ts';
import { postProcess } from '../../src/oar/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { ctOf, paintMm } from '../support/masks.ts';

/** 1.5 × 1.2 mm pixels: two steps along rows or columns lie within 3 mm. */
const geometry = makeGeometry({
  size: [200, 180, 30], columnSpacingMm: 1.5, rowSpacingMm: 1.2, originMm: [-150, -108, -75], sliceOffsetsMm: Array.from({ length: 30 }, (_, k) => 5 * k + (k % 2)),
});
const trunk = (grownMm: number): Mask => paintMm(geometry, (x, y) => (x / (110 + grownMm)) ** 2 + (y / (80 + grownMm)) ** 2 <= 1);
const lung = paintMm(geometry, (x, y, z) => ((x - 50) / 35) ** 2 + (y / 45) ** 2 + (z / 50) ** 2 <= 1);
/** A cut under a breast: 4 mm wide, open to the side, 20 mm deep. */
const fold = paintMm(geometry, (x, y) => x < -90 && Math.abs(y - 10) < 2);
const body = subtraction(trunk(0), fold);
const external = (mask: Mask, ct: Volume<Int16Array>): Mask => postProcess([{ name: 'Lung_L', mask: lung }, { name: 'External', mask }], ct).found[1].mask;
const differs = (a: Mask, b: Mask): number => subtraction(a, b).voxelCount + subtraction(b, a).voxelCount;
/** Air round `solid`, and air in the lung. */
function ct(solid: Mask): Volume<Int16Array> {
  const image = ctOf(geometry, -1000);
  fill(image, solid, 20);
  fill(image, intersection(solid, lung), -850);
  return image;
}

function fill(image: Volume<Int16Array>, { box: { min, size }, voxels }: Mask, hu: number): void {
  const [columns, rows] = geometry.size;
  voxels.forEach((value, at) => {
    const [i, j, k] = [at % size[0], Math.floor(at / size[0]) % size[1], Math.floor(at / (size[0] * size[1]))].map((step, axis) => step + min[axis]);
    if (value === 1) image.voxels[(k * rows + j) * columns + i] = hu;
  });
}

describe('the outline of External', () => {
  it('lies where the air begins, though the network marked a millimetre or two of it', () => {
    expect(differs(trunk(1.2), trunk(0))).toBeGreaterThan(5000);
    expect(differs(external(trunk(1.2), ct(trunk(0))), trunk(0))).toBe(0);
  });

  it('moves inwards by no more than 3 mm, and into no lung', () => {
    const kept = external(trunk(8), ct(trunk(0)));
    expect(subtraction(trunk(4.5), kept).voxelCount).toBe(0);
    expect(subtraction(kept, trunk(7)).voxelCount).toBe(0);
    expect(subtraction(lung, kept).voxelCount).toBe(0);
  });

  it('opens a fold from outside', () => {
    const kept = external(trunk(0), ct(body));
    expect(subtraction(trunk(0), kept).voxelCount).toBeGreaterThan(0);
    expect(subtraction(body, kept).voxelCount).toBe(0);
  });

  it('lets go of what of a couch only air held to the back, and keeps an arm and the tip of a breast', () => {
    const sheet = paintMm(geometry, (x, y, z) => Math.abs(x) < 24 && Math.abs(x % 8) < 2 && y > 82 && y < 85 && z > -68);
    /** Where the back lies on it. */
    const contact = paintMm(geometry, (x, y, z) => Math.abs(x) < 24 && y > 60 && y < 85 && z < -68);
    const arm = paintMm(geometry, (x, y) => (x - 130) ** 2 + y ** 2 <= 15 ** 2);
    const tip = paintMm(geometry, (x, y, z) => z > 60 && (x + 125) ** 2 + (y + 60) ** 2 <= 4 ** 2);
    const shoulder = paintMm(geometry, (x, y, z) => x > 80 && x < 130 && Math.abs(y) < 12 && z > 55);
    const solid = union(trunk(0), arm, tip, contact, shoulder);
    const marked = union(trunk(1.2), paintMm(geometry, (x, y) => Math.abs(x) < 24 && Math.abs(x % 8) < 2 && y > 60 && y < 85), arm, tip, paintMm(geometry, (x, y) => x > 100 && x < 120 && Math.abs(y) < 2.5));
    // The tip hangs on the trunk by the slices below, which the image of a whole body would show.
    const joined = union(solid, paintMm(geometry, (x, y, z) => z > 50 && z < 62 && x < -70 && x > -128 && Math.abs(y + 55) < 10));
    const kept = external(union(marked, joined), ct(union(joined, sheet)));
    expect(sheet.voxelCount).toBeGreaterThan(300);
    expect(subtraction(sheet, kept).voxelCount).toBe(sheet.voxelCount);
    expect(subtraction(union(arm, tip), kept).voxelCount).toBe(0);
    expect(subtraction(trunk(0), kept).voxelCount).toBe(0);
  });

  it('stays where there is tissue, where the network missed some, and where the image ends', () => {
    expect(differs(external(trunk(-3), ct(trunk(0))), trunk(-3))).toBe(0);
    const toEnd = paintMm(geometry, (x, y) => x > -100 && Math.abs(y) < 60);
    const openLung = union(lung, paintMm(geometry, (x, y) => x > 120 && Math.abs(y) < 30));
    const image = ct(toEnd);
    fill(image, openLung, -850);
    expect(differs(external(toEnd, image), toEnd)).toBe(0);
  });

  it('lies under a wire on the skin with its halo, and bones and veins near the skin stay', () => {
    const near = (x: number, y: number): boolean => x > -60 && x < 70 && y < 0;
    const wire = subtraction(paintMm(geometry, (x, y, z) => near(x, y) && z > -40 && z < 40 && (x / 112) ** 2 + (y / 82) ** 2 <= 1), trunk(0));
    const halo = subtraction(paintMm(geometry, (x, y, z) => near(x, y) && z > -40 && z < 40 && (x / 113.2) ** 2 + (y / 83.2) ** 2 <= 1), union(trunk(0), wire));
    /** A clavicle 4 mm under the skin, 12 mm thick, and a vein of 3 mm as near. */
    const bone = paintMm(geometry, (x, y) => Math.hypot(x + 70, y + 51) < 6);
    const vein = paintMm(geometry, (x, y) => Math.hypot(x - 30, y + 71) < 1.8);
    const image = ct(trunk(0));
    for (const [mask, hu] of [[wire, 900], [halo, -60], [bone, 500], [vein, 300]] as const) fill(image, mask, hu);
    expect([wire, halo, bone, vein].map(({ voxelCount }) => voxelCount > 50)).toEqual([true, true, true, true]);
    const kept = external(union(trunk(0), wire, halo), image);
    expect(intersection(kept, wire).voxelCount).toBe(0);
    expect(subtraction(kept, trunk(0)).voxelCount).toBeLessThan(0.1 * halo.voxelCount);
    // At either end of the wire a pixel of skin may go with the halo.
    expect(subtraction(trunk(0), kept).voxelCount).toBeLessThanOrEqual(2 * wire.box.size[2]);
  });

  it('loses a staple and no more', () => {
    const staple = intersection(trunk(0), paintMm(geometry, (x, y, z) => Math.abs(x) < 3 && y < -77 && z > 0 && z < 6));
    const image = ct(trunk(0));
    fill(image, staple, 2000);
    const lost = subtraction(trunk(0), external(trunk(0), image));
    expect(subtraction(staple, lost).voxelCount).toBe(0);
    expect(lost.voxelCount).toBeLessThanOrEqual(2 * staple.voxelCount);
  });

  it('says how much it took', () => {
    const [{ notes }] = postProcess([{ name: 'External', mask: trunk(1.2) }], ct(trunk(0))).found;
    expect(notes.join()).toMatch(/air, wires and markers at its outline removed: \d+\.\d cm³/);
  });
});
