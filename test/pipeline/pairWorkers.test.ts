import { afterAll, describe, expect, it } from '@jest/globals';
import { Mask } from '../../src/geometry/index.ts';
import { pairMetrics } from '../../src/metrics/index.ts';
import { PairWorkers } from '../../src/pipeline/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { block, speckle } from '../support/masks.ts';

const geometry = makeGeometry({ size: [30, 24, 9] });
const options = { toleranceMm: 2, conventions: ['medpy'] } as const;

describe('pairs measured in threads', () => {
  const workers = new PairWorkers();
  afterAll(async () => { await workers.close(); });

  it('have the figures that they have here, in their order', async () => {
    const pairs = Array.from({ length: 7 }, (_, n) => ({ reference: block(geometry, [n, 3, 1], [n + 9, 12, 6]), test: n === 3 ? Mask.empty(geometry) : speckle(geometry, n, 0.2), options }));
    expect(await workers.measure(pairs)).toEqual(pairs.map(({ reference, test }) => pairMetrics(reference, test, options)));
  });

  it('are refused as here', async () => {
    const other = makeGeometry({ size: [30, 24, 9], originMm: [0, 0, 0] });
    await expect(workers.measure([{ reference: block(geometry, [1, 1, 1], [4, 4, 4]), test: block(other, [1, 1, 1], [4, 4, 4]), options }])).rejects.toThrow(expect.objectContaining({ code: 'grid-differs' }));
  });
});
