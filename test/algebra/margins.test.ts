import { describe, expect, it } from '@jest/globals';
import { cropFromOrgan, cropFromSurface, intersection, ring, subtraction, withMargin, type DirectionalMarginsMm } from '../../src/algebra/index.ts';
import { Mask, type VolumeGeometry } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { block, paint, speckle } from '../support/masks.ts';
import { bruteGrown, bruteShrunk, imageAxes, PATIENT_AXES, patientEnds, uniformEnds } from './bruteForce.ts';

/** 13 × 9 × 7 voxels of 1.25 × 0.75 mm, gaps of 2.5, 2 and 3.5 mm in turn. */
const geometry = makeGeometry();

/** Below half a voxel; exactly at centres of columns (1.875) and rows (1.125); in between; more than the image. */
const MARGINS_MM = [0.3, 1.125, 1.875, 2.6, 4, 7.3, 60];

const sides = (left: number, right: number, anterior: number, posterior: number, superior: number, inferior: number): DirectionalMarginsMm => ({ left, right, anterior, posterior, superior, inferior });

const DIRECTIONAL_MM = [sides(3, 0, 1.125, 2.5, 6, 1.25), sides(0.4, 2.7, 4.1, 0, 0, 3.3), sides(0, 0, 0, 0, 5, 0)];

const negated = (margins: DirectionalMarginsMm): DirectionalMarginsMm =>
  sides(-margins.left, -margins.right, -margins.anterior, -margins.posterior, -margins.superior, -margins.inferior);

/** Few voxels for growing and few holes for shrinking, both also at the image's edges. */
const sparse = (grid: VolumeGeometry, seed: number): Mask => speckle(grid, seed, 0.01);
const porous = (grid: VolumeGeometry, seed: number): Mask => speckle(grid, seed, 0.99);

function expectSame(mask: Mask, expected: Mask, what: unknown): void {
  expect({ what, box: mask.box, differing: differing(mask, expected) }).toEqual({ what, box: expected.box, differing: 0 });
}

function differing(a: Mask, b: Mask): number {
  const other = b.toDense();
  return a.toDense().reduce((count, voxel, index) => count + Math.abs(voxel - other[index]), 0);
}

const isWithin = (inner: Mask, outer: Mask): boolean => subtraction(inner, outer).isEmpty;

