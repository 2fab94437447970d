import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readModel, type Model, type ModelManifest } from '../../src/contouring/index.ts';
import type { TargetOptions } from '../../src/ctv/index.ts';
import type { PlanningCt } from '../../src/dicom/index.ts';
import { contourPlanningCt, StructureSetWorkers, type ContouredCase } from '../../src/pipeline/index.ts';
import { readProtocol } from '../../src/protocol/index.ts';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { patient, withBed } from '../ctv/patient.ts';
import { testCt } from '../support/ctSeries.ts';
import { makeModelFolder } from '../support/models.ts';

/** Spacings and size of the CT; the networks run on its very voxels, so that each sees the level that was painted. */
const [DX, DY, DZ] = [9, 8, 10];
const SIZE = [42, 40, 32] as const;

/**
 * What is painted: each part has a level of its own, 50 HU apart, which is the channel of the network `levels`. Body and
 * organs begin at 11, above what counts as air.
 */
const STATIONS = ['CTVn_L1', 'CTVn_L2', 'CTVn_L3', 'CTVn_L4', 'CTVn_Interpec', 'CTVn_IMN'];
const LEVELS = ['External', 'Lung_L', 'Lung_R', 'Heart', 'SpinalCord', 'Glnd_Thyroid', 'CTVp_Breast_L', 'CTVp_Breast_R', 'CTVp_Tumorbed_L', ...['L', 'R'].flatMap((side) => STATIONS.map((name) => `${name}_${side}`))];
const level = (name: string): number => 11 + LEVELS.indexOf(name);
const NEVER = 3;

const ESTRO = 'ESTRO 2015 v1.1, unconfirmed';
const MODELS: Record<string, { guideline: string; structures: ModelManifest['output']['structures'] }> = {
  'oar-thorax': {
    guideline: 'none',
    structures: [
      { name: 'External', channels: LEVELS.map(level) },
      ...['Heart', 'Lung_L', 'Lung_R', 'SpinalCord', 'Glnd_Thyroid'].map((name) => ({ name, channels: [level(name)] })),
      { name: 'Breast_L', channels: [level('CTVp_Breast_L'), level('CTVp_Tumorbed_L')] },
      { name: 'Breast_R', channels: [level('CTVp_Breast_R')] },
    ],
  },
  'ctv-breast': {
    guideline: ESTRO,
    structures: [
      { name: 'CTVp_Breast_L', channels: [level('CTVp_Breast_L'), level('CTVp_Tumorbed_L')] },
      { name: 'CTVp_Breast_R', channels: [level('CTVp_Breast_R')] },
      { name: 'CTVp_Chestwall_L', channels: [NEVER] },
      { name: 'CTVp_Chestwall_R', channels: [NEVER] },
      { name: 'CTVp_Tumorbed_L', channels: [level('CTVp_Tumorbed_L')] },
      { name: 'CTVp_Tumorbed_R', channels: [NEVER] },
    ],
  },
  'ctv-nodes': { guideline: ESTRO, structures: ['L', 'R'].flatMap((side) => STATIONS.map((name) => ({ name: `${name}_${side}`, channels: [level(`${name}_${side}`)] }))) },
};

async function model(name: string, change: (manifest: ModelManifest) => Partial<ModelManifest> = () => ({})): Promise<Model> {
  const { guideline, structures } = MODELS[name];
  const folder = await makeModelFolder('levels', (manifest) => {
    const made: ModelManifest = {
      ...manifest,
      name,
      guideline,
      input: { ...manifest.input, spacingMm: [DX, DY, DZ], patch: [48, 40, 32], intensity: { clipHu: [-1000, 600], meanHu: -1000, stdHu: 50 } },
      output: { activation: 'softmax', decision: 'half', channels: 32, structures },
    };
    return { ...made, ...change(made) };
  });
  return await readModel(folder);
}

/** A CT whose HU say which part each voxel belongs to. */
function ctOf(side: 'L' | undefined): PlanningCt {
  const geometry = { size: SIZE, columnSpacingMm: DX, rowSpacingMm: DY, sliceOffsetsMm: Array.from({ length: SIZE[2] }, (_, k) => DZ * k), originMm: [-184.5, -156, -155] as const };
  const empty = testCt({ geometry, hu: () => -1000 });
  const whole = patient(empty.volume.geometry);
  const parts = side === undefined ? whole : withBed(whole, side);
  const { voxels } = empty.volume;
  for (const name of LEVELS) {
    const mask = parts.organs.get(name) ?? parts.targets.get(name);
    mask?.toDense().forEach((inside, index) => { if (inside === 1) voxels[index] = -1000 + 50 * level(name); });
  }
  return empty;
}

const at = new Date(2026, 0, 2, 3, 4, 5);

