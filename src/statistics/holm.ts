/** p-values corrected for their number by Holm 1979 (Scand J Stat 6:65), in the order given: what is below 0.05 holds for all together. */
export function holm(pValues: readonly number[]): number[] {
  const corrected = new Array<number>(pValues.length);
  let most = 0;
  pValues.map((_, index) => index).sort((a, b) => pValues[a] - pValues[b]).forEach((index, rank) => {
    most = Math.max(most, Math.min(1, pValues[index] * (pValues.length - rank)));
    corrected[index] = most;
  });
  return corrected;
}
