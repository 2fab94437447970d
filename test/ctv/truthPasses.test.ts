import { describe, expect, it } from '@jest/globals';
import { applyTargetRules, TARGET_TABLE, targetOf } from '../../src/ctv/index.ts';
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

  // Its labels already stay 5 mm under the skin, to half a voxel: of a chest wall of 5-10 mm that is a tenth.
  it.each(phantoms)('passes the rules of targets: $name', async ({ folder }) => {
    const { structures, treated } = await readPhantom(folder);
    const full = structures.filter(({ mask }) => !mask.isEmpty);
    const targets = full.filter(({ name }) => targetOf(name) !== undefined);
    const { found } = applyTargetRules(targets, { organs: full.filter(({ name }) => targetOf(name) === undefined), fieldOfViewMm: undefined }, { ...treated });
    const kept = found.map(({ name, mask }) => ({ name, share: mask.voxelCount / (targets.find((target) => target.name === name)?.mask.voxelCount ?? 0) }));
    expect(kept.length).toBeGreaterThan(6);
    expect(kept.filter(({ name, share }) => share < (name.startsWith('CTVp_Chestwall') ? 0.85 : 0.96))).toEqual([]);
  });
});
