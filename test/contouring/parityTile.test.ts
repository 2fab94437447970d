import { describe, expect, it } from '@jest/globals';
import { paritySamples, parityTile } from '../../src/contouring/parityTile.ts';
import { sha256 } from '../support/models.ts';

/** The same figures stand in training/tests/test_export.py: both languages must make the same tile. */
describe('the tile of the parity vectors', () => {
  it('is the one that Python makes', () => {
    const tile = parityTile([24, 16, 32]);
    expect([...tile.subarray(0, 4)]).toEqual([-1006, -996, -986, -1008]);
    expect([...tile.subarray((16 * 16 + 8) * 24, (16 * 16 + 8) * 24 + 4)]).toEqual([-715, -54, 39, 61]);
    expect(sha256(new Uint8Array(tile.buffer))).toMatch(/^1be29a4c556637e1/);
  });

  it('is sampled where Python samples it', () => {
    expect([...paritySamples(24 * 16 * 32 * 2, 5)]).toEqual([33, 1537, 10437, 6479, 22481]);
  });
});
