import * as Plot from '@observablehq/plot';
import type { ReportedMetrics } from './caseReport.ts';
import { colour, fixed, html, plotSvg, type ColourName, type Html } from './page/index.ts';

type SurfaceMap = NonNullable<ReportedMetrics['surfaceMap']>;
type Slices = ReportedMetrics['slices'];

const MARGINS = { marginLeft: 46, marginRight: 12 } as const;
const WIDTH = 540;

/** DSC, added path and difference of area of each slice along the patient. */
export function slicePlots(slices: Slices, name: string): Html {
  const positions = slices.map(({ positionMm }) => positionMm);
  const stepMm = slices.length > 1 ? (positions[positions.length - 1] - positions[0]) / (slices.length - 1) : 1;
  const x = { domain: [positions[0] - stepMm / 2, positions[positions.length - 1] + stepMm / 2] };
  const rows: readonly { title: string; of: (slice: Slices[number]) => number; domain: [number, number]; tickFormat: (value: number) => string; fill: ColourName }[] = [
    { title: 'DSC', of: ({ dsc }) => dsc, domain: [0, 1], tickFormat: (value) => fixed(value, 1), fill: 'blue' },
    { title: 'APL, mm', of: ({ addedPathMm }) => addedPathMm, domain: [0, most(slices.map(({ addedPathMm }) => addedPathMm))], tickFormat: plain, fill: 'purple' },
    { title: 'Area, test − reference, cm²', of: areaDifferenceCm2, domain: symmetric(slices.map(areaDifferenceCm2)), tickFormat: (value) => (value > 0 ? `+${plain(value)}` : plain(value)), fill: 'green' },
  ];
  return html`<div class="strip">${rows.map(({ title, of, domain, tickFormat, fill }, index) => {
    const isLast = index === rows.length - 1;
    const data = slices.map((slice) => ({ from: slice.positionMm - stepMm * 0.42, to: slice.positionMm + stepMm * 0.42, value: of(slice) }));
    return plotSvg({
      width: WIDTH,
      height: isLast ? 108 : 76,
      ...MARGINS,
      marginTop: 20,
      marginBottom: isLast ? 34 : 6,
      x: { ...x, axis: isLast ? 'bottom' : null, label: 'z, mm (feet → head)', labelArrow: 'none', labelAnchor: 'center' },
      y: { domain, ticks: domain[0] < 0 ? [domain[0], 0, domain[1]] : [0, domain[1] / 2, domain[1]], tickFormat, label: title, labelArrow: 'none' },
      marks: [
        Plot.ruleY(domain[0] < 0 ? [domain[0], domain[1]] : [domain[1] / 2, domain[1]], { stroke: colour('line') }),
        Plot.rect(data, { x1: 'from', x2: 'to', y1: 0, y2: 'value', fill: colour(fill), insetLeft: 0 }),
        Plot.ruleY([0], { stroke: colour('faint') }),
      ],
    }, { title: `${title} of each slice of ${name}`, description: `From z = ${fixed(positions[0], 1)} to ${fixed(positions[positions.length - 1], 1)} mm, ${slices.length} slices; between ${fixed(Math.min(...slices.map(of)), 2)} and ${fixed(Math.max(...slices.map(of)), 2)}.` });
  })}</div>`;
}

function areaDifferenceCm2({ testMm2, referenceMm2 }: Slices[number]): number {
  return (testMm2 - referenceMm2) / 100;
}

/** Three digits at most, without those that say nothing. */
function plain(value: number): string {
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

/** A round number above all. */
function most(values: readonly number[]): number {
  const largest = Math.max(...values, 0);
  if (largest === 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(largest));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * unit >= largest) ?? 10) * unit;
}

function symmetric(values: readonly number[]): [number, number] {
  const largest = most(values.map(Math.abs));
  return [-largest, largest];
}

/** The classes of the map by their colours, from far inside to far outside; edges in multiples of τ. */
const CLASSES: readonly ColourName[] = ['in-3', 'in-2', 'in-1', 'within', 'out-1', 'out-2', 'out-3'];
const EDGES = [-4, -2, -1, 1, 2, 4] as const;

function classOf(distanceMm: number, toleranceMm: number): number {
  const size = EDGES.slice(3).filter((edge) => Math.abs(distanceMm) > edge * toleranceMm).length;
  return 3 + Math.sign(distanceMm) * size;
}

