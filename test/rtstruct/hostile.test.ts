import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, items, readDicom, text, writeDicom, type Dataset } from '../../src/dicom/index.ts';
import { RondoError } from '../../src/errors.ts';
import { contoursOnGrid, contourVolumeCc, coverageOfStructure, maskOfStructure, rasterize, readStructureSetFile, writeStructureSet, writeStructureSetFile } from '../../src/rtstruct/index.ts';
import { inTemporaryFolder, testCt, writeTestCt } from '../support/ctSeries.ts';
import { rondo } from '../support/rondo.ts';
import { blobs, maskOf } from './masks.ts';
import { makeSet } from './structureSets.ts';

/** Longest that any damaged file may take: generous, since only what never ends is looked for. */
const LONGEST_MS = 20_000;

const GEOMETRY = { size: [40, 30, 4], columnSpacingMm: 1.25, rowSpacingMm: 0.75, sliceOffsetsMm: [0, 2.5, 4.5, 8] } as const;
const ct = testCt({ geometry: GEOMETRY });
const { geometry } = ct.volume;
const masks = new Map([
  ['External', maskOf(geometry, (i, j) => (i - 20) ** 2 / 300 + (j - 15) ** 2 / 180 < 1 && !((i - 20) ** 2 + (j - 15) ** 2 < 20))],
  ['Heart', blobs(geometry, 1, 3)],
  ['A_LAD', maskOf(geometry, (i, j, k) => i === 20 && j === 10 && k === 2)],
]);

type Random = (below: number) => number;

function randomFrom(seed: number): Random {
  let state = seed * 2654435761 % 2147483647 || 1;
  return (below) => Math.floor(((state = (state * 48271) % 2147483647) / 2147483647) * below);
}

/** The same structure set as different systems write it. */
function originals(): Uint8Array[] {
  const keyholes = writeStructureSet(makeSet(ct, masks), ct);
  const { dataset } = readDicom(writeStructureSet(makeSet(ct, masks), ct, { holes: 'xor' }));
  const foreign: Dataset = { ...dataset, SpecificCharacterSet: 'ISO_IR 100', StructureSetName: 'Übung', '30890010': { vr: 'LO', value: 'ACME' }, '30891001': { vr: 'SQ', value: [{ '30891002': { vr: 'DS', value: '1' } }] } };
  return [keyholes, writeDicom(foreign, { transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN }), writeDicom({ ...dataset, '30891001': { vr: 'UN', value: Uint8Array.of(1, 2) } }, { transferSyntaxUid: IMPLICIT_LITTLE_ENDIAN })];
}

/** What becomes of a damaged file: refused by name, or read, drawn and written with nothing lost unsaid. */
function outcome(bytes: Uint8Array): 'refused' | 'read' {
  try {
    const file = readStructureSetFile(bytes);
    for (const structure of file.set.structures) {
      let placed: ReturnType<typeof contoursOnGrid>;
      try {
        placed = contoursOnGrid(file.set, structure, geometry);
      } catch (error) {
        if (error instanceof RondoError && error.code === 'other-frame-of-reference') continue;
        throw error;
      }
      const rings = placed.contours.reduce((sum, { holes }) => sum + 1 + holes.length, 0);
      const leftOut = new Set(placed.problems.filter((problem) => !problem.placed).map(({ index }) => index)).size;
      if (rings + leftOut !== structure.contours.length) throw new Error(`${structure.contours.length} contours became ${rings} rings and ${leftOut} left out`);
      const drawn = rasterize(placed.contours, geometry);
      if (drawn.voxels.some((voxel) => voxel > 1)) throw new Error('a voxel is neither in nor out');
      const { mask, axis } = maskOfStructure(file.set, structure, geometry);
      if (axis === 2 && Buffer.compare(mask.toDense(), drawn.toDense()) !== 0) throw new Error('two ways to the mask differ');
      if (coverageOfStructure(file.set, structure, geometry).coverage.shares.some((share) => !(share >= 0 && share <= 1))) throw new Error('a share is not within 0 and 1');
      const volume = contourVolumeCc(structure.contours);
      if (volume !== undefined && !Number.isFinite(volume)) throw new Error('a volume is no number');
    }
    const again = readStructureSetFile(writeStructureSetFile(file));
    // Jest's own comparison takes minutes for a million points.
    if (!isDeepStrictEqual(again.set, file.set)) throw new Error('what was written again differs');
    return 'read';
  } catch (error) {
    if (!(error instanceof RondoError)) throw error;
    // A name that tells nothing is no named error.
    expect(error.code).toMatch(/^[a-z]+(-[a-z]+)+$/);
    expect(error.message.length).toBeGreaterThan(20);
    return 'refused';
  }
}

/** Runs a mutation over seeds; tells which seed failed. */
function survives(seeds: number, mutate: (original: Uint8Array, random: Random) => Uint8Array): { refused: number; read: number } {
  const files = originals();
  const counts = { refused: 0, read: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const random = randomFrom(seed);
    const began = performance.now();
    try {
      counts[outcome(mutate(files[seed % files.length], random))]++;
    } catch (cause) {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    }
    if (performance.now() - began > LONGEST_MS) throw new Error(`seed ${seed} took ${performance.now() - began} ms`);
  }
  return counts;
}

function anyItem(dataset: Dataset, random: Random): Dataset {
  const nested = Object.values(dataset).filter((value): value is Dataset[] => Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'object'));
  if (nested.length === 0 || random(4) === 0) return dataset;
  const sequence = nested[random(nested.length)];
  return anyItem(sequence[random(sequence.length)], random);
}

