import { describe, expect, it } from '@jest/globals';
import { decideTreatment, type Decision, type Seen, type Treatment } from '../../src/ctv/index.ts';

const breast: Seen = { breastCc: 500, chestwallCc: 0, bedCc: 0 };
const operated: Seen = { breastCc: 480, chestwallCc: 3, bedCc: 12 };
const removed: Seen = { breastCc: 4, chestwallCc: 150, bedCc: 0 };
const unsure: Seen = { breastCc: 200, chestwallCc: 90, bedCc: 0 };
const nothing: Seen = { breastCc: 0, chestwallCc: 0, bedCc: 0 };

const decide = (L: Seen, R: Seen, treatment: Treatment = {}): Decision => decideTreatment({ L, R }, treatment);
const sides = (decision: Decision): Record<string, string | undefined> =>
  'undecided' in decision ? { undecided: decision.undecided } : Object.fromEntries(Array.from(decision.sides, ([side, decided]) => [side, 'unclear' in decided ? 'unclear' : decided.surgery]));
const notes = (decision: Decision): string => ('undecided' in decision ? decision.undecided : decision.notes.join('; '));
const contradiction = expect.objectContaining({ code: 'ctv-contradiction' });

describe('what is seen, when nothing is given', () => {
  it('a tumour bed on one side says side and conserving surgery, and that it was seen', () => {
    const decision = decide(operated, breast);
    expect(sides(decision)).toEqual({ L: 'conserving' });
    expect(notes(decision)).toMatch(/^side L: tumour bed of 12 cm³ found on the left; no side was given; surgery on the left: conserving, since a breast of 480 cm³.*none was given$/);
    expect(sides(decide(breast, operated))).toEqual({ R: 'conserving' });
  });

  it('a chest wall in place of a breast on one side says side and mastectomy', () => {
    const decision = decide(breast, removed);
    expect(sides(decision)).toEqual({ R: 'mastectomy' });
    expect(notes(decision)).toMatch(/side R: chest wall of 150 cm³ in place of a breast found on the right; no side was given/);
  });

  it.each([
    ['two breasts and no bed', breast, breast, /neither a tumour bed nor a chest wall/],
    ['a bed too small to tell', { ...breast, bedCc: 1.9 }, breast, /neither a tumour bed/],
    ['beds on both sides', operated, operated, /both sides show surgery: tumour bed of 12 cm³ found on the left; tumour bed of 12 cm³ found on the right/],
    ['a bed and a chest wall', operated, removed, /both sides show surgery/],
    ['a breast and a chest wall on one side', unsure, breast, /breast of 200 cm³ and a chest wall of 90 cm³ are seen on the left/],
    ['a bed in a chest wall', { ...removed, bedCc: 9 }, breast, /not clear whether the breast was removed/],
    ['nothing', nothing, nothing, /neither a tumour bed/],
  ])('%s leave it undecided, with the reason and what to give', (_, L, R, reason) => {
    const decision = decide(L, R);
    expect(decision).toHaveProperty('undecided', expect.stringMatching(reason));
    expect(notes(decision)).toMatch(/Give the (side|surgery)|by hand/);
  });
});

