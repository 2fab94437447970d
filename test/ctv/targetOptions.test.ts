import { describe, expect, it } from '@jest/globals';
import { checkTargetOptions, targetOf, TARGET_TABLE, type TargetOptions } from '../../src/ctv/index.ts';
import { PTV_STYLES, STRUCTURE_STYLES } from '../../src/rtstruct/index.ts';

const ORGANS = ['External', 'Heart', 'Lung_L', 'Lung_R'];
const TARGETS = ['CTVp_Breast_L', 'CTVp_Breast_R', 'CTVn_L1_L'];
const ESTRO = 'ESTRO 2015 v1.1, unconfirmed';

const check = (structures: readonly string[], options: TargetOptions = {}, guidelines: readonly string[] = [ESTRO]) => () => { checkTargetOptions(structures, guidelines, options); };
const refused = (code: string, words: RegExp): unknown => expect.objectContaining({ code, message: expect.stringMatching(words) as unknown });

describe('what must hold before a model runs', () => {
  it('organs alone, and targets with the organs that check them, pass', () => {
    expect(check(ORGANS, {}, [])).not.toThrow();
    expect(check([...ORGANS, ...TARGETS], { side: 'both', ptvMm: 5, withoutRules: ['skin-crop'] }, [ESTRO, ESTRO])).not.toThrow();
    expect(check(['External', 'Lung_L', ...TARGETS], { side: 'L' })).not.toThrow();
  });

  it('targets without External or lungs are refused, unless the rule is switched off', () => {
    expect(check(TARGETS)).toThrow(refused('ctv-needs-structure', /skin-crop needs External/));
    expect(check(['External', ...TARGETS], { side: 'R' })).toThrow(refused('ctv-needs-structure', /outside-organs needs Lung_R,/));
    expect(check(['External', 'Lung_L', ...TARGETS])).toThrow(refused('ctv-needs-structure', /Lung_R/));
    expect(check(TARGETS, { withoutRules: ['skin-crop', 'outside-organs'] })).toThrow(refused('ctv-needs-structure', /outside-ribs needs Lung_L/));
    expect(check(['CTVn_L1_L'], { withoutRules: ['skin-crop', 'outside-organs'] })).not.toThrow();
    expect(check(TARGETS, { withoutRules: ['skin-crop', 'outside-organs', 'outside-ribs'] })).not.toThrow();
    expect(check(['External', 'Lung_L', ...TARGETS], { side: 'L', withoutRules: ['side-and-surgery'] })).toThrow(refused('ctv-needs-structure', /Lung_R/));
  });

  it('options of targets without a target are refused', () => {
    expect(check(ORGANS, { side: 'L', ptvMm: 5 }, [])).toThrow(refused('ctv-no-targets', /^side, ptvMm given/));
    expect(check(ORGANS, { withoutRules: [], side: undefined }, [])).not.toThrow();
  });

  it('guidelines are not mixed, and the rules follow one', () => {
    expect(check([...ORGANS, ...TARGETS], {}, [ESTRO, 'ESTRO 2019'])).toThrow(refused('ctv-guideline', /different guidelines/));
    for (const other of ['RTOG breast atlas', 'none']) expect(check([...ORGANS, ...TARGETS], {}, [other])).toThrow(refused('ctv-guideline', new RegExp(`"${other}"`)));
  });

  it.each([[{ skinMm: -1 }, /skin refused: -1 mm/], [{ skinMm: NaN }, /NaN/], [{ ptvMm: -5 }, /PTVs refused: -5/], [{ ptvMm: { left: 5, right: 5, anterior: 5, posterior: -2, superior: 5, inferior: 5 } }, /to posterior refused: -2/]] as [TargetOptions, RegExp][])('%j is refused', (options, words) => {
    expect(check([...ORGANS, ...TARGETS], options)).toThrow(refused('ctv-distance', words));
  });

  it('rules that are not there cannot be switched off', () => {
    expect(check([...ORGANS, ...TARGETS], { withoutRules: ['skin'] })).toThrow(refused('ctv-rule', /there is none of that name.*skin-crop/));
  });
});

describe('the table of targets', () => {
  it('holds every CTV that Rondo knows, with bands, limits and reasons', () => {
    const ctvs = [...STRUCTURE_STYLES.values()].filter(({ type }) => type === 'CTV').map(({ name }) => name);
    expect(TARGET_TABLE.flatMap(({ name }) => [`${name}_L`, `${name}_R`]).toSorted()).toEqual(ctvs.toSorted());
    for (const { name, minVolumeCc, plausibleCc, lateralMm, aboveLungMm, reasons } of TARGET_TABLE) {
      expect(PTV_STYLES.has(`${name.replace('CTV', 'PTV')}_L`)).toBe(true);
      expect(minVolumeCc).toBeLessThan(plausibleCc[0]);
      expect(lateralMm[0]).toBeGreaterThan(0);
      expect(aboveLungMm[0]).toBeLessThan(aboveLungMm[1]);
      expect(reasons).toHaveLength(3);
    }
  });

  it('tells a target and its side by the name', () => {
    expect(targetOf('CTVn_L1_R')).toMatchObject({ side: 'R', row: { name: 'CTVn_L1' } });
    for (const name of ['Heart', 'CTVn_L1', 'CTVn_L5_L', 'PTVn_L1_L', 'ctvn_l1_l']) expect(targetOf(name)).toBeUndefined();
  });
});
