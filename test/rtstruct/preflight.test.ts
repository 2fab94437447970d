import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readDicom, writeDicom, type Dataset, type DatasetValue, type PlanningCt } from '../../src/dicom/index.ts';
import { isItems } from '../../src/dicom/dataset.ts';
import type { Mask } from '../../src/geometry/index.ts';
import { preflight, TPS_NAMES, TPS_PROFILES, violationText, writeStructureSet, type StructureSet, type TpsName } from '../../src/rtstruct/index.ts';
import { testCt } from '../support/ctSeries.ts';
import { obliqueDirections, POSITIONS } from '../support/geometries.ts';
import { itWithSharedData } from '../support/sharedData.ts';
import { blobs, maskOf } from './masks.ts';
import { makeSet, makeStructure } from './structureSets.ts';

const WIDE = { size: [64, 40, 5], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8, 10.625] } as const;

/** Structures with holes, islands in holes, and one of a single voxel. */
function masksOn(ct: PlanningCt): Map<string, Mask> {
  const { geometry } = ct.volume;
  return new Map([
    ['External', maskOf(geometry, (i, j) => (i - 30) ** 2 / 800 + (j - 20) ** 2 / 340 < 1)],
    ['Heart', blobs(geometry, 1, 4)],
    ['Lung_L', blobs(geometry, 8, 12)],
    ['Lung_R', maskOf(geometry, (i, j) => Math.max(Math.abs(i - 30), Math.abs(j - 20)) % 6 < 3 && Math.abs(i - 30) < 15 && Math.abs(j - 20) < 15)],
    ['CTVp_Chestwall_L', maskOf(geometry, (i, j, k) => i === 20 && j === 10 && k === 3)],
  ]);
}

function written(set: StructureSet, ct: PlanningCt, options: Parameters<typeof writeStructureSet>[2] = {}): ReturnType<typeof readDicom> {
  return readDicom(writeStructureSet(set, ct, options));
}

/** Severity, rule, keyword and number of places of every violation. */
function said(file: Parameters<typeof preflight>[0], profile: TpsName, ct?: PlanningCt): string[] {
  return preflight(file, { profile, ...(ct && { ct }) }).map(({ severity, rule, keyword, count }) => `${severity} ${rule} ${keyword} ×${count}`);
}

describe('what Rondo writes', () => {
  const options = (profile: TpsName): Parameters<typeof writeStructureSet>[2] => ({ holes: TPS_PROFILES[profile].holes.value });

  const oblique = [[12, 25], [-40, 3]].map(([aboutX, aboutZ]) => ({ name: `oblique by ${aboutX} and ${aboutZ} degrees`, ...obliqueDirections(aboutX, aboutZ) }));
  it.each([...POSITIONS, ...oblique])('has no violation in any profile when written with it: $name', ({ rowDirection, columnDirection }) => {
    const ct = testCt({ geometry: { ...WIDE, rowDirection, columnDirection, originMm: [-331.7, 212.3, -1122.4375] } });
    const set = makeSet(ct, masksOn(ct));
    for (const profile of TPS_NAMES) {
      const file = written(set, ct, options(profile));
      expect(preflight(file, { profile, ct }).map(violationText)).toEqual([]);
      expect(preflight(file, { profile }).map(violationText)).toEqual([]);
    }
  });

  it.each(TPS_NAMES)('has none in the profile %s when approved, with a predecessor, an empty structure and accents', (profile) => {
    const ct = testCt({ geometry: WIDE, attributes: { PatientName: 'Müller^Žofie=山田^花子', SpecificCharacterSet: ['ISO_IR 192'] } });
    const set = makeSet(ct, new Map([['Herz größe 心臓', blobs(ct.volume.geometry, 1, 4)]]), {
      approval: { status: 'APPROVED', reviewer: 'Curie^Marie', date: '20250204', time: '080910' },
      predecessor: { sopClassUid: '1.2.840.10008.5.1.4.1.1.481.3', sopInstanceUid: '2.25.7' },
    });
    const file = written({ ...set, structures: [...set.structures, makeStructure(2, 'Liver', [])] }, ct, { ...options(profile), emptyStructures: true });
    expect(preflight(file, { profile, ct }).map(violationText)).toEqual([]);
  });

  it('is only warned about XOR rings, once a structure', () => {
    const ct = testCt({ geometry: WIDE });
    const file = written(makeSet(ct, masksOn(ct)), ct, { holes: 'xor' });
    const violations = preflight(file, { ct });
    expect(new Set(violations.map(({ rule, severity }) => `${severity} ${rule}`))).toEqual(new Set(['warning hole-style']));
    expect(violations.map(({ structure }) => structure?.name)).toEqual([...new Set(violations.map(({ structure }) => structure?.name))]);
  });
});

