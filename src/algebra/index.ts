export { evaluate, parseDefinition, structuresIn, type Definition, type Expression } from './expression.ts';
export { type DirectionalMarginsMm, type MarginMm } from './imageMargins.ts';
export { cropFromOrgan, cropFromSurface, ring, withMargin } from './margins.ts';
export { intersection, subtraction, union } from './setOperations.ts';
