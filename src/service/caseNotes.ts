import type { CaseSummary } from './contouringEngine.ts';

/**
 * What whoever looks at a job should know before the contours are used: of the scan, of what is missing, and of single structures, those with the same note together.
 * Plugins, status page and API show it; nothing of a patient stands in it.
 */
export function caseNotes({ notes, notFound, structures }: Pick<CaseSummary, 'notes' | 'notFound' | 'structures'>): string[] {
  const ofStructures = new Map<string, string[]>();
  for (const { name, notes: own } of structures) for (const note of own) ofStructures.set(note, [...(ofStructures.get(note) ?? []), name]);
  return [
    ...notes,
    ...notFound.map(({ name, reason }) => `${name} was not found: ${reason}`),
    ...Array.from(ofStructures, ([note, names]) => `${names.join(', ')}: ${note}`),
  ];
}