/** Where the surfaces differ: unrolled around the reference, classes of distance by τ. */
export function mapPlot({ directions, angles, rings, farthest }: SurfaceMap, toleranceMm: number, name: string): Html {
  const [first, second, third, fourth] = directions;
  const edges = ringEdges(rings.map(({ positionMm }) => positionMm));
  const sector = 360 / angles;
  // Each row in stretches of one class; the first direction stands in the middle.
  const stretches = CLASSES.map((): [number, number, number, number][] => []);
  for (const [row, { distancesMm }] of rings.entries()) {
    let open: { kind: number; from: number } | undefined;
    for (let step = 0; step <= angles; step++) {
      const distance = step === angles ? null : distancesMm[(step + angles / 2) % angles];
      const kind = distance === null ? undefined : classOf(distance, toleranceMm);
      if (open && open.kind !== kind) {
        stretches[open.kind].push([open.from * sector - 180 - sector / 2, step * sector - 180 - sector / 2, edges[row], edges[row + 1]]);
        open = undefined;
      }
      if (kind !== undefined && open === undefined) open = { kind, from: step };
    }
  }
  const heightMm = edges[edges.length - 1] - edges[0];
  const fields: Plot.RenderFunction = (_index, scales, _values, _dimensions, context) => {
    const { x, y } = scales as { x: (value: number) => number; y: (value: number) => number };
    const { document } = context as unknown as { document: { createElementNS: (namespace: string, name: string) => { setAttribute: (name: string, value: string) => void; append: (child: unknown) => void } } };
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    for (const [kind, boxes] of stretches.entries()) {
      if (boxes.length === 0) continue;
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('fill', colour(CLASSES[kind]));
      path.setAttribute('d', boxes.map(([from, to, low, high]) => `M${tenth(x(from))} ${tenth(y(high))}H${tenth(x(to))}V${tenth(y(low))}H${tenth(x(from))}Z`).join(''));
      path.setAttribute('shape-rendering', 'crispEdges');
      group.append(path);
    }
    return group as never;
  };
  return plotSvg({
    width: WIDTH,
    height: Math.round(Math.min(206, Math.max(120, heightMm * 1.2))) + 54,
    ...MARGINS,
    marginTop: 20,
    marginBottom: 34,
    x: { domain: [-180 - sector / 2, 180 - sector / 2], ticks: [-180, -90, 0, 90], tickFormat: (degrees: number) => ({ [-180]: third, [-90]: fourth, 0: first, 90: second })[degrees] ?? '', label: 'direction from the middle of the reference', labelArrow: 'none', labelAnchor: 'center' },
    y: { domain: [edges[0], edges[edges.length - 1]], ticks: 5, label: 'z, mm', labelArrow: 'none' },
    marks: [fields],
  }, { title: `Surface distances of ${name}, unrolled`, description: `The farthest element lies ${fixed(Math.abs(farthest.distanceMm), 1)} mm ${farthest.distanceMm < 0 ? 'inside' : 'outside'} the reference, at x, y, z = ${farthest.pointMm.map((mm) => fixed(mm, 1)).join(', ')} mm.` });
}

/** The classes with their distances in mm. */
export function mapLegend(toleranceMm: number): Html {
  const mm = (edge: number): string => fixed(Math.abs(edge) * toleranceMm, Number.isInteger(toleranceMm) ? 0 : 1);
  const words = [`> ${mm(4)}`, `${mm(2)}–${mm(4)}`, `${mm(1)}–${mm(2)}`, `≤ ${mm(1)} (τ)`, `${mm(1)}–${mm(2)}`, `${mm(2)}–${mm(4)}`, `> ${mm(4)}`];
  return html`<div class="scale" role="group" aria-label="Colours of the map, in mm"><span class="end">test inside</span>${CLASSES.map((name, kind) => html`<span class="step"><i style="background:${colour(name)}"></i>${words[kind]}</span>`)}<span class="end">outside, mm</span></div>`;
}

function ringEdges(positions: readonly number[]): number[] {
  const between = positions.slice(1).map((position, n) => (position + positions[n]) / 2);
  const [first, last] = [positions[0], positions[positions.length - 1]];
  const outer = between.length === 0 ? 1 : 0;
  return [first - (outer || between[0] - first), ...between, last + (outer || last - between[between.length - 1])];
}

function tenth(pixel: number): string {
  return String(Math.round(pixel * 10) / 10);
}

export const PLOT_CSS = `
.strip svg+svg{margin-top:2px}
.scale{display:flex;white-space:nowrap;flex-wrap:wrap;gap:3px 7px;align-items:center;font-size:11.5px;margin-top:2px;font-variant-numeric:tabular-nums}
.scale .end{color:var(--faint)}
.scale .step{display:inline-flex;align-items:center;gap:4px}
.scale i{width:15px;height:11px;border:1px solid var(--faint);border-radius:2px}
`;
