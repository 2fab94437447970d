import * as Plot from '@observablehq/plot';
import { colour, fixed, plotSvg, type Html } from '../page/index.ts';
import { observerColour } from './observerLines.ts';
import type { ReportedStructure } from './observersReport.ts';

const ROW_HEIGHT = 25;

/** Volumes by observer, before the consensus, a line, and the mean with one standard deviation, a band. */
export function volumesPlot({ name, volumesCc, volume, consensus }: ReportedStructure, names: readonly string[]): Html {
  const drawn = names.flatMap((observer, index) => (volumesCc[index] > 0 ? [{ observer, cc: volumesCc[index], fill: observerColour(index) }] : []));
  const missing = names.filter((_, index) => volumesCc[index] === 0);
  const { mean = 0, sd = 0, min = 0, max = 0 } = volume;
  const ends = [min, max, mean - sd, mean + sd, consensus?.volumeCc ?? mean];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = Math.max(high - low, high * 0.02) * 0.12;
  return plotSvg({
    width: 540,
    height: names.length * ROW_HEIGHT + 62,
    marginLeft: Math.min(190, 24 + 7.2 * Math.max(...names.map(({ length }) => length))),
    marginRight: 62,
    marginTop: 22,
    marginBottom: 38,
    style: { fontSize: '12.5px' },
    x: { domain: [Math.max(0, low - room), high + room], ticks: 5, tickFormat: String, label: 'volume, cm³', labelArrow: 'none', labelAnchor: 'center', grid: true },
    y: { domain: [...names], label: null, tickSize: 0, type: 'band' },
    marks: [
      Plot.rectX([{ from: mean - sd, to: mean + sd }], { x1: 'from', x2: 'to', fill: colour('sky'), fillOpacity: 0.22 }),
      ...(consensus === undefined ? [] : [Plot.ruleX([consensus.volumeCc], { stroke: colour('ink'), strokeWidth: 1.6 }), Plot.text([consensus.volumeCc], { x: (cc: number) => cc, text: () => 'consensus', frameAnchor: 'top', dy: -14, fill: colour('ink') })]),
      Plot.dot(drawn, { x: 'cc', y: 'observer', r: 5, fill: 'fill', stroke: colour('ink'), strokeWidth: 1 }),
      Plot.text(drawn, { text: ({ cc }: { cc: number }) => fixed(cc, 1), y: 'observer', frameAnchor: 'right', textAnchor: 'start', dx: 12, fill: colour('ink') }),
      Plot.text(missing, { text: () => 'missed', y: (observer: string) => observer, frameAnchor: 'right', textAnchor: 'start', dx: 12, fill: colour('fail-ink') }),
    ],
  }, { title: `Volumes of ${name}`, description: `${drawn.map(({ observer, cc }) => `${observer}: ${fixed(cc, 1)} cm³`).join('; ')}${consensus === undefined ? '' : `; consensus: ${fixed(consensus.volumeCc, 1)} cm³`}${missing.length === 0 ? '' : `; missed by ${missing.join(', ')}`}.` });
}