/** Changes a data set in place, through its reading and writing. */
function withDataset(change: (dataset: Dataset, random: Random) => void) {
  return (original: Uint8Array, random: Random): Uint8Array => {
    const { dataset } = readDicom(original);
    change(dataset, random);
    try {
      return writeDicom(dataset, { asRead: true });
    } catch (error) {
      if (error instanceof RondoError) return original;
      throw error;
    }
  };
}

function contourItemsOf(dataset: Dataset): Dataset[] {
  return items(dataset, 'ROIContourSequence').flatMap((item) => items(item, 'ContourSequence'));
}

describe('damaged structure sets are refused by name, or read with nothing lost unsaid', () => {
  it('700 with bytes changed', () => {
    const { refused, read } = survives(700, (original, random) => {
      const bytes = original.slice();
      for (let n = random(12); n >= 0; n--) bytes[132 + random(bytes.length - 132)] = random(256);
      return bytes;
    });
    expect(refused).toBeGreaterThan(20);
    expect(read).toBeGreaterThan(20);
  });

  it('400 with lengths changed', () => {
    const { refused } = survives(400, (original, random) => {
      const bytes = original.slice();
      const view = new DataView(bytes.buffer);
      for (let n = random(3); n >= 0; n--) {
        const at = 132 + 2 * random((bytes.length - 140) / 2);
        if (random(2) === 0) view.setUint32(at, [0, 1, 0xffffffff, 0x7fffffff, bytes.length][random(5)], true);
        else view.setUint16(at, [0, 1, 0xffff, 0xfffe][random(4)], true);
      }
      return bytes;
    });
    expect(refused).toBeGreaterThan(100);
  });

  it('200 cut short', () => {
    expect(survives(200, (original, random) => original.slice(0, random(original.length))).refused).toBeGreaterThan(180);
  });

  it('400 with elements removed, emptied or of another kind', () => {
    const { read } = survives(400, withDataset((dataset, random) => {
      for (let n = random(4); n >= 0; n--) {
        const item = anyItem(dataset, random);
        const keywords = Object.keys(item);
        const keyword = keywords[random(keywords.length)] ?? 'PatientID';
        const fate = random(3);
        if (fate === 0) item[keyword] = undefined;
        else if (fate === 1) item[keyword] = Array.isArray(item[keyword]) ? [] : '';
        else item['30061042'] = { vr: 'LO', value: 'x' };
      }
    }));
    expect(read).toBeGreaterThan(100);
  });

  it('300 with coordinates that are no numbers, huge, tiny, repeated or missing', () => {
    const ODD = ['NaN', 'Infinity', '1e308', '-1e308', '1e12', '1e-320', '', ' ', '0x10', '1,5', '--1', '1e5', '-99999', '1.5.2'];
    const { refused, read } = survives(300, withDataset((dataset, random) => {
      const contours = contourItemsOf(dataset);
      for (let n = random(4); n >= 0; n--) {
        const contour = contours[random(contours.length)];
        const values = text(contour, 'ContourData').split('\\');
        const fate = random(4);
        if (fate === 0) values[random(values.length)] = ODD[random(ODD.length)];
        else if (fate === 1) values.splice(random(values.length), 1 + random(5));
        else if (fate === 2) values.push(...values);
        else values.reverse();
        contour['ContourData'] = values.join('\\');
        if (random(2) === 0) contour['NumberOfContourPoints'] = Math.floor(values.length / 3);
      }
    }));
    expect(refused).toBeGreaterThan(30);
    expect(read).toBeGreaterThan(30);
  });

  // By the command, in a process of its own: Jest's sandbox makes a million points ten times as slow.
  it('two rings of 10^6 points, and 20,000 rings on one slice', async () => {
    const [original] = originals();
    const round = (z: string): string => Array.from({ length: 1_000_000 }, (_, n) => `${(-16 + 14 * Math.cos(n / 159_154.9)).toFixed(2)}\\${(27 + 9 * Math.sin(n / 159_154.9)).toFixed(2)}\\${z}`).join('\\');
    const squares = Array.from({ length: 20_000 }, (_, n): Dataset => {
      const [x, y] = [(n % 200) * 0.2 - 30, Math.floor(n / 200) * 0.2 + 18];
      return { ContourGeometricType: 'CLOSED_PLANAR', NumberOfContourPoints: 4, ContourData: [[0, 0], [0.15, 0], [0.15, 0.15], [0, 0.15]].map(([dx, dy]) => `${x + dx}\\${y + dy}\\101.5`).join('\\') };
    });
    const rings = ['101.5', '101.6'].map((z): Dataset => ({ ContourGeometricType: 'CLOSED_PLANAR', NumberOfContourPoints: 1_000_000, ContourData: round(z) }));
    await inTemporaryFolder(async (folder) => {
      await mkdir(join(folder, 'ct'));
      await writeTestCt(join(folder, 'ct'), { geometry: GEOMETRY });
      for (const contours of [rings, squares]) {
        const { dataset } = readDicom(original);
        const [drawn] = items(dataset, 'ROIContourSequence');
        drawn['ContourSequence'] = contours;
        const file = join(folder, `${contours.length}.dcm`);
        await writeFile(file, writeDicom(dataset, { asRead: true }));
        const { code, stdout } = await rondo('rtstruct', 'list', file, '--ct', join(folder, 'ct'), '--json');
        expect(code).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ structures: [{ name: 'External', contours: contours.length }, { name: 'Heart' }, { name: 'A_LAD' }] });
      }
    });
  }, 300_000);
});
