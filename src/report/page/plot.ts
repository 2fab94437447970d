import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { markup, type Html } from './html.ts';

/** Text for whoever does not see a plot. */
export interface PlotText {
  /** What it is. */
  title: string;
  /** What it shows. */
  description: string;
}

// Of a document, what is asked of it here: the types of browsers are not this program's.
interface SvgElement {
  outerHTML: string;
  textContent: string;
  setAttribute: (name: string, value: string) => void;
  prepend: (child: SvgElement) => void;
}

interface SvgDocument {
  createElementNS: (namespace: string, name: string) => SvgElement;
}

const { document } = parseHTML('<!doctype html><html><body></body></html>') as unknown as { document: SvgDocument };

/** Observable Plot as an SVG that stands in the page: no script, colours by `colour()` follow the page. */
export function plotSvg(options: Plot.PlotOptions, { title, description }: PlotText): Html {
  const svg = Plot.plot({ ...options, document, className: 'plot' } as Plot.PlotOptions) as SvgElement;
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', `${title}. ${description}`);
  const name = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  name.textContent = title;
  svg.prepend(name);
  // The page has its own style, and hundredths of a pixel are enough.
  return markup(svg.outerHTML.replace(/<style>.*?<\/style>/s, '').replace(/(\d\.\d{2})\d+/g, '$1'));
}
