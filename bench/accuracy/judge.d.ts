import type { Mask } from '../../src/geometry/index.ts';
import type { StructureOutcome } from '../../src/report/index.ts';

export function judge(name: string, found: Mask, truth: ReadonlyMap<string, Mask>): Omit<StructureOutcome, 'agreement'>;
