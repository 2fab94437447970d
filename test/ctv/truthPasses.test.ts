import { describe, expect, it } from '@jest/globals';
import { TARGET_TABLE } from '../../src/ctv/index.ts';
import { keepPieces, oarTable, type KeepRule } from '../../src/oar/index.ts';
import { bundledPhantoms, readPhantom } from '../../src/phantom/index.ts';

const rules = new Map<string, KeepRule>(oarTable.structures.map(({ name, keep }) => [name, keep]));
for (const { name, keep } of TARGET_TABLE) for (const side of ['L', 'R']) rules.set(`${name}_${side}`, keep);

const phantoms = await bundledPhantoms();

describe('what a structure of a bundled phantom truly is', () => {
  it.each(phantoms)('passes the rules of pieces whole: $name', async ({ folder }) => {
    const { structures } = await readPhantom(folder);
    const lost = structures.flatMap(({ name, mask }) => {
      const keep = rules.get(name);
      const share = keep === undefined || mask.isEmpty ? 0 : 1 - keepPieces(mask, keep).voxelCount / mask.voxelCount;
      return share > 0.002 ? [`${name} loses ${(100 * share).toFixed(1)} %`] : [];
    });
    expect(lost).toEqual([]);
    expect(structures.filter(({ name, mask }) => rules.has(name) && !mask.isEmpty).length).toBeGreaterThan(20);
  });
});
