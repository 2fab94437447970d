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
      const exact = a * b * c + 2 * m * (a * b + b * c + c * a) + Math.PI * m * m * (a + b + c) + (4 / 3) * Math.PI * m ** 3;
      expect((withMargin(cuboid, m).volumeCc * 1000) / exact).toBeCloseTo(1, 2);
      expect(withMargin(cuboid, -m).volumeCc * 1000).toBeCloseTo((a - 2 * m) * (b - 2 * m) * (c - 2 * m), 6);
    }
  });

  it('a cuboid grown by unequal margins has edges and corners that are octants of ellipsoids', () => {
    const cuboid = block(geometry, [28, 30, 28], [68, 80, 60]);
    const [a, b, c] = [20, 20, 16];
    const [left, right, anterior, posterior, superior, inferior] = [6, 2, 4, 1, 3, 5];
    const [x, y, z] = [left + right, anterior + posterior, superior + inferior];
    // Each face carries a slab, each edge a quarter of an elliptic cylinder, each corner an eighth of an ellipsoid.
    const exact = a * b * c + x * b * c + y * a * c + z * a * b + (Math.PI / 4) * (x * y * c + y * z * a + x * z * b) + (Math.PI / 6) * x * y * z;
    const grown = withMargin(cuboid, { left, right, anterior, posterior, superior, inferior });
    expect((grown.volumeCc * 1000) / exact).toBeCloseTo(1, 2);
  });

  it('a ball grown or shrunk by m is a ball', () => {
    for (const m of [1, 3, 5]) {
      expect(Math.abs(radiusMm(withMargin(ball(14), m)) - 14 - m)).toBeLessThan(HALF_DIAGONAL_MM);
      expect(Math.abs(radiusMm(withMargin(ball(14), -m)) - 14 + m)).toBeLessThan(HALF_DIAGONAL_MM);
    }
  });
});