describe('preflight', () => {
  const ct = testCt({ geometry: WIDE });
  const heart = maskOf(ct.volume.geometry, (i, j, k) => i > 3 && i < 9 && j > 2 && j < 8 && k < 3);
  const file = written(makeSet(ct, new Map([['Heart', heart]])), ct);

  it('says the same of many places once, with their number and the first of them', () => {
    const [{ ContourSequence: [first] }] = file.dataset.ROIContourSequence as [{ ContourSequence: [Dataset] }];
    const many = { ...file.dataset, ROIContourSequence: [{ ReferencedROINumber: '1', ContourSequence: Array.from({ length: 10_000 }, () => ({ ...first, ContourNumber: undefined, ContourSlabThickness: '3' })) }] };
    const violations = preflight({ ...file, dataset: many });
    expect(violations).toHaveLength(1);
    expect(violations[0]).toMatchObject({
      severity: 'warning', rule: 'attribute-retired', tag: '(3006,0044)', keyword: 'ContourSlabThickness', count: 10_000,
      path: 'ROIContourSequence[1].ContourSequence[1]',
      places: [1, 2, 3].map((place) => `ROIContourSequence[1].ContourSequence[${place}]`),
    });
    expect(violationText(violations[0])).toMatch(/^warning attribute-retired: .* \(3006,0044\) ROIContourSequence\[1\]\.ContourSequence\[1\]\.ContourSlabThickness and 9999 more \(.*, …\)\. \[PS3\.6 .*\]$/);
  });

  it('puts errors first and names the structure', () => {
    const changed = structuredClone(file.dataset) as { ROIContourSequence: [Dataset]; RTROIObservationsSequence: [Dataset] };
    changed.RTROIObservationsSequence[0].ROIObservationLabel = 'x';
    changed.ROIContourSequence[0].ROIDisplayColor = '1\\2';
    const violations = preflight({ ...file, dataset: changed });
    expect(violations.map(({ severity }) => severity)).toEqual(['error', 'warning']);
    expect(violations[0].structure).toEqual({ number: 1, name: 'Heart' });
  });

  it('says nothing of a patient', () => {
    const changes = { PatientName: 'Secret^Name'.repeat(9), PatientID: 'SECRET'.repeat(20), PatientBirthDate: 'secret' };
    const texts = preflight({ ...file, dataset: { ...file.dataset, ...changes } }).map(violationText);
    expect(texts).toHaveLength(3);
    expect(texts.join('\n')).not.toMatch(/secret/i);
  });

  it('bears anything in place of any element', () => {
    const odd: (DatasetValue | undefined)[] = [undefined, '', '\\', 'x', '\u0000', '9'.repeat(400), -1, [], [NaN, 'é'], [{}], [{ ROINumber: [{}] }], new Uint8Array(3), { vr: 'UN', value: new Uint8Array(2) }];
    const places: [Dataset, string][] = [];
    const dataset = structuredClone(file.dataset);
    const collect = (holder: Dataset): void => {
      for (const [keyword, value] of Object.entries(holder)) {
        places.push([holder, keyword]);
        if (value !== undefined && isItems(value)) value.slice(0, 1).forEach(collect);
      }
    };
    collect(dataset);
    expect(places.length).toBeGreaterThan(80);
    for (const [holder, keyword] of places) {
      const kept = holder[keyword];
      for (const value of odd) {
        holder[keyword] = value;
        expect(() => preflight({ dataset, transferSyntaxUid: 'x' }, { ct })).not.toThrow();
      }
      holder[keyword] = kept;
    }
    expect(() => preflight({ dataset: {}, transferSyntaxUid: '' }, { ct })).not.toThrow();
  });

  it('says of another object only that it is none', () => {
    expect(said({ dataset: { SOPClassUID: '1.2.840.10008.5.1.4.1.1.2' }, transferSyntaxUid: '' }, 'generic')).toEqual(['error sop-class SOPClassUID ×1']);
  });

  it('works on what was read, not on how it was written', () => {
    const implicit = readDicom(writeDicom(file.dataset, { transferSyntaxUid: '1.2.840.10008.1.2' }));
    expect(said(implicit, 'generic', ct)).toEqual([]);
  });
});

describe('the profiles', () => {
  it.each(TPS_NAMES)('%s gives a source for every value, and says where it is not the vendor\'s', (name) => {
    const { title, documents, ...values } = TPS_PROFILES[name];
    expect([title, documents].every((words) => words.length > 5)).toBe(true);
    for (const [key, { value, source }] of Object.entries(values)) {
      expect(source).toMatch(/PS3\.\d|#\d+|project's own caution|TG-263/);
      // A value of its own has a source of its own; the generic one is called so.
      if (name !== 'generic' && source.startsWith('generic value')) expect(value).toEqual(TPS_PROFILES.generic[key as keyof typeof values].value);
    }
  });
});

/** Found by hand with dcmdump, and by dciodvfy too: Varian leaves out Operators' Name and the optional Frame of Reference module, and labels observations as was done before that was retired. */
describe('structure sets of a Varian system', () => {
  const found = (observations: number): Record<'eclipse' | 'others', string[]> => ({
    eclipse: ['warning attribute-missing OperatorsName ×1', `warning attribute-retired ROIObservationLabel ×${observations}`],
    others: ['error attribute-missing OperatorsName ×1', 'error attribute-missing PositionReferenceIndicator ×1', `warning attribute-retired ROIObservationLabel ×${observations}`],
  });
  const check = async (folder: string, prefix: string, observations: number): Promise<void> => {
    const name = (await readdir(folder)).find((one) => one.startsWith(prefix)) ?? '';
    const file = readDicom(await readFile(path.join(folder, name)));
    for (const profile of TPS_NAMES) expect(said(file, profile)).toEqual(found(observations)[profile === 'eclipse' ? 'eclipse' : 'others']);
  };

  itWithSharedData('breast-rtstruct', 'the clinical one breaks what is known of it, and nothing else', (folder) => check(folder, 'rtss', 10));
  itWithSharedData('eclipse-rtstruct', 'the one of the phantom breaks what is known of it, and nothing else', (folder) => check(folder, 'RS', 16));
});
