import { describe, expect, it } from '@jest/globals';
import { withMargin } from '../../src/algebra/index.ts';
import type { Mask } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block, paint } from '../support/masks.ts';

/** Voxels of 0.5 × 0.4 × 0.5 mm: fine beside the shapes. */
const geometry = makeGeometry({ size: [96, 110, 90], columnSpacingMm: 0.5, rowSpacingMm: 0.4, sliceOffsetsMm: Array.from({ length: 90 }, (_, k) => 0.5 * k) });

/** Half the diagonal of a voxel, in mm: how far the boxes of a voxelised sphere stand out at most. */
const HALF_DIAGONAL_MM = Math.hypot(0.5, 0.4, 0.5) / 2;

const ball = (radiusMm: number): Mask => paint(geometry, (i, j, k) => Math.hypot((i - 48) * 0.5, (j - 55) * 0.4, (k - 45) * 0.5) <= radiusMm);

/** Radius in mm of the ball with the mask's volume. */
const radiusMm = ({ volumeCc }: Mask): number => Math.cbrt((volumeCc * 1000 * 3) / (4 * Math.PI));

describe('shapes whose volume is known', () => {
  it('a cuboid grown by m has rounded edges and corners of radius m', () => {
    const cuboid = block(geometry, [28, 30, 28], [68, 80, 60]);
    const [a, b, c] = [20, 20, 16];
    expect(cuboid.volumeCc * 1000).toBeCloseTo(a * b * c, 6);
    for (const m of [2, 4, 6]) {
      const rounded = (r: number): number => a * b * c + 2 * m * (a * b + b * c + c * a) + Math.PI * r * r * (a + b + c) + (4 / 3) * Math.PI * r ** 3;
      const grown = withMargin(cuboid, m).volumeCc * 1000;
      // Bodies end a quarter of a voxel inside an edge that lies along the grid.
      expect([grown > rounded(m - HALF_DIAGONAL_MM), grown < 1.005 * rounded(m)]).toEqual([true, true]);
      expect(withMargin(cuboid, -m).volumeCc * 1000).toBeCloseTo((a - 2 * m) * (b - 2 * m) * (c - 2 * m), 6);
    }
  });

  it('a cuboid grown by unequal margins has edges and corners that are octants of ellipsoids', () => {
    const cuboid = block(geometry, [28, 30, 28], [68, 80, 60]);
    const [a, b, c] = [20, 20, 16];
    const [left, right, anterior, posterior, superior, inferior] = [6, 2, 4, 1, 3, 5];
    const [x, y, z] = [left + right, anterior + posterior, superior + inferior];
    // Each face carries a slab, each edge a quarter of an elliptic cylinder, each corner an eighth of an ellipsoid.
    const rounded = (short: number): number => {
      const [u, v, w] = [x, y, z].map((both) => both - 2 * short);
      return a * b * c + x * b * c + y * a * c + z * a * b + (Math.PI / 4) * (u * v * c + v * w * a + w * u * b) + (Math.PI / 6) * u * v * w;
    };
    const grown = withMargin(cuboid, { left, right, anterior, posterior, superior, inferior });
    expect(grown.box).toEqual({ min: [24, 20, 18], size: [56, 62, 48] });
    expect([grown.volumeCc * 1000 > rounded(HALF_DIAGONAL_MM), grown.volumeCc * 1000 < 1.005 * rounded(0)]).toEqual([true, true]);
  });

  // Whole voxels, whose corners stand out of the ball, would be 0.6–1.6 mm off.
  it.each([
    { what: 'a common CT', spacingMm: [1.2, 1.2, 3], grownMm: [0.4, 0.8], shrunkMm: [-0.55, 0.1] },
    { what: 'thick slices', spacingMm: [0.977, 0.977, 5], grownMm: [0.5, 1.1], shrunkMm: [-0.75, 0.65] },
    { what: 'a narrow field of view', spacingMm: [0.8, 0.8, 2], grownMm: [0.2, 0.6], shrunkMm: [-0.4, 0.1] },
  ])('a ball on the voxels of $what grows by m and hardly more, and shrinks by m', ({ spacingMm: [column, row, slice], grownMm, shrunkMm }) => {
    const size = [Math.ceil(96 / column), Math.ceil(96 / row), Math.ceil(96 / slice)] as const;
    const grid = makeGeometry({ size, columnSpacingMm: column, rowSpacingMm: row, sliceOffsetsMm: Array.from({ length: size[2] }, (_, k) => slice * k) });
    for (const [shift, radius] of [[0, 36], [0.31, 34.3], [0.77, 15.4]]) {
      const inside = paint(grid, (i, j, k) => Math.hypot(i * column - 48 - shift, j * row - 48 + shift / 2, k * slice - 48 + shift / 3) <= radius);
      const errors = [-10, -5, -3, 3, 5, 9].map((m) => ({ m, radius, offMm: radiusMm(withMargin(inside, m)) - radiusMm(inside) - m }));
      expect(errors.filter(({ m, offMm }) => !(offMm > (m > 0 ? grownMm : shrunkMm)[0] && offMm < (m > 0 ? grownMm : shrunkMm)[1]))).toEqual([]);
    }
  });

  it.each([1.5, 2, 3, 5])('the ends of a cylinder move to the slices nearest to m, on slices of %d mm', (slice) => {
    const slices = Math.ceil(90 / slice);
    const grid = makeGeometry({ size: [60, 60, slices], columnSpacingMm: 1.2, rowSpacingMm: 1.1, sliceOffsetsMm: Array.from({ length: slices }, (_, k) => slice * k) });
    const [first, last] = [Math.ceil(30 / slice), Math.floor(60 / slice)];
    const cylinder = paint(grid, (i, j, k) => k >= first && k <= last && Math.hypot((i - 30) * 1.2, (j - 30) * 1.1) <= 18);
    for (const m of [3, 4, 5, 7, 8, 10]) {
      const { min, size } = withMargin(cylinder, m).box;
      const nearest = Math.floor(m / slice + 0.5);
      expect({ m, added: [first - min[2], min[2] + size[2] - 1 - last] }).toEqual({ m, added: [nearest, nearest] });
    }
  });

  it('a ball grown or shrunk by m is a ball', () => {
    for (const m of [1, 3, 5]) {
      expect(Math.abs(radiusMm(withMargin(ball(14), m)) - 14 - m)).toBeLessThan(HALF_DIAGONAL_MM);
      expect(Math.abs(radiusMm(withMargin(ball(14), -m)) - 14 + m)).toBeLessThan(HALF_DIAGONAL_MM);
    }
  });
});