describe('a margin, compared with the distances of all pairs of voxels', () => {
  it.each(POSITIONS)('is the same in every direction, $name', (position) => {
    const grid = makeGeometry(position);
    MARGINS_MM.forEach((marginMm, seed) => {
      expectSame(withMargin(sparse(grid, seed), marginMm), bruteGrown(sparse(grid, seed), PATIENT_AXES, uniformEnds(marginMm)), marginMm);
      expectSame(withMargin(porous(grid, seed), -marginMm), bruteShrunk(porous(grid, seed), PATIENT_AXES, uniformEnds(marginMm)), -marginMm);
    });
  });

  it.each(POSITIONS)('differs by side of the patient, $name', (position) => {
    const grid = makeGeometry(position);
    DIRECTIONAL_MM.forEach((margins, seed) => {
      expectSame(withMargin(sparse(grid, seed), margins), bruteGrown(sparse(grid, seed), PATIENT_AXES, patientEnds(margins)), margins);
      expectSame(withMargin(porous(grid, seed), negated(margins)), bruteShrunk(porous(grid, seed), PATIENT_AXES, patientEnds(margins)), negated(margins));
    });
  });

  it.each([[25, 40], [-50, 10], [8, -12]])('holds in an image that leans by %d and %d degrees', (aboutX, aboutZ) => {
    const grid = makeGeometry({ ...obliqueDirections(aboutX, aboutZ), size: [9, 13, 6], columnSpacingMm: 0.75, rowSpacingMm: 1.25 });
    MARGINS_MM.forEach((marginMm, seed) => {
      expectSame(withMargin(sparse(grid, seed), marginMm), bruteGrown(sparse(grid, seed), imageAxes(grid), uniformEnds(marginMm)), marginMm);
      expectSame(withMargin(porous(grid, seed), -marginMm), bruteShrunk(porous(grid, seed), imageAxes(grid), uniformEnds(marginMm)), -marginMm);
    });
  });

  it('holds on strongly uneven slices, thin ones beside thick ones', () => {
    const grid = makeGeometry({ size: [6, 7, 9], sliceOffsetsMm: [0, 1, 2, 8, 9, 15, 15.5, 16, 24] });
    for (let seed = 0; seed < 12; seed++) {
      const marginMm = 0.5 + 0.5 * seed;
      expectSame(withMargin(sparse(grid, seed), marginMm), bruteGrown(sparse(grid, seed), PATIENT_AXES, uniformEnds(marginMm)), marginMm);
      expectSame(withMargin(porous(grid, seed), -marginMm), bruteShrunk(porous(grid, seed), PATIENT_AXES, uniformEnds(marginMm)), -marginMm);
      const external = speckle(grid, seed + 50, 0.97);
      const target = block(grid, [1, 2, 3 - (seed % 3)], [5, 5, 5 + (seed % 4)]);
      expectSame(cropFromSurface(target, external, marginMm), intersection(target, bruteShrunk(external, PATIENT_AXES, uniformEnds(marginMm))), marginMm);
    }
  });

  it('holds for dense and lumpy structures, in long rows and short ones', () => {
    for (const size of [[40, 5, 3], [7, 21, 4]] as const) {
      const grid = makeGeometry({ size, columnSpacingMm: 0.5 });
      for (const [seed, share] of [0.02, 0.15, 0.5, 0.85].entries()) {
        const mask = speckle(grid, seed, share);
        for (const marginMm of [0.7, 1.6, 4.3]) {
          expectSame(withMargin(mask, marginMm), bruteGrown(mask, PATIENT_AXES, uniformEnds(marginMm)), marginMm);
          expectSame(withMargin(mask, -marginMm), bruteShrunk(mask, PATIENT_AXES, uniformEnds(marginMm)), -marginMm);
        }
      }
    }
  });
});

describe('margins by side', () => {
  const margins = sides(2.5, 0, 1.5, 0, 3, 0);
  const spot = { min: [6, 4, 3], size: [1, 1, 1] } as const;

  it('go to higher columns, lower rows and higher slices head first supine', () => {
    expect(withMargin(new Mask(geometry, spot, Uint8Array.of(1)), margins).box).toEqual({ min: [6, 2, 3], size: [3, 3, 2] });
  });

  it('go to lower columns, lower rows and lower slices feet first supine', () => {
    const feetFirst = makeGeometry({ rowDirection: [-1, 0, 0] });
    expect(withMargin(new Mask(feetFirst, spot, Uint8Array.of(1)), margins).box).toEqual({ min: [4, 2, 2], size: [3, 3, 2] });
  });

  it('shrink from the side that they name', () => {
    const shrunk = withMargin(block(geometry, [2, 1, 1], [11, 8, 6]), negated(sides(2.5, 0, 1.5, 0, 4, 0)));
    // The slice above lies at 16 mm, its body from 15.125: of the slices at 12.5 and 10.5 mm the first is nearer than 4 mm.
    expect(shrunk.box).toEqual({ min: [2, 3, 1], size: [7, 5, 4] });
  });

  it('follow the image axes up to 15 degrees of lean, and are refused beyond', () => {
    const leaning = makeGeometry(obliqueDirections(8, -12));
    const grown = withMargin(new Mask(leaning, spot, Uint8Array.of(1)), margins);
    expect(Buffer.compare(grown.voxels, withMargin(new Mask(geometry, spot, Uint8Array.of(1)), margins).voxels)).toBe(0);
    const tilted = block(makeGeometry(obliqueDirections(16, 0)), [2, 2, 2], [5, 5, 5]);
    expect(() => withMargin(tilted, margins)).toThrow(expect.objectContaining({ code: 'algebra-oblique' }));
    expectSame(withMargin(tilted, sides(2, 2, 2, 2, 2, 2)), withMargin(tilted, 2), 'the same to all sides');
  });
});

