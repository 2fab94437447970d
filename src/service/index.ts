export { ContouringProcess, type ContouringOptions, type ContouringProgress } from './contouringProcess.ts';
export type { CaseSummary, Contoured, ContouringTask } from './contouringEngine.ts';