describe('what is given', () => {
  it('decides, and is checked against what is seen', () => {
    expect(sides(decide(breast, breast, { side: 'R' }))).toEqual({ R: 'conserving' });
    expect(sides(decide(operated, breast, { side: 'L', surgery: 'conserving' }))).toEqual({ L: 'conserving' });
    expect(notes(decide(operated, breast, { side: 'L', surgery: 'conserving' }))).toBe('');
    expect(sides(decide(removed, operated, { side: 'both' }))).toEqual({ L: 'mastectomy', R: 'conserving' });
    expect(sides(decide(operated, operated, { side: 'both', surgery: 'conserving' }))).toEqual({ L: 'conserving', R: 'conserving' });
    expect(sides(decide(operated, removed, { surgery: 'mastectomy' }))).toEqual({ R: 'mastectomy' });
    expect(sides(decide(operated, removed, { surgery: 'conserving' }))).toEqual({ L: 'conserving' });
    expect(sides(decide({ ...removed, bedCc: 9 }, breast, { side: 'L', surgery: 'mastectomy' }))).toEqual({ L: 'mastectomy' });
  });

  it.each([
    ['left, but the bed is on the right', breast, operated, { side: 'L' }],
    ['right, but the bed is on the left', operated, breast, { side: 'R', surgery: 'conserving' }],
    ['mastectomy on the left, but the chest wall is on the right', breast, removed, { side: 'L', surgery: 'mastectomy' }],
    ['mastectomy, but a bed and two breasts are seen', operated, breast, { surgery: 'mastectomy' }],
  ] as [string, Seen, Seen, Treatment][])('%s: refused', (_, L, R, treatment) => {
    expect(() => decide(L, R, treatment)).toThrow(contradiction);
  });

  it.each([
    ['conserving, but a chest wall is seen', removed, breast, { side: 'L', surgery: 'conserving' }, { L: 'unclear' }, /the surgery given is conserving, but a breast of 4 cm³ and a chest wall of 150 cm³ are seen on the left/],
    ['mastectomy, but a breast is seen, or an implant', breast, breast, { side: 'L', surgery: 'mastectomy' }, { L: 'unclear' }, /An implant looks like a breast/],
    ['mastectomy on both sides, but one breast is there', removed, breast, { side: 'both', surgery: 'mastectomy' }, { L: 'mastectomy', R: 'unclear' }, /seen on the right/],
    ['a breast and a chest wall on the side given', unsure, breast, { side: 'L', surgery: 'conserving' }, { L: 'unclear' }, /not clear which of the two is there/],
    ['a bed in a chest wall of the side given', { ...removed, bedCc: 9 }, breast, { side: 'L' }, { L: 'unclear' }, /not clear whether the breast was removed/],
  ] as [string, Seen, Seen, Treatment, object, RegExp][])('%s: the side is treated, but neither breast nor chest wall is released', (_, L, R, treatment, expected, reason) => {
    const decision = decide(L, R, treatment);
    expect(sides(decision)).toEqual(expected);
    expect(notes(decision)).toMatch(/neither breast nor chest wall of side [LR] was released: /);
    expect(notes(decision)).toMatch(reason);
  });

  it('the other side is spoken of: an old mastectomy there is none of this treatment', () => {
    const decision = decide(breast, removed, { side: 'L', surgery: 'conserving' });
    expect(sides(decision)).toEqual({ L: 'conserving' });
    expect(notes(decision)).toMatch(/side L was given; seen on the other side: chest wall of 150 cm³.*Check the side/);
    expect(notes(decide(operated, operated, { side: 'L' }))).toMatch(/seen on the other side: tumour bed of 12 cm³ found on the right/);
  });

  it('conserving without a bed to show the side stays undecided where a breast fits it', () => {
    expect(decide(breast, removed, { surgery: 'conserving' })).toHaveProperty('undecided', expect.stringMatching(/does not show where the surgery given, conserving, was/));
    expect(decide(unsure, breast, { surgery: 'conserving' })).toHaveProperty('undecided');
  });

  it('a side given that shows no surgery is said: nothing seen confirms it', () => {
    expect(notes(decide(breast, breast, { side: 'R', surgery: 'conserving' }))).toMatch(/no tumour bed of 2 cm³ is seen on the right: what is seen does not confirm the side/);
    expect(notes(decide(operated, breast, { side: 'both' }))).toMatch(/on the right: what is seen does not confirm/);
    expect(notes(decide(removed, breast, { side: 'L', surgery: 'mastectomy' }))).not.toMatch(/confirm/);
  });

  it('stations alone need the side', () => {
    expect(decideTreatment(undefined, {})).toHaveProperty('undecided', expect.stringMatching(/Give the side: L, R or both/));
    expect(sides(decideTreatment(undefined, { side: 'both' }))).toEqual({ L: undefined, R: undefined });
  });

  it('a side on which neither breast nor chest wall is seen is said', () => {
    expect(notes(decide(nothing, breast, { side: 'L' }))).toMatch(/neither a breast nor a chest wall of 15 cm³ is seen on the left/);
  });
});
