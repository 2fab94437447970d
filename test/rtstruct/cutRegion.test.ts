import { describe, expect, it } from '@jest/globals';
import { signedArea } from '../../src/rtstruct/contour.ts';
import { cutRegion } from '../../src/rtstruct/cutRegion.ts';
import { evenOddArea } from '../../src/rtstruct/evenOddRegion.ts';

const square = (x: number, y: number, size: number): Float64Array => Float64Array.of(x, y, x + size, y, x + size, y + size, x, y + size);
const reversed = (ring: Float64Array): Float64Array => Float64Array.from({ length: ring.length }, (_, index) => ring[ring.length - 2 - 2 * (index >> 1) + (index & 1)]);

/** A ring with many spikes, so that a line passes it many times. */
function star(cx: number, cy: number, spikes: number, inner: number, outer: number, turned = 0): Float64Array {
  return Float64Array.from({ length: spikes * 4 }, (_, at) => {
    const angle = ((Math.floor(at / 2) + turned) / spikes) * Math.PI;
    const radius = Math.floor(at / 2) % 2 === 0 ? outer : inner;
    return at % 2 === 0 ? cx + radius * Math.cos(angle) : cy + radius * Math.sin(angle);
  });
}

/** The parts, after a check of all that a cut promises. */
function checked(rings: Float64Array[], axis: 0 | 1, at: number): Float64Array[][] {
  const parts = cutRegion(rings, axis, at);
  if (!parts) throw new Error('a point lies on the line');
  for (const part of parts) {
    const values = part.flatMap((ring) => [...ring.filter((_, index) => index % 2 === axis)]);
    expect(values.every((value) => value <= at) || values.every((value) => value >= at)).toBe(true);
    const [outer, ...holes] = part.map((ring) => Math.abs(signedArea(ring)));
    // Holes lie inside and apart, so nothing cancels out but them.
    expect(evenOddArea(part)).toBeCloseTo(holes.reduce((area, hole) => area - hole, outer), 9);
  }
  expect(parts.reduce((sum, part) => sum + evenOddArea(part), 0)).toBeCloseTo(evenOddArea(rings), 9);
  expect(evenOddArea(parts.flat())).toBeCloseTo(evenOddArea(rings), 9);
  return parts;
}

describe('cutRegion', () => {
  it('cuts a square in two, across columns or across rows', () => {
    expect(checked([square(0, 0, 4)], 0, 1.25).map(([ring]) => Math.abs(signedArea(ring)))).toEqual([5, 11]);
    expect(checked([square(0, 0, 4)], 1, 3.25).map(([ring]) => Math.abs(signedArea(ring)))).toEqual([13, 3]);
  });

  it('leaves a region whole that lies on one side', () => {
    const region = [square(0, 0, 9), square(1, 1, 2)];
    expect(checked(region, 0, 9.25)).toEqual([region]);
    expect(checked(region, 1, -0.25)).toEqual([region]);
  });

  it('gives each hole to the part that it lies in, and opens those that the line passes', () => {
    const parts = checked([square(0, 0, 30), square(2, 2, 3), square(20, 4, 5), square(10, 10, 8), square(13, 22, 4)], 0, 14.25);
    expect(parts.map(({ length }) => length)).toEqual([2, 2]);
    expect(parts[0][1]).toEqual(square(2, 2, 3));
    expect(parts[1][1]).toEqual(square(20, 4, 5));
  });

  it('does not depend on the senses of rotation', () => {
    for (const outer of [square(0, 0, 30), reversed(square(0, 0, 30))]) {
      for (const hole of [square(10, 10, 8), reversed(square(10, 10, 8))]) expect(checked([outer, hole, square(3, 3, 2)], 0, 14.25)).toHaveLength(2);
    }
  });

  it('takes a comb apart into its teeth', () => {
    const teeth = 20;
    const comb = [0, 0, ...Array.from({ length: teeth }, (_, tooth) => [30, 2 * tooth, 30, 2 * tooth + 1, 2, 2 * tooth + 1, 2, 2 * tooth + 2]).flat(), 0, 2 * teeth];
    expect(checked([Float64Array.from(comb)], 0, 10.25)).toHaveLength(teeth + 1);
  });

  it('cuts rings that the line passes many times, with holes that it passes too', () => {
    for (const turned of [0, 0.3, 0.77]) {
      for (const axis of [0, 1] as const) {
        for (const at of [-17.25, -3.25, 0.25, 11.75]) checked([star(0, 0, 61, 20, 40, turned), star(0, 0, 23, 5, 15, turned), star(17, 0, 5, 0.5, 1.5), star(0, -17, 5, 0.5, 1.5)], axis, at);
      }
    }
  });

  it('keeps holes that touch their region or each other at a corner', () => {
    checked([square(0, 0, 12), Float64Array.of(0, 4, 2, 3, 2, 5), square(4, 4, 2), square(6, 6, 2)], 0, 5.25);
  });

  it('cuts nothing where a point lies on the line', () => {
    expect(cutRegion([square(0, 0, 4), square(1, 1, 2)], 0, 1)).toBeUndefined();
  });
});