describe('any margin', () => {
  const even = makeGeometry({ sliceOffsetsMm: [0, 2.5, 5, 7.5, 10, 12.5, 15] });

  it('of 0 changes nothing but the box', () => {
    const loose = block(geometry, [2, 3, 1], [6, 7, 4]).inBox({ min: [0, 0, 0], size: geometry.size });
    for (const margin of [0, -0, sides(0, 0, 0, 0, 0, 0)]) expectSame(withMargin(loose, margin), loose.cropped(), margin);
    expectSame(cropFromSurface(loose, block(geometry, [4, 0, 0], [13, 9, 7]), 0), block(geometry, [4, 3, 1], [6, 7, 4]), 'crop');
  });

  it('leaves the given masks as they are', () => {
    const [mask, external] = [speckle(geometry, 5, 0.4), speckle(geometry, 6, 0.9)];
    const [before, externalBefore] = [mask.voxels.slice(), external.voxels.slice()];
    for (const marginMm of [-2, 0, 2]) withMargin(mask, marginMm);
    cropFromSurface(mask, external, 2);
    cropFromOrgan(mask, external, 2);
    cropFromOrgan(external, external, 0);
    ring(mask, 0, 2);
    expect([Buffer.compare(mask.voxels, before), Buffer.compare(external.voxels, externalBefore)]).toEqual([0, 0]);
  });

  it('contains the structure when grown, also after shrinking back on even slices', () => {
    for (let seed = 0; seed < 10; seed++) {
      const mask = speckle(even, seed, 0.05 * (seed + 1));
      const marginMm = 0.6 + 0.45 * seed;
      const larger = withMargin(mask, marginMm);
      expect([seed, isWithin(mask, larger), isWithin(mask, withMargin(larger, -marginMm))]).toEqual([seed, true, true]);
      expect([seed, isWithin(withMargin(mask, -marginMm), mask)]).toEqual([seed, true]);
    }
  });

  it('leaves an empty structure empty', () => {
    const empty = Mask.empty(geometry);
    const some = block(geometry, [2, 3, 1], [6, 7, 4]);
    const results = [withMargin(empty, 5), withMargin(empty, -5), cropFromSurface(empty, some, 3), cropFromSurface(some, empty, 3), cropFromOrgan(empty, some, 3), ring(empty, 1, 3), withMargin(some, -20)];
    expect(results.map(({ isEmpty, box }) => [isEmpty, box.size])).toEqual(results.map(() => [true, [0, 0, 0]]));
  });

  it('shrinks nothing from a structure where the image cuts it', () => {
    const all = paint(geometry, () => true);
    expectSame(withMargin(all, -5), all, 'the whole image');
    expectSame(withMargin(block(geometry, [0, 0, 0], [8, 9, 7]), -2.2), block(geometry, [0, 0, 0], [6, 9, 7]), 'one surface');
    expectSame(cropFromSurface(all, block(geometry, [0, 2, 0], [13, 9, 7]), 1.4), block(geometry, [0, 4, 0], [13, 9, 7]), 'crop');
  });

  it('is cut by the image where it grows beyond', () => {
    expectSame(withMargin(block(geometry, [0, 0, 0], [1, 1, 1]), 50), paint(geometry, () => true), 50);
  });

  it('reaches slices by their own positions', () => {
    // Slices at 4.5, 8 and 10.5 mm: the body of the one at 8 mm reaches from 6.25 to 9.25.
    const slice = block(geometry, [0, 0, 3], [13, 9, 4]);
    const reached = [1.2, 1.25, 1.7, 1.75].map((marginMm) => withMargin(slice, marginMm).box);
    expect(reached.map(({ min, size }) => [min[2], size[2]])).toEqual([[3, 1], [3, 2], [3, 2], [2, 3]]);
  });

  it('is refused by name unless it is finite, complete, and of one sign', () => {
    const refused = [Number.NaN, Number.POSITIVE_INFINITY, sides(1, 1, 1, 1, 1, -1), sides(1, 1, Number.NaN, 1, 1, 1), { left: 1 } as DirectionalMarginsMm];
    for (const margin of refused) expect(() => withMargin(block(geometry, [1, 1, 1], [4, 4, 4]), margin)).toThrow(expect.objectContaining({ code: 'algebra-margin' }));
  });
});

