import { describe, expect, it } from '@jest/globals';
import { areDecimalStrings } from '../../src/dicom/decimalString.ts';
import { decimalValues } from '../../src/dicom/index.ts';
import { randomNumbers } from '../rtstruct/masks.ts';

describe('the values of decimal strings', () => {
  it('are those that Number reads, to the last bit', () => {
    const next = randomNumbers(3);
    const texts = Array.from({ length: 20_000 }, () => {
      const value = (next() - 0.5) * 10 ** Math.floor(next() * 16);
      const form = next();
      return form < 0.3 ? String(value) : form < 0.6 ? value.toFixed(Math.floor(next() * 12)) : form < 0.9 ? String(Math.round(value * 100) / 100) : value.toExponential(6);
    });
    // Each by itself, so that one in another notation does not decide how the others are read.
    for (const text of texts) expect(Object.is(decimalValues(text).values[0], Number(text))).toBe(true);
    for (const text of texts) expect([text, areDecimalStrings(text)]).toEqual([text, text.length <= 16]);
    expect(decimalValues(texts.join('\\'))).toEqual({ values: Float64Array.from(texts, Number), areNumbers: true, longest: Math.max(...texts.map((text) => text.length)) });
  });

  it.each<[string, number[], number]>([
    ['', [], 0],
    ['-0\\+0', [-0, 0], 2],
    ['.5\\5.\\-.5', [0.5, 5, -0.5], 3],
    [' 1.5 \\2', [1.5, 2], 5],
    ['0.1234567890123456\\9007199254740993', [0.1234567890123456, 9007199254740992], 18],
    ['1\\\\2', [1, NaN, 2], 1],
    ['1\\', [1, NaN], 1],
    ['.\\-\\+\\-.', [NaN, NaN, NaN, NaN], 2],
    ['1.2.3\\1-1\\--1', [NaN, NaN, NaN], 5],
    ['1,5\\1 5\\é', [NaN, NaN, NaN], 3],
    ['0x10\\0b1\\1_0', [NaN, NaN, NaN], 4],
    ['Infinity\\NaN\\1e999', [NaN, NaN, NaN], 8],
    ['1e3\\-1E-2', [1000, -0.01], 5],
  ])('%j', (text, values, longest) => {
    expect(decimalValues(text)).toEqual({ values: Float64Array.from(values), areNumbers: !values.includes(NaN), longest });
    expect(areDecimalStrings(text)).toBe(!values.includes(NaN) && longest <= 16);
  });
});
