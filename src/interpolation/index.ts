export { morphologicalInterpolation } from './morphologicalInterpolation.ts';
