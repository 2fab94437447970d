import { describe, expect, it } from '@jest/globals';
import { FailedAttempts, TooManyAttempts } from '../../src/server/failedAttempts.ts';

describe('failed authentications', () => {
  it('are forgiven after five minutes', () => {
    let now = 0;
    const failed = new FailedAttempts(() => now);
    for (let count = 0; count < 10; count += 1) {
      failed.check('a');
      failed.add('a');
    }
    expect(() => { failed.check('a'); }).toThrow(TooManyAttempts);
    failed.check('b');
    now = 299_999;
    expect(() => { failed.check('a'); }).toThrow('try again in 1 seconds');
    now = 300_000;
    failed.check('a');
    failed.add('a');
    failed.check('a');
  });

  it('of made-up addresses push out the oldest, and no more memory is used', () => {
    const failed = new FailedAttempts(() => 0);
    for (let count = 0; count < 10; count += 1) failed.add('first');
    for (let count = 0; count < 10_000; count += 1) failed.add(`10.${count}`);
    failed.check('first');
  });
});
