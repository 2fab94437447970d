import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RondoError } from '../../src/errors.ts';
import { readYaml } from '../../src/yaml/index.ts';

const schema = z.record(z.string(), z.unknown());

function refusal(text: string): RondoError | undefined {
  try {
    readYaml(text, schema, { code: 'test', what: 'The text' });
  } catch (error) {
    if (error instanceof RondoError) return error;
    throw error;
  }
  return undefined;
}

describe('readYaml', () => {
  it.each([
    ['at the top', 'a: 1\n__proto__: { b: 2 }', 'line 2, __proto__: '],
    ['in a list', 'rules:\n  - when:\n      A: b\n  - when:\n      "__proto__": c', 'line 5, rules, entry 2, when, __proto__: '],
    ['and nothing else', '{ __proto__: { a: 1 } }', 'line 1, __proto__: '],
  ])('refuses a key that programs would lose: %s', (_, text, where) => {
    expect(refusal(text)?.message).toContain(`${where}no key may be called so`);
  });

  it('takes it as a value, and other words as keys', () => {
    expect(readYaml('{ constructor: __proto__, toString: [__proto__] }', schema, { code: 'test', what: 'The text' }).data).toEqual({ constructor: '__proto__', toString: ['__proto__'] });
  });
});
