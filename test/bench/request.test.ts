import { describe, expect, it } from '@jest/globals';
import { requestFor } from '../../bench/accuracy/request.js';

const ORGANS = ['External', 'Breast_L', 'Breast_R', 'Lung_L'];
const TARGETS = ['CTVp_Breast_L', 'CTVp_Breast_R', 'CTVn_L1_L', 'CTVn_L1_R'];
const asked = (structures: readonly string[], isAsked: (structure: string) => boolean): string[] => structures.filter(isAsked);

describe('what is asked of the product for a case', () => {
  it('names side and surgery where targets are contoured, and asks for no more than a protocol would', () => {
    const { args, isAsked } = requestFor({ models: ['a', 'b'], structures: [...ORGANS, ...TARGETS], treated: { side: 'R', surgery: 'mastectomy' } });
    expect(args).toEqual(['--model', 'a', '--model', 'b', '--side', 'R', '--surgery', 'mastectomy']);
    expect(asked([...ORGANS, ...TARGETS], isAsked)).toEqual(['External', 'Breast_L', 'Lung_L', 'CTVp_Breast_R', 'CTVn_L1_R']);
  });

  it('asks for both sides of a patient whom nobody operated', () => {
    const { args, isAsked } = requestFor({ models: ['a'], structures: TARGETS, treated: null });
    expect(args.slice(2)).toEqual(['--side', 'both', '--surgery', 'conserving']);
    expect(asked([...ORGANS, ...TARGETS], isAsked)).toEqual(['External', 'Lung_L', ...TARGETS]);
  });

  it('asks for all organs, and for no side, where no target is contoured', () => {
    const { args, isAsked } = requestFor({ models: ['a'], structures: ORGANS, treated: { side: 'L', surgery: 'conserving' } });
    expect(args).toEqual(['--model', 'a']);
    expect(asked(ORGANS, isAsked)).toEqual(ORGANS);
  });
});
