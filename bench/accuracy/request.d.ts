export function requestFor(given: {
  models: readonly string[];
  structures: readonly string[];
  treated?: { side: 'L' | 'R'; surgery: 'mastectomy' | 'conserving' } | null;
}): { args: string[]; isAsked: (structure: string) => boolean };