describe('a planning CT contoured with organs and targets', () => {
  let models: Model[];
  const workers = new StructureSetWorkers();
  afterAll(() => workers.close());
  const run = (ct: PlanningCt, targets: TargetOptions = {}, chosen: readonly Model[] = models): Promise<ContouredCase> => contourPlanningCt(ct, chosen, workers, { targets, at });

  beforeAll(async () => {
    models = await Promise.all(Object.keys(MODELS).map((name) => model(name)));
  });

  it('gives organs, the targets of the side that was operated on, and PTVs, with types and guideline in the file', async () => {
    // Voxels of 9 × 8 × 10 mm: a skin of 5 mm has no centre of theirs in it.
    const result = await run(ctOf('L'), { ptvMm: 5, skinMm: 8 });
    const stations = STATIONS.map((name) => `${name}_L`);
    const ctvs = ['CTVp_Breast_L', 'CTVp_Tumorbed_L', ...stations];
    const ptvs = ['PTVp_Breast_L', ...stations.map((name) => name.replace('CTV', 'PTV'))];
    expect(result.structures.map(({ name }) => name)).toEqual(['External', 'Heart', 'Lung_L', 'Lung_R', 'SpinalCord', 'Glnd_Thyroid', 'Breast_R', ...ctvs, ...ptvs]);
    expect(result.notFound).toEqual([]);
    expect(result.structures.every(({ readBackDsc }) => readBackDsc === 1)).toBe(true);

    const written = readStructureSet(result.bytes);
    const typeOf = new Map(written.structures.map(({ name, type }) => [name, type]));
    expect(ctvs.map((name) => typeOf.get(name))).toEqual(ctvs.map(() => 'CTV'));
    expect(ptvs.map((name) => typeOf.get(name))).toEqual(ptvs.map(() => 'PTV'));
    for (const name of [...ctvs, ...ptvs]) expect(written.structures.find((structure) => structure.name === name)?.description).toMatch(/^guideline ESTRO 2015 v1\.1, unconfirmed/);
    expect(written.structures.find(({ name }) => name === 'Heart')?.description ?? '').not.toMatch(/guideline/);
    expect(written.description).toMatch(/ctv-nodes 1\.0\.0 \(trained on synthetic patients, guideline ESTRO 2015 v1\.1, unconfirmed\)/);
    expect(written.description).toMatch(/side L: tumour bed of \d+ cm³ found on the left; no side was given\./);
    expect(written.structures.find(({ name }) => name === 'PTVn_IMN_L')?.algorithmIdentification?.name).toBe('ctv-nodes');

    const report = (id: string) => result.rules.find((rule) => rule.id === id);
    expect(report('treated-breast')?.notes).toEqual(['Breast_L is left out: CTVp_Breast_L stands for it']);
    expect(report('skin-crop')?.changes.map(({ structure }) => structure)).toContain('CTVp_Breast_L');
    expect(report('side-and-surgery')?.changes.map(({ structure }) => structure)).toContain('CTVp_Breast_R');
  });

  it('releases the organs alone when nothing shows the side, and says in the file what to give', async () => {
    const result = await run(ctOf(undefined));
    expect(result.structures.map(({ name }) => name)).toEqual(['External', 'Heart', 'Lung_L', 'Lung_R', 'SpinalCord', 'Glnd_Thyroid', 'Breast_L', 'Breast_R']);
    expect(result.notFound).toHaveLength(18);
    const { description } = readStructureSet(result.bytes);
    expect(description).toMatch(/no target was released: no side was given/);
    expect(description).toMatch(/CTVp_Breast_L, CTVp_Breast_R.*CTVn_IMN_R not found: no side was given.*Give the side/);
  });

  it('says in the file how many structures are missing where their names do not fit, and of every missing one the name where they do', async () => {
    const missing = (count: number): ModelManifest['output']['structures'] => Array.from({ length: count }, (_, index) => ({ name: `Missing_structure_${index}`, channels: [NEVER] }));
    const described = async (count: number): Promise<string> => {
      const organs = await model('oar-thorax', (manifest) => ({ output: { ...manifest.output, structures: [...manifest.output.structures, ...missing(count)] } }));
      const result = await run(ctOf('L'), {}, [organs]);
      expect(result.notFound).toHaveLength(count);
      return readStructureSet(result.bytes).description ?? '';
    };
    const [some, all] = [await described(25), await described(90)];
    for (const { name } of missing(25)) expect(some).toContain(name);
    expect(all).toContain('90 structures were not found');
    for (const text of [some, all]) expect(text).toContain('Research software, not for clinical use.');
  });

  it('gives each set of options an instance of its own, and the same again the same', async () => {
    const ct = ctOf('L');
    const uid = async (targets: TargetOptions): Promise<string> => (await run(ct, targets)).structureSet.sopInstanceUid;
    const given = await uid({ side: 'L' });
    expect(await uid({})).not.toBe(given);
    expect(await uid({ side: 'L' })).toBe(given);
  });

  it('gives the same weights under another manifest, or run otherwise, an instance of its own', async () => {
    const ct = ctOf('L');
    const [organs] = models;
    const plain = (await run(ct, {}, [organs])).structureSet.sopInstanceUid;
    const { input } = organs.manifest;
    const changed = { ...organs, manifest: { ...organs.manifest, input: { ...input, outsideHu: input.outsideHu + 1 } } };
    expect((await run(ct, {}, [changed])).structureSet.sopInstanceUid).not.toBe(plain);
    expect((await contourPlanningCt(ct, [organs], workers, { at, inference: { overlap: 0.5 } })).structureSet.sopInstanceUid).not.toBe(plain);
    expect((await run(ct, {}, [organs])).structureSet.sopInstanceUid).toBe(plain);
    // An archive that corrects a patient keeps the images' UIDs.
    expect((await run({ ...ct, attributes: { ...ct.attributes, PatientID: `${ct.attributes.PatientID}-corrected` } }, {}, [organs])).structureSet.sopInstanceUid).not.toBe(plain);
  });

  it('writes what a protocol wants, in its order, names, types and colours, and what it derives', async () => {
    const wanted = readProtocol(`
format: rondo-protocol/1
name: own
title: Left breast
guideline: ${ESTRO}
profile: generic
side: L
ptvMm: 5
structures:
  - { name: CTVp_Breast_L, model: ctv-breast, roiName: Brust li, colour: [10, 20, 30] }
  - { name: Heart, model: oar-thorax, roiName: Herz, type: AVOIDANCE }
  - { name: CTVp_Chestwall_L, model: ctv-breast, roiName: Thoraxwand }
derived:
  - definition: Lungs = Lung_L | Lung_R
  - definition: Ring = ring(PTVp_Breast_L, 5, 20) & External
  - definition: Both = Lungs | Liver
  - definition: Nothing = Heart - External
`);
    const result = await contourPlanningCt(ctOf('L'), models, workers, { targets: wanted.targets, protocol: wanted, at });
    expect(result.structures.map(({ name, standardName }) => [name, standardName])).toEqual([['Brust li', 'CTVp_Breast_L'], ['Herz', 'Heart'], ['PTVp_Breast_L', 'PTVp_Breast_L'], ['Lungs', undefined], ['Ring', undefined]]);
    expect(result.notFound.map(({ name }) => name)).toEqual(['Thoraxwand', 'Both', 'Nothing']);
    expect(result.notFound[0].reason).toMatch(/left out by the rules/);
    expect(result.notFound[1].reason).toBe('Liver, which it is made of, was not found');
    expect(result.notFound[2].reason).toBe('Nothing = Heart - External holds no voxel');

    const written = readStructureSet(result.bytes);
    const [breast, heart, ptv, lungs, ring] = written.structures;
    expect([breast.type, breast.colour, breast.code?.meaning]).toEqual(['CTV', [10, 20, 30], 'Breast']);
    expect([heart.type, heart.code?.meaning]).toEqual(['AVOIDANCE', 'Heart']);
    expect([lungs.type, lungs.code?.meaning, lungs.description]).toEqual(['ORGAN', 'Lung', expect.stringMatching(/^Lungs = Lung_L \| Lung_R/)]);
    expect([ptv.type, ring.type]).toEqual(['PTV', 'CONTROL']);
    // Of the lungs, which are not written, what is told is told here; of the PTV it stands beside the PTV.
    expect(lungs.description).toMatch(/Lung_L: .*Lung_R: /);
    expect(ring.description).not.toMatch(/margin of 5 mm/);
    expect(written.description).toMatch(/, protocol own\. Research software/);

    const everything = await run(ctOf('L'), { side: 'L', ptvMm: 5 });
    const cc = (name: string) => everything.structures.find((structure) => structure.name === name)?.volumeCc as number;
    expect(lungs.volumeCc).toBeCloseTo(cc('Lung_L') + cc('Lung_R'), 1);
    expect(breast.volumeCc).toBeCloseTo(cc('CTVp_Breast_L'), 2);
    expect(result.structureSet.sopInstanceUid).not.toBe(everything.structureSet.sopInstanceUid);
  });

  it('refuses what is contradictory, and before any network runs what cannot be checked', async () => {
    const ct = ctOf('L');
    await expect(run(ct, { side: 'R' })).rejects.toMatchObject({ code: 'ctv-contradiction' });
    const stages: string[] = [];
    const early = (chosen: readonly Model[], targets: TargetOptions = {}) => contourPlanningCt(ct, chosen, workers, { targets, onProgress: (stage) => stages.push(stage) });
    await expect(early(models.slice(1))).rejects.toMatchObject({ code: 'ctv-needs-structure' });
    await expect(early(models.slice(0, 1), { side: 'L' })).rejects.toMatchObject({ code: 'ctv-no-targets' });
    const other = await model('ctv-nodes', () => ({ guideline: 'RTOG' }));
    await expect(early([models[0], models[1], other])).rejects.toMatchObject({ code: 'ctv-guideline' });
    expect(stages).toEqual([]);
  });

  it('leaves the instance of organs alone as it was: no rules, no word of a guideline', async () => {
    const result = await run(ctOf('L'), {}, models.slice(0, 1));
    expect(result.rules).toEqual([]);
    expect(result.structures.map(({ name }) => name)).toContain('Breast_L');
    expect(readStructureSet(result.bytes).description).not.toMatch(/guideline/);
  });
});
