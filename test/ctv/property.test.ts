import { describe, expect, it } from '@jest/globals';
import { intersection } from '../../src/algebra/index.ts';
import { applyTargetRules, TARGET_TABLE } from '../../src/ctv/index.ts';
import type { Mask, Vector3 } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { paintMm } from '../support/masks.ts';
import { ball } from './patient.ts';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Distance in mm from the centre of each voxel of a mask to the body (half as large as a voxel) of the nearest voxel of the image outside `surface`, by looking at all of them. */
function leastToOutside(mask: Mask, surface: Mask): number {
  const { geometry, box } = mask;
  const { size, columnSpacingMm: dx, rowSpacingMm: dy } = geometry;
  const [reachX, reachY] = [Math.ceil(8 / dx), Math.ceil(8 / dy)];
  let least = Infinity;
  for (let k = box.min[2]; k < box.min[2] + box.size[2]; k++) {
    for (let j = box.min[1]; j < box.min[1] + box.size[1]; j++) {
      for (let i = box.min[0]; i < box.min[0] + box.size[0]; i++) {
        if (!mask.has(i, j, k)) continue;
        for (let z = Math.max(k - 3, 0); z <= Math.min(k + 3, size[2] - 1); z++) {
          const across = geometry.sliceOffsetsMm[k];
          const dz = z === k ? 0 : z > k ? geometry.sliceOffsetAt(z - 0.25) - across : across - geometry.sliceOffsetAt(z + 0.25);
          if (dz >= 8) continue;
          for (let y = Math.max(j - reachY, 0); y <= Math.min(j + reachY, size[1] - 1); y++) {
            for (let x = Math.max(i - reachX, 0); x <= Math.min(i + reachX, size[0] - 1); x++) {
              if (surface.has(x, y, z)) continue;
              least = Math.min(least, Math.hypot(Math.max(Math.abs(x - i) - 0.25, 0) * dx, Math.max(Math.abs(y - j) - 0.25, 0) * dy, dz));
            }
          }
        }
      }
    }
  }
  return least;
}

describe('whatever a model marks', () => {
  const frames = [...POSITIONS.slice(0, 5), { name: 'oblique', ...obliqueDirections(11, 9) }];
  it.each(Array.from({ length: 12 }, (_, seed) => [seed, frames[seed % frames.length]] as const))('seed %d: what leaves is disjoint, 5 mm under the skin and outside the lungs', (seed, position) => {
    const random = randomNumbers(seed + 1);
    const sliceOffsetsMm = Array.from({ length: 18 }, (_, k) => 3.5 * k + (k % 3) * 0.75);
    const at = (originMm: Vector3) => makeGeometry({ size: [44, 50, 18], columnSpacingMm: 2.5, rowSpacingMm: 2.25, sliceOffsetsMm, ...position, originMm });
    const middle = at([0, 0, 0]).toPatient([22, 25, 9]);
    const geometry = at([-middle[0], -middle[1], -middle[2]]);
    const blob = (spread: number, least: number, most: number): Mask => ball(geometry, [spread * (random() - 0.5), spread * (random() - 0.5), 40 * (random() - 0.5)], least + random() * (most - least));
    const external = paintMm(geometry, (x, y) => Math.hypot(x / 1.1, y) < 42);
    const [lungL, lungR] = [blob(40, 8, 18), blob(40, 8, 18)];
    const targets = TARGET_TABLE.filter(({ kind }) => kind !== 'chestwall').map(({ name }) => ({ name: `${name}_L`, mask: blob(75, 8, 22) }));
    const withoutRules = ['in-place', 'side-and-surgery'];
    const { found, rules } = applyTargetRules(targets, { organs: [{ name: 'External', mask: external }, { name: 'Lung_L', mask: lungL }, { name: 'Lung_R', mask: lungR }], fieldOfViewMm: undefined }, { withoutRules });

    expect(found.length).toBeGreaterThan(0);
    for (const { name, mask } of found) {
      expect([name, intersection(mask, lungL).voxelCount + intersection(mask, lungR).voxelCount]).toEqual([name, 0]);
      expect(leastToOutside(mask, external)).toBeGreaterThan(5);
      expect(intersection(mask, targets.find((target) => target.name === name)?.mask ?? mask).voxelCount).toBe(mask.voxelCount);
    }
    const stations = found.filter(({ name }) => name.startsWith('CTVn'));
    stations.forEach((station, index) => {
      for (const other of stations.slice(index + 1)) expect([station.name, other.name, intersection(station.mask, other.mask).voxelCount]).toEqual([station.name, other.name, 0]);
    });
    expect(rules.flatMap(({ changes }) => changes).length).toBeGreaterThan(0);
  });
});
