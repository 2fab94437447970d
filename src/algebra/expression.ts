import { RondoError } from '../errors.ts';
import type { Mask } from '../geometry/index.ts';
import type { DirectionalMarginsMm, MarginMm } from './imageMargins.ts';
import { cropFromSurface, ring, withMargin } from './margins.ts';
import { intersection, subtraction, union } from './setOperations.ts';

/** A structure said in terms of others. */
export type Expression =
  | { kind: 'structure'; name: string }
  | { kind: '|' | '&' | '-'; left: Expression; right: Expression }
  | { kind: 'margin'; of: Expression; marginMm: MarginMm }
  | { kind: 'crop'; of: Expression; surface: Expression; distanceMm: number }
  | { kind: 'ring'; of: Expression; innerMm: number; outerMm: number };

export interface Definition {
  name: string;
  expression: Expression;
}

const SIDES = ['left', 'right', 'anterior', 'posterior', 'superior', 'inferior'] as const;

/** Quoted name, number, bare name, or one of the signs. */
const TOKEN = /\s*(?:"([^"]*)"|(\d+(?:\.\d+)?)(?![\p{L}\p{N}_])|([\p{L}\p{N}_]+)|([=|&\-(),]))/uy;

type Token = { kind: 'quoted' | 'number' | 'name' | 'sign' | 'end'; text: string };

/**
 * Reads a definition such as `Lungs = Lung_L | Lung_R`, `PTV = crop(margin(CTVp_Breast_L, 5), External, 5)`:
 * `|` union, `&` intersection, `-` subtraction; `margin(a, mm)`, `margin(a, left 5, right 3 …)` with 0 to the sides not
 * named, `crop(a, surface, mm)`, `ring(a, inner mm, outer mm)`. Different signs in a row need parentheses. Names of other
 * than letters, digits and _ stand in quotation marks.
 * @throws RondoError `algebra-expression`
 */
export function parseDefinition(text: string): Definition {
  const tokens = tokensOf(text);
  let at = 0;
  const refuse = (expected: string): RondoError => {
    const { kind, text: found } = tokens[at];
    return new RondoError('algebra-expression', `"${text}" cannot be read: expected ${expected}, found ${kind === 'end' ? 'the end' : `"${found}"`}. Example: PTV = margin(CTV, 5) - "Lung L"`);
  };
  const take = (): string => tokens[at++].text;
  const nextIs = (sign: string): boolean => tokens[at].kind === 'sign' && tokens[at].text === sign;
  const sign = (wanted: string): void => {
    if (!nextIs(wanted)) throw refuse(`"${wanted}"`);
    at++;
  };
  const name = (): string => {
    if (!['quoted', 'name', 'number'].includes(tokens[at].kind)) throw refuse('the name of a structure');
    return take();
  };
  const millimetres = (): number => {
    sign(',');
    return signedNumber();
  };
  const signedNumber = (): number => {
    const negative = nextIs('-');
    if (negative) at++;
    if (tokens[at].kind !== 'number') throw refuse('millimetres');
    return Number(take()) * (negative ? -1 : 1);
  };

  const expression = (): Expression => {
    let left = term();
    const kind = ['|', '&', '-'].find(nextIs) as '|' | '&' | '-' | undefined;
    while (kind !== undefined && nextIs(kind)) {
      at++;
      left = { kind, left, right: term() };
    }
    if (['|', '&', '-'].some(nextIs)) throw refuse(`parentheses before another sign`);
    return left;
  };
  const term = (): Expression => {
    if (nextIs('(')) {
      at++;
      const inner = expression();
      sign(')');
      return inner;
    }
    const quoted = tokens[at].kind === 'quoted';
    const word = name();
    if (quoted || !nextIs('(')) return { kind: 'structure', name: word };
    at++;
    const call = callOf(word);
    sign(')');
    return call;
  };
  const callOf = (word: string): Expression => {
    switch (word) {
      case 'margin':
        return { kind: 'margin', of: expression(), marginMm: marginMm() };
      case 'crop': {
        const of = expression();
        sign(',');
        return { kind: 'crop', of, surface: expression(), distanceMm: millimetres() };
      }
      case 'ring':
        return { kind: 'ring', of: expression(), innerMm: millimetres(), outerMm: millimetres() };
      default:
        at -= 2;
        throw refuse('margin, crop or ring before parentheses');
    }
  };
  const marginMm = (): MarginMm => {
    if (tokens.at(at + 1)?.kind !== 'name') return millimetres();
    const margins: Record<keyof DirectionalMarginsMm, number> = { left: 0, right: 0, anterior: 0, posterior: 0, superior: 0, inferior: 0 };
    const named = new Set<string>();
    while (nextIs(',')) {
      at++;
      const side = SIDES.find((known) => known === tokens[at].text);
      if (side === undefined || named.has(side)) throw refuse(`one of ${SIDES.filter((known) => !named.has(known)).join(', ')}`);
      named.add(side);
      at++;
      margins[side] = signedNumber();
    }
    return margins;
  };

  const defined = name();
  sign('=');
  const result = expression();
  if (tokens[at].kind !== 'end') throw refuse('nothing more');
  return { name: defined, expression: result };
}

/**
 * The mask that an expression describes.
 * @param structures gives the mask of a name, or throws
 */
export function evaluate(expression: Expression, structures: (name: string) => Mask): Mask {
  switch (expression.kind) {
    case 'structure':
      return structures(expression.name);
    case '|':
      return union(evaluate(expression.left, structures), evaluate(expression.right, structures));
    case '&':
      return intersection(evaluate(expression.left, structures), evaluate(expression.right, structures));
    case '-':
      return subtraction(evaluate(expression.left, structures), evaluate(expression.right, structures));
    case 'margin':
      return withMargin(evaluate(expression.of, structures), expression.marginMm);
    case 'crop':
      return cropFromSurface(evaluate(expression.of, structures), evaluate(expression.surface, structures), expression.distanceMm);
    case 'ring':
      return ring(evaluate(expression.of, structures), expression.innerMm, expression.outerMm);
  }
}

/** The names of the structures that an expression needs, each once. */
export function structuresIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'structure':
      return [expression.name];
    case '|':
    case '&':
    case '-':
      return [...new Set([...structuresIn(expression.left), ...structuresIn(expression.right)])];
    case 'crop':
      return [...new Set([...structuresIn(expression.of), ...structuresIn(expression.surface)])];
    case 'margin':
    case 'ring':
      return structuresIn(expression.of);
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const body = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < body.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(body) as (readonly (string | undefined)[]) | null;
    if (!match) throw new RondoError('algebra-expression', `"${text}" cannot be read from "${body.slice(from).trim()}" on. Put names with other characters than letters, digits and _ in quotation marks.`);
    const kinds = ['quoted', 'number', 'name', 'sign'] as const;
    const group = kinds.findIndex((_, index) => match[index + 1] !== undefined);
    tokens.push({ kind: kinds[group], text: match[group + 1] ?? '' });
  }
  return [...tokens, { kind: 'end', text: '' }];
}
