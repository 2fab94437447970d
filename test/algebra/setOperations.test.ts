import { describe, expect, it } from '@jest/globals';
import { intersection, subtraction, union } from '../../src/algebra/index.ts';
import { Mask } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block, paint, speckle } from '../support/masks.ts';

const geometry = makeGeometry();

function expectVoxels(mask: Mask, belongs: (i: number, j: number, k: number) => boolean): void {
  const expected = paint(geometry, belongs);
  expect([mask.box, Buffer.compare(mask.voxels, expected.voxels)]).toEqual([expected.box, 0]);
}

describe('union, intersection and subtraction', () => {
  it('take the voxels of either, of both, of the first alone, in a tight box', () => {
    const pairs = [
      [block(geometry, [1, 2, 1], [7, 6, 4]), block(geometry, [4, 1, 3], [12, 5, 6])],
      [block(geometry, [1, 2, 1], [3, 4, 2]), block(geometry, [8, 5, 4], [12, 8, 6])],
      [paint(geometry, () => true), speckle(geometry, 3, 0.2)],
      [speckle(geometry, 4, 0.6).inBox({ min: [0, 0, 0], size: geometry.size }), block(geometry, [3, 3, 3], [4, 4, 4]).inBox({ min: [1, 0, 2], size: [9, 9, 4] })],
    ];
    for (const [a, b] of [...pairs, ...pairs.map(([one, other]) => [other, one])]) {
      expectVoxels(union(a, b), (...at) => a.has(...at) || b.has(...at));
      expectVoxels(intersection(a, b), (...at) => a.has(...at) && b.has(...at));
      expectVoxels(subtraction(a, b), (...at) => a.has(...at) && !b.has(...at));
    }
  });

  it('unite any number of masks', () => {
    const parts = [0, 3, 6, 9].map((i) => block(geometry, [i, 1, 1], [i + 2, 3, 4]));
    expectVoxels(union(parts[0], ...parts.slice(1)), (i, j, k) => i < 11 && i % 3 < 2 && j >= 1 && j < 3 && k >= 1 && k < 4);
    expectVoxels(union(parts[1]), (...at) => parts[1].has(...at));
  });

  it('hold for empty masks', () => {
    const [empty, some] = [Mask.empty(geometry), block(geometry, [1, 2, 1], [3, 4, 2])];
    expectVoxels(union(empty, some), (...at) => some.has(...at));
    expectVoxels(subtraction(some, empty), (...at) => some.has(...at));
    for (const none of [union(empty, empty), intersection(empty, some), intersection(some, empty), subtraction(empty, some), subtraction(some, some)]) {
      expect([none.isEmpty, none.box.size]).toEqual([true, [0, 0, 0]]);
    }
  });

  it('leave the given masks as they are', () => {
    const [a, b] = [speckle(geometry, 1, 0.5), speckle(geometry, 2, 0.5)];
    const before = [a.voxels.slice(), b.voxels.slice()];
    for (const operation of [union, intersection, subtraction]) operation(a, b);
    expect([Buffer.compare(a.voxels, before[0]), Buffer.compare(b.voxels, before[1])]).toEqual([0, 0]);
  });

  it('refuse masks on different grids, and accept grids that differ by rounding', () => {
    const low = [1, 1, 1] as const;
    const mask = block(geometry, low, [4, 4, 4]);
    const others = [
      makeGeometry({ originMm: [-31, 17, 102] }),
      makeGeometry({ frameOfReferenceUid: '2.25.78' }),
      makeGeometry({ size: [13, 10, 7] }),
      makeGeometry({ sliceOffsetsMm: [0, 2.5, 5, 8, 10.5, 12.5, 16] }),
      makeGeometry({ rowDirection: [-1, 0, 0] }),
    ];
    for (const operation of [union, intersection, subtraction]) {
      for (const other of others) expect(() => operation(mask, block(other, low, [4, 4, 4]))).toThrow(expect.objectContaining({ code: 'algebra-grid' }));
      expect(operation(mask, block(makeGeometry({ originMm: [-31.0004, 17, 101.5] }), low, [4, 4, 4])).geometry).toBe(geometry);
    }
  });
});
