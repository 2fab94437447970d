import { RondoError } from '../errors.ts';

/** What lies between two edges of a region and two lines across it: at `top` from `topLeft` to `topRight`, at `bottom` from `bottomLeft` to `bottomRight`. */
export type VisitTrapezoid = (top: number, bottom: number, topLeft: number, topRight: number, bottomLeft: number, bottomRight: number) => void;

/** Comparisons after which rings are given up: a patient's slice takes thousands, a million points strewn at random would take days. */
const MOST_COMPARISONS = 1e7;

/** An edge from its upper end (lower y) to its lower end, whichever way the ring runs, so that a bridge walked there and back is the same edge twice. */
interface Edge {
  top: number;
  bottom: number;
  topX: number;
  bottomX: number;
}

/** Where an edge meets the two lines of a band: x at the top and at the bottom. */
type Span = readonly [number, number];

/**
 * Cuts the region that rings enclose by the even-odd rule into trapezoids between lines of equal y. Exact to rounding for
 * any rings: one inside the other, overlapping, touching or crossing themselves.
 *
 * Every end of an edge begins a band. Where edges cross within a band, it is cut at each crossing; so no two edges cross
 * inside of what is left, and the first and second, third and fourth … enclose the region.
 *
 * @param rings x and y of each point
 * @throws RondoError `rings-too-complex` when the rings cross each other millions of times
 */
export function forEachTrapezoid(rings: readonly Float64Array[], visit: VisitTrapezoid): void {
  const edges = rings.flatMap(edgesOf).sort((one, other) => one.top - other.top);
  const lines = Float64Array.from(edges.flatMap(({ top, bottom }) => [top, bottom])).sort();
  let [active, next, comparisons]: [Edge[], number, number] = [[], 0, 0];
  for (let line = 0; line + 1 < lines.length; line++) {
    const [top, bottom] = [lines[line], lines[line + 1]];
    if (top === bottom) continue;
    active = active.filter((edge) => edge.bottom > top);
    while (next < edges.length && edges[next].top <= top) active.push(edges[next++]);
    const cuts = cutsBetween(spansOf(active, top, bottom), top, bottom);
    comparisons += active.length * Math.log2(active.length + 1) * (cuts.length - 1);
    if (comparisons > MOST_COMPARISONS) {
      throw new RondoError('rings-too-complex', `Contours refused: rings of ${edges.length} edges cross each other too often to be measured. Expected outlines as a person or a program draws them; the file is damaged.`);
    }
    for (let cut = 0; cut + 1 < cuts.length; cut++) {
      const spans = spansOf(active, cuts[cut], cuts[cut + 1]).sort((one, other) => one[0] + one[1] - other[0] - other[1]);
      for (let pair = 0; pair + 1 < spans.length; pair += 2) {
        const [left, right] = [spans[pair], spans[pair + 1]];
        visit(cuts[cut], cuts[cut + 1], left[0], right[0], left[1], right[1]);
      }
    }
  }
}

/** Area that rings enclose by the even-odd rule, in the square of their unit. @throws RondoError `rings-too-complex` */
export function evenOddArea(rings: readonly Float64Array[]): number {
  let twice = 0;
  forEachTrapezoid(rings, (top, bottom, topLeft, topRight, bottomLeft, bottomRight) => {
    twice += (bottom - top) * (topRight - topLeft + bottomRight - bottomLeft);
  });
  return twice / 2;
}

function edgesOf(ring: Float64Array): Edge[] {
  const edges: Edge[] = [];
  const last = ring.length - 2;
  for (let at = 0, before = last; at <= last; before = at, at += 2) {
    const [x0, y0, x1, y1] = [ring[before], ring[before + 1], ring[at], ring[at + 1]];
    if (y0 < y1) edges.push({ top: y0, bottom: y1, topX: x0, bottomX: x1 });
    else if (y1 < y0) edges.push({ top: y1, bottom: y0, topX: x1, bottomX: x0 });
  }
  return edges;
}

function spansOf(active: readonly Edge[], top: number, bottom: number): Span[] {
  return active.map((edge) => [xAt(edge, top), xAt(edge, bottom)] as const);
}

function xAt({ top, bottom, topX, bottomX }: Edge, y: number): number {
  return y === bottom ? bottomX : topX + ((y - top) / (bottom - top)) * (bottomX - topX);
}

/** The band's ends and, between them, every y at which two of its edges cross. */
function cutsBetween(spans: Span[], top: number, bottom: number): number[] {
  const cuts = [top, bottom];
  spans.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  // In the order of the top, an edge has crossed those before it that lie beyond it at the bottom; none does where the farthest does not.
  const farthest = new Float64Array(spans.length);
  for (let one = 0; one < spans.length; one++) {
    farthest[one] = Math.max(spans[one][1], one === 0 ? -Infinity : farthest[one - 1]);
    for (let other = one - 1; other >= 0 && farthest[other] > spans[one][1]; other--) {
      const [ahead, behind] = [spans[one][0] - spans[other][0], spans[other][1] - spans[one][1]];
      if (ahead > 0 && behind > 0) cuts.push(top + (ahead / (ahead + behind)) * (bottom - top));
    }
  }
  return cuts.sort((one, other) => one - other);
}