describe('a crop from the surface', () => {
  it('is the part in the shrunk external, whatever the boxes', () => {
    for (let seed = 0; seed < 12; seed++) {
      const external = speckle(geometry, seed, 0.98).inBox({ min: [0, 0, 0], size: geometry.size });
      const target = block(geometry, [seed % 4, 2, 1], [6 + (seed % 3), 7, 5]).inBox({ min: [0, 1, 0], size: [12, 8, 7] });
      expectSame(cropFromSurface(target, external, 0.4 * seed), intersection(target, withMargin(external, -0.4 * seed)), seed);
    }
  });

  it('refuses distances below 0 and grids of another image', () => {
    const mask = block(geometry, [1, 1, 1], [4, 4, 4]);
    const elsewhere = block(makeGeometry({ originMm: [-31, 17, 102] }), [1, 1, 1], [4, 4, 4]);
    for (const distanceMm of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => cropFromSurface(mask, mask, distanceMm)).toThrow(expect.objectContaining({ code: 'algebra-margin' }));
    }
    expect(() => cropFromSurface(mask, elsewhere, 1)).toThrow(expect.objectContaining({ code: 'algebra-grid' }));
  });
});

describe('a crop from an organ', () => {
  it('is the part outside the grown organ, whatever the boxes', () => {
    for (let seed = 0; seed < 12; seed++) {
      const organ = speckle(geometry, seed, 0.02).inBox({ min: [0, 0, 0], size: geometry.size });
      const target = block(geometry, [seed % 4, 2, 1], [6 + (seed % 3), 7, 5]).inBox({ min: [0, 1, 0], size: [12, 8, 7] });
      expectSame(cropFromOrgan(target, organ, 0.4 * seed), subtraction(target, withMargin(organ, 0.4 * seed)), seed);
    }
    const target = block(geometry, [1, 1, 1], [4, 4, 4]);
    expectSame(cropFromOrgan(target, Mask.empty(geometry), 3), target, 'no organ');
  });

  it('refuses distances below 0 and grids of another image', () => {
    const mask = block(geometry, [1, 1, 1], [4, 4, 4]);
    const elsewhere = block(makeGeometry({ originMm: [-31, 17, 102] }), [1, 1, 1], [4, 4, 4]);
    for (const distanceMm of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => cropFromOrgan(mask, mask, distanceMm)).toThrow(expect.objectContaining({ code: 'algebra-margin' }));
    }
    expect(() => cropFromOrgan(mask, elsewhere, 1)).toThrow(expect.objectContaining({ code: 'algebra-grid' }));
  });
});

describe('a ring', () => {
  const mask = block(geometry, [5, 3, 2], [8, 6, 5]);

  it('lies between two distances, outside or inside', () => {
    expectSame(ring(mask, 1, 3), subtraction(withMargin(mask, 3), withMargin(mask, 1)), 'outside');
    expectSame(ring(mask, 0, 3), subtraction(withMargin(mask, 3), mask), 'around');
    expectSame(ring(mask, -1, 0), subtraction(mask, withMargin(mask, -1)), 'wall');
  });

  it('is refused unless the inner distance is the smaller', () => {
    for (const [innerMm, outerMm] of [[3, 1], [2, 2], [Number.NaN, 1], [1, Number.NaN], [Number.NEGATIVE_INFINITY, 1], [1, Number.POSITIVE_INFINITY]]) {
      expect(() => ring(mask, innerMm, outerMm)).toThrow(expect.objectContaining({ code: 'algebra-margin' }));
    }
  });
});
