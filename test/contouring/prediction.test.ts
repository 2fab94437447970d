import { describe, expect, it } from '@jest/globals';
import { predict, readModel, type ModelManifest } from '../../src/contouring/index.ts';
import { loadNetwork } from '../../src/contouring/network.ts';
import { runTiled } from '../../src/contouring/tiledInference.ts';
import { Volume, type Vector3, type VolumeGeometry } from '../../src/geometry/index.ts';
import { makeGeometry, obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { makeModelFolder } from '../support/models.ts';

/** Air with a solid ellipsoid off the middle, longer to the left, the front and the head by unequal amounts, placed in patient mm. */
function bodyIn(geometry: VolumeGeometry): Volume<Int16Array> {
  const middle = geometry.toPatient([geometry.size[0] / 2, geometry.size[1] / 2, geometry.size[2] / 2]);
  const centre: Vector3 = [middle[0] + 6, middle[1] - 4, middle[2] + 5];
  const voxels = new Int16Array(geometry.voxelCount).fill(-1000);
  for (let k = 0; k < geometry.size[2]; k++) {
    for (let j = 0; j < geometry.size[1]; j++) {
      for (let i = 0; i < geometry.size[0]; i++) {
        const [x, y, z] = geometry.toPatient([i, j, k]);
        const distance = Math.hypot((x - centre[0]) / 24, (y - centre[1]) / 15, (z - centre[2]) / 19);
        // A soft edge whose middle, −200 HU, is the ellipsoid's surface.
        voxels[geometry.offset(i, j, k)] = Math.round(Math.min(600, Math.max(-1000, -200 + (1 - distance) * 4000)));
      }
    }
  }
  return new Volume(geometry, voxels);
}

/** A grid about as fine as the image, so that what is left is error of place, not of resolution. */
const fine = (manifest: ModelManifest): ModelManifest => ({ ...manifest, input: { ...manifest.input, spacingMm: [1.5, 1.2, 2] } });

describe('predict', () => {
  it.each([...POSITIONS, { name: 'oblique', ...obliqueDirections(10, -14) }, { name: 'sagittal', rowDirection: [0, 1, 0] as Vector3, columnDirection: [0, 0, -1] as Vector3 }])(
    'finds the object where it is, $name',
    async ({ rowDirection, columnDirection }) => {
      const geometry = makeGeometry({ size: [72, 90, 26], rowDirection, columnDirection });
      const image = bodyIn(geometry);
      const [dense, everything] = await predict(await readModel(await makeModelFolder('threshold', fine)), image);
      let [both, either] = [0, 0];
      let [sum, truth] = [[0, 0, 0], [0, 0, 0]];
      for (let k = 0; k < geometry.size[2]; k++) {
        for (let j = 0; j < geometry.size[1]; j++) {
          for (let i = 0; i < geometry.size[0]; i++) {
            const expected = image.voxels[geometry.offset(i, j, k)] >= -200;
            const found = dense.mask.has(i, j, k);
            const point = geometry.toPatient([i, j, k]);
            if (found) sum = sum.map((value, axis) => value + point[axis]);
            if (expected) truth = truth.map((value, axis) => value + point[axis]);
            both += found && expected ? 2 : 0;
            either += Number(found) + Number(expected);
          }
        }
      }
      expect(both / either).toBeGreaterThan(0.985);
      // A flip or a shift of one axis would move the centroid by millimetres.
      const [count, trueCount] = [dense.mask.voxelCount, image.voxels.filter((hu) => hu >= -200).length];
      sum.forEach((value, axis) => { expect(Math.abs(value / count - truth[axis] / trueCount)).toBeLessThan(0.1); });
      expect(everything.mask.voxelCount).toBeGreaterThan(dense.mask.voxelCount);
    },
  );

  it('finds nothing in air, and says so with an empty mask', async () => {
    const geometry = makeGeometry({ size: [40, 30, 12] });
    const [dense] = await predict(await readModel(await makeModelFolder('threshold')), new Volume(geometry, new Int16Array(geometry.voxelCount).fill(-1000)));
    expect(dense.mask.isEmpty).toBe(true);
  });

  it('reports each tile', async () => {
    const geometry = makeGeometry({ size: [72, 90, 26] });
    const tiles: number[] = [];
    let total = 0;
    await predict(await readModel(await makeModelFolder('threshold')), bodyIn(geometry), {
      onProgress: (stage, done, all) => { if (stage === 'network') { tiles.push(done); total = all; } },
    });
    expect(total).toBeGreaterThan(4);
    expect(tiles).toEqual(Array.from({ length: total + 1 }, (_, n) => n));
  });

  it('stops between tiles when cancelled', async () => {
    const geometry = makeGeometry({ size: [72, 90, 26] });
    const cancel = new AbortController();
    let last = 0;
    const run = predict(await readModel(await makeModelFolder('threshold')), bodyIn(geometry), {
      signal: cancel.signal,
      onProgress: (stage, done) => {
        if (stage === 'network') last = done;
        if (stage === 'network' && done === 2) cancel.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(last).toBe(2);
  });
});

describe('tiled inference', () => {
  const size: Vector3 = [61, 45, 50];
  const intensities = Float32Array.from({ length: 61 * 45 * 50 }, (_, index) => Math.sin(index * 12.9898) * Math.cos(index / 977));
  const whole = { intensities, size, box: { min: [0, 0, 0] as Vector3, size }, overlap: 1 / 3, channels: 2, activation: 'softmax' as const, outside: -2 };

  it('gives the same as one pass, exactly where the network sees one voxel', async () => {
    const network = await loadNetwork(await readModel(await makeModelFolder('threshold')));
    const tiled = await runTiled(network, { ...whole, patch: [24, 16, 32] });
    const single = await runTiled(network, { ...whole, patch: [64, 48, 56] });
    expect(largestDifference(tiled[1], single[1])).toBeLessThan(1e-5);
    await network.release();
  });

  // A network that looks around itself sees the zero padding at a tile's rim; the Gaussian leaves the rim 1/500 of the say.
  it('gives the same as one pass to 0.01 in probability where the network sees its neighbours', async () => {
    const network = await loadNetwork(await readModel(await makeModelFolder('blur')));
    const tiled = await runTiled(network, { ...whole, patch: [32, 24, 32] });
    const single = await runTiled(network, { ...whole, patch: [64, 48, 56] });
    const inner = (channel: Float32Array): Float32Array => channel.filter((_, index) => [index % 61, Math.floor(index / 61) % 45, Math.floor(index / 2745)].every((at, axis) => at > 2 && at < size[axis] - 3));
    expect(largestDifference(inner(tiled[1]), inner(single[1]))).toBeLessThan(0.01);
    await network.release();
  });

  it('computes a box as part of the whole: tiles see beyond the box', async () => {
    const network = await loadNetwork(await readModel(await makeModelFolder('threshold')));
    const part = await runTiled(network, { ...whole, box: { min: [7, 11, 5], size: [30, 20, 40] }, patch: [24, 16, 32] });
    const all = await runTiled(network, { ...whole, patch: [64, 48, 56] });
    expect(part[1][(3 * 20 + 4) * 30 + 6]).toBeCloseTo(all[1][(8 * 45 + 15) * 61 + 13], 5);
    expect(part[1][0] + part[0][0]).toBeCloseTo(1, 6);
    await network.release();
  });

  it('refuses numbers that are not finite', async () => {
    const broken = { run: (tile: Float32Array) => Promise.resolve(new Float32Array(tile.length * 2).fill(Number.NaN)), release: () => Promise.resolve() };
    await expect(runTiled(broken, { ...whole, patch: [64, 48, 56] })).rejects.toMatchObject({ code: 'model-network' });
  });
});

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - b[index])), 0);
}
