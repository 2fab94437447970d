import { intersection, subtraction, union } from '../../src/algebra/index.ts';
import type { PredictedTarget, RuleReport, TargetResult } from '../../src/ctv/index.ts';
import { Mask, type Vector3, type VolumeGeometry } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { paintMm } from '../support/masks.ts';

/** 380 × 320 × 320 mm round (0, 0, 0) of the patient in whatever frame the image has, with unequal spacings and uneven slices. */
export function around(directions: Pick<VolumeGeometry, 'rowDirection' | 'columnDirection'>): VolumeGeometry {
  const along = (direction: Vector3, spacingMm: number): number => Math.round((380 * Math.abs(direction[0]) + 320 * Math.abs(direction[1]) + 320 * Math.abs(direction[2])) / spacingMm);
  const [columnSpacingMm, rowSpacingMm] = [6, 5];
  const size = [along(directions.rowDirection, columnSpacingMm), along(directions.columnDirection, rowSpacingMm), 50] as const;
  const sliceOffsetsMm = Array.from({ length: size[2] }, (_, k) => 6.5 * k + 0.5 * (k % 3));
  const at = (originMm: Vector3): VolumeGeometry => makeGeometry({ size, columnSpacingMm, rowSpacingMm, sliceOffsetsMm, ...directions, originMm });
  const middle = at([0, 0, 0]).toPatient([size[0] / 2, size[1] / 2, size[2] / 2]);
  return at([-middle[0], -middle[1], -middle[2]]);
}

export const SUPINE = around({ rowDirection: [1, 0, 0], columnDirection: [0, 1, 0] });

export function ellipsoid(geometry: VolumeGeometry, [x, y, z]: Vector3, [a, b, c]: Vector3): Mask {
  return paintMm(geometry, (px, py, pz) => ((px - x) / a) ** 2 + ((py - y) / b) ** 2 + ((pz - z) / c) ** 2 <= 1);
}

export function ball(geometry: VolumeGeometry, centre: Vector3, radius: number): Mask {
  return ellipsoid(geometry, centre, [radius, radius, radius]);
}

export interface Patient {
  geometry: VolumeGeometry;
  organs: Map<string, Mask>;
  targets: Map<string, Mask>;
}

/** A woman with both breasts, all stations of both sides, and neither tumour bed nor chest wall; nothing needs a correction but the skin of the breasts. */
export function patient(geometry: VolumeGeometry = SUPINE): Patient {
  const both = (make: (sign: 1 | -1) => Mask, name: string): [string, Mask][] => [[`${name}_L`, make(1)], [`${name}_R`, make(-1)]];
  const at = (name: string, [x, y, z]: Vector3, radius: number): [string, Mask][] => both((sign) => ball(geometry, [sign * x, y, z], radius), name);
  const trunk = paintMm(geometry, (x, y) => (x / 170) ** 2 + (y / 120) ** 2 <= 1);
  const breasts = both((sign) => ball(geometry, [sign * 90, -90, -40], 52), 'Breast');
  const lungs = both((sign) => ellipsoid(geometry, [sign * 75, 10, 0], [45, 70, 110]), 'Lung');
  const lung = union(lungs[0][1], lungs[1][1]);
  const organs = new Map<string, Mask>([
    ['External', union(trunk, ...breasts.map(([, mask]) => mask))],
    ...lungs,
    ['Heart', subtraction(ellipsoid(geometry, [15, -20, -30], [50, 45, 50]), lung)],
    ['SpinalCord', paintMm(geometry, (x, y) => Math.hypot(x, y - 80) <= 9)],
    ['Glnd_Thyroid', ball(geometry, [0, -20, 140], 16)],
    ...breasts,
  ]);
  const targets = new Map<string, Mask>([
    ...breasts.map(([name, mask]): [string, Mask] => [`CTVp_${name}`, subtraction(mask, paintMm(geometry, (x, y) => (x / 127) ** 2 + (y / 90) ** 2 <= 1))]),
    ...both(() => Mask.empty(geometry), 'CTVp_Chestwall'),
    ...both(() => Mask.empty(geometry), 'CTVp_Tumorbed'),
    ...at('CTVn_L1', [135, -30, 60], 20),
    ...at('CTVn_L2', [100, -70, 78], 15),
    ...at('CTVn_L3', [70, -70, 98], 14),
    ...at('CTVn_L4', [38, -40, 125], 14),
    ...at('CTVn_Interpec', [100, -86, 50], 11),
    ...both((sign) => paintMm(geometry, (x, y, z) => Math.hypot(x - sign * 28, y + 95) <= 8 && z > 35 && z < 112), 'CTVn_IMN'),
  ]);
  return { geometry, organs, targets };
}

/** The patient after breast-conserving surgery: a bed inside the breast, part of the target. */
export function withBed(original: Patient, side: 'L' | 'R', radius = 16): Patient {
  const bed = ball(original.geometry, [side === 'L' ? 95 : -95, -105, -40], radius);
  return replaced(original, { [`CTVp_Tumorbed_${side}`]: bed });
}

/** The patient after mastectomy: a sheet of 20 mm in place of the breast, up to the skin. */
export function withChestwall(original: Patient, side: 'L' | 'R'): Patient {
  const { geometry } = original;
  const sign = side === 'L' ? 1 : -1;
  const sheet = paintMm(geometry, (x, y, z) => sign * x > 40 && sign * x < 130 && y < 0 && Math.abs(z + 40) < 70 && (x / 170) ** 2 + (y / 120) ** 2 <= 1 && (x / 145) ** 2 + (y / 97) ** 2 > 1);
  return replaced(original, { [`CTVp_Breast_${side}`]: Mask.empty(geometry), [`CTVp_Chestwall_${side}`]: sheet });
}

export function replaced({ geometry, organs, targets }: Patient, changes: Readonly<Record<string, Mask>>): Patient {
  const entries = Object.entries(changes);
  return {
    geometry,
    organs: new Map([...organs, ...entries.filter(([name]) => organs.has(name))]),
    targets: new Map([...targets, ...entries.filter(([name]) => targets.has(name))]),
  };
}

export function without(original: Patient, ...names: readonly string[]): Patient {
  return {
    geometry: original.geometry,
    organs: new Map([...original.organs].filter(([name]) => !names.includes(name))),
    targets: new Map([...original.targets].filter(([name]) => !names.includes(name))),
  };
}

export const predicted = ({ targets }: Patient): PredictedTarget[] => [...targets].map(([name, mask]) => ({ name, mask }));
export const surroundings = ({ organs }: Patient, fieldOfViewMm?: number): { organs: { name: string; mask: Mask }[]; fieldOfViewMm: number | undefined } => ({
  organs: [...organs].map(([name, mask]) => ({ name, mask })),
  fieldOfViewMm,
});

export const names = ({ found }: TargetResult): string[] => found.map(({ name }) => name);
export function rule({ rules }: TargetResult, id: string): RuleReport {
  const report = rules.find((candidate) => candidate.id === id);
  if (!report) throw new Error(`no report of ${id}`);
  return report;
}
export function structure(result: TargetResult, name: string): { mask: Mask; notes: string } {
  const found = result.found.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`${name} not found: ${JSON.stringify(result.notFound)}`);
  return { mask: found.mask, notes: found.notes.join('; ') };
}
export const reasonOf = ({ notFound }: TargetResult, name: string): string => notFound.find((entry) => entry.name === name)?.reason ?? 'found';
export const same = (a: Mask, b: Mask): boolean => a.voxelCount === b.voxelCount && intersection(a, b).voxelCount === a.voxelCount;
