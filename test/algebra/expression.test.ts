import { describe, expect, it } from '@jest/globals';
import { cropFromSurface, evaluate, intersection, parseDefinition, ring, subtraction, union, withMargin } from '../../src/algebra/index.ts';
import type { Mask } from '../../src/geometry/index.ts';
import { makeGeometry } from '../support/geometries.ts';
import { paint } from '../support/masks.ts';

const geometry = makeGeometry({ size: [40, 30, 9] });
const ball = (x: number, y: number, radius: number): Mask => paint(geometry, (i, j, k) => Math.hypot((i - x) * 1.25, (j - y) * 0.75, (k - 4) * 2.5) < radius);
const masks: Readonly<Record<string, Mask | undefined>> = { A: ball(16, 14, 8), B: ball(22, 16, 7), 'Lung L': ball(12, 10, 5), External: ball(19, 15, 22), '2': ball(20, 20, 4) };
const [a, b, lung, external, two] = [masks['A'], masks['B'], masks['Lung L'], masks['External'], masks['2']] as Mask[];
const lookup = (name: string): Mask => {
  const mask = masks[name];
  if (!mask) throw new Error(name);
  return mask;
};

describe('definitions of structures', () => {
  it.each<[string, Mask]>([
    ['X = A', a],
    ['X = 2', two],
    ['X = A | B', union(a, b)],
    ['X=A&B', intersection(a, b)],
    ['"X y" = A - "Lung L" - B', subtraction(subtraction(a, lung), b)],
    ['X = A - (B | "Lung L")', subtraction(a, union(b, lung))],
    ['X = margin(A, 3)', withMargin(a, 3)],
    ['X = margin(A | B, -2.5)', withMargin(union(a, b), -2.5)],
    ['X = margin(A, left 4, superior 6)', withMargin(a, { left: 4, right: 0, anterior: 0, posterior: 0, superior: 6, inferior: 0 })],
    ['X = crop(margin(A, 5), External, 5)', cropFromSurface(withMargin(a, 5), external, 5)],
    ['X = ring(B, 2, 6) & External', intersection(ring(b, 2, 6), external)],
  ])('%s', (text, expected) => {
    const { name, expression } = parseDefinition(text);
    expect(name).toBe(text.startsWith('"') ? 'X y' : 'X');
    expect(expected.isEmpty).toBe(false);
    expect(evaluate(expression, lookup).toDense()).toEqual(expected.toDense());
  });

  it.each([
    '', 'X', 'X =', '= A', 'X = A |', 'X = A B', 'X = A | B - C', 'X = (A', 'X = A)', 'X = margin(A', 'X = margin(A)', 'X = margin(A,', 'X = margin(A, )', 'X = margin(A, up 3)', 'X = margin(A, left 5, left 7)', 'X = margin A, 3',
    'X = grow(A, 3)', 'X = crop(A, 3)', 'X = ring(A, 3)', 'X = ring(A, 3, 4, 5)', 'X = A + B', 'X = "A', 'X = A; B', 'X = margin(A, 3mm)',
  ])('%j is refused', (text) => {
    expect(() => parseDefinition(text)).toThrow(expect.objectContaining({ code: 'algebra-expression' }));
  });
});
