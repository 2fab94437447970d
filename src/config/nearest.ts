/** More slips than these are no slip but another word. */
const MOST_SLIPS = 3;

/** Slips of the pen between two words: letters left out, put in or exchanged, and neighbours swapped. */
function slips(a: string, b: string): number {
  let before: number[] = [];
  let above: number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2] + 1 : Infinity;
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1), swapped));
    }
    [before, above] = [above, row];
  }
  return above[b.length];
}

/** The known word that was most likely meant, case ignored: with at most a third of its letters wrong, else one that begins with the given word; undefined where none is near. */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  const small = given.toLowerCase();
  let best: { word: string; count: number } | undefined;
  let longer: string | undefined;
  for (const word of known) {
    const most = Math.min(MOST_SLIPS, word.length / 3, (best?.count ?? Infinity) - 1);
    // Words of another length need as many slips at least; most of the dictionary is passed over so.
    if (Math.abs(word.length - small.length) <= most) {
      const count = slips(small, word.toLowerCase());
      if (count <= most) best = { word, count };
    }
    if (small.length > 1 && word.toLowerCase().startsWith(small)) longer ??= word;
  }
  return best?.word ?? longer;
}

/** As the end of a message: ` Did you mean "host"?`, or nothing. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const meant = nearest(given, known);
  return meant === undefined ? '' : ` Did you mean "${meant}"?`;
}
