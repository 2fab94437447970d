import { drawnBy, type Votes } from './votes.ts';

/**
 * Generalised conformity index: the volumes that pairs of observers have in common, over the volumes that pairs encompass, summed over all
 * pairs. Of two observers it is IoU; its expectation does not depend on how many observe. An observer who drew nothing takes part with nothing.
 * Kouwenhoven, Giezen, Struikmans 2009, Phys Med Biol 54:2863.
 * @returns undefined when nobody drew anything
 */
export function conformityIndexOf({ observers, patterns }: Votes): number | undefined {
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  let [common, encompassed] = [0, 0];
  for (const { pattern, volumeCc } of patterns) {
    const count = drawnBy(pattern);
    common += pairs(count) * volumeCc;
    encompassed += (pairs(observers) - pairs(observers - count)) * volumeCc;
  }
  return encompassed === 0 ? undefined : common / encompassed;
}
