import { boxOf, isRingWithin, type Box } from './nestRings.ts';

/** A piece of a ring on one side of the line, from one crossing to the next; both stand among its points. */
interface Chain {
  ends: readonly [Crossing, Crossing];
  /** Column and row of each point. */
  points: number[];
}

/** Where a ring passes the line, and the chain that ends there on either side: before the line, beyond it. */
interface Crossing {
  along: number;
  chains: [Chain | undefined, Chain | undefined];
}

/** Coordinate that a line holds constant: 0 for one along the columns of voxels (x), 1 for one along the rows (y). */
export type CutAxis = 0 | 1;

/**
 * Cuts a region with holes along a straight line. The parts share edges on the line and nothing else; together they
 * enclose what the region did, by the even-odd rule too.
 *
 * @param rings column and row of each point: the outer ring, then its holes, inside it and apart (they may share corners)
 * @param axis which coordinate of the line is constant
 * @param at that coordinate; no ring may have a point there
 * @returns the regions before the line and beyond it, each as its outer ring and its holes; undefined where a point lies on the line
 */
export function cutRegion(rings: readonly Float64Array[], axis: CutAxis, at: number): Float64Array[][] | undefined {
  const crossings: Crossing[] = [];
  const whole: [Float64Array[], Float64Array[]] = [[], []];
  for (const ring of rings) {
    for (let index = axis; index < ring.length; index += 2) if (ring[index] === at) return undefined;
    const passed = cutRing(ring, axis, at);
    crossings.push(...passed);
    if (passed.length === 0) whole[ring[axis] < at ? 0 : 1].push(ring);
  }
  // Along the line the region lies between the first crossing and the second, the third and the fourth …
  crossings.sort((one, other) => one.along - other.along);
  const partners = new Map(crossings.map((crossing, index) => [crossing, crossings[index ^ 1]]));
  return ([0, 1] as const).flatMap((side) => regionsOf(joinedChains(crossings, partners, side), whole[side]));
}

/** Cuts one ring into chains. @returns its crossings, in walking order */
function cutRing(ring: Float64Array, axis: CutAxis, at: number): Crossing[] {
  const count = ring.length / 2;
  const sideOf = (point: number): 0 | 1 => (ring[(point % count) * 2 + axis] < at ? 0 : 1);
  const leaving = Array.from({ length: count }, (_, point) => point).filter((point) => sideOf(point) !== sideOf(point + 1));
  const crossings = leaving.map((point): Crossing => {
    const [from, to] = [point * 2, ((point + 1) % count) * 2];
    const share = (at - ring[from + axis]) / (ring[to + axis] - ring[from + axis]);
    return { along: ring[from + 1 - axis] + share * (ring[to + 1 - axis] - ring[from + 1 - axis]), chains: [undefined, undefined] };
  });
  crossings.forEach((start, index) => {
    const next = (index + 1) % crossings.length;
    const end = crossings[next];
    const chain: Chain = { ends: [start, end], points: pointOn(start, axis, at) };
    const last = next > index ? leaving[next] : leaving[next] + count;
    for (let point = leaving[index] + 1; point <= last; point++) chain.points.push(ring[(point % count) * 2], ring[(point % count) * 2 + 1]);
    chain.points.push(...pointOn(end, axis, at));
    const side = sideOf(last);
    start.chains[side] = chain;
    end.chains[side] = chain;
  });
  return crossings;
}

function pointOn({ along }: Crossing, axis: CutAxis, at: number): number[] {
  return axis === 0 ? [at, along] : [along, at];
}

/** The chains of one side joined along the line, from each crossing to its partner. */
function joinedChains(crossings: readonly Crossing[], partners: ReadonlyMap<Crossing, Crossing>, side: 0 | 1): Float64Array[] {
  const rings: Float64Array[] = [];
  const used = new Set<Chain>();
  for (const start of crossings) {
    const points: number[] = [];
    let from = start;
    for (;;) {
      const chain = from.chains[side];
      if (!chain || used.has(chain)) break;
      used.add(chain);
      const forwards = chain.ends[0] === from;
      for (let index = 0; index < chain.points.length; index += 2) {
        const point = forwards ? index : chain.points.length - 2 - index;
        points.push(chain.points[point], chain.points[point + 1]);
      }
      from = partners.get(chain.ends[forwards ? 1 : 0]) ?? start;
    }
    if (points.length > 0) rings.push(Float64Array.from(points));
  }
  return rings;
}

/** Regions from the rings of one side. A ring with an edge on the line has nothing around it, so it is an outer one; where there is none, the first ring is. */
function regionsOf(outer: Float64Array[], uncut: Float64Array[]): Float64Array[][] {
  if (outer.length === 0) return uncut.length === 0 ? [] : [uncut];
  const regions = outer.map((ring) => [ring]);
  const boxes = outer.map(boxOf);
  for (const hole of uncut) {
    const around = regions.find((_, index) => isPointIn(hole, boxes[index]) && isRingWithin(hole, outer[index]));
    if (around) around.push(hole);
    else regions.push([hole]);
  }
  return regions;
}

/** Whether the first point of a ring lies in a box. */
function isPointIn([x, y]: Float64Array, [left, top, right, bottom]: Box): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}
