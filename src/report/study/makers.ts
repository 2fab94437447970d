import type { Maker, StudyCase } from './studyReport.ts';

/** What drew the tests of many cases, each once. */
export function makersOf(cases: readonly StudyCase[]): Maker[] {
  const makers = new Map(cases.flatMap((one) => one.makers).map((maker) => [JSON.stringify([maker.name, maker.version, maker.parameters]), maker]));
  return [...makers.values()];
}
