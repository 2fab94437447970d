import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { html, markup, type Html } from './html.ts';

/** Text for whoever does not see a plot. */
export interface PlotText {
  /** What it is. */
  title: string;
  /** What it shows. */
  description: string;
}

// The types of browsers are not this program's.
const { document } = parseHTML('<!doctype html><html><body></body></html>') as unknown as { document: object };

/** Observable Plot as an SVG that stands in the page: no script, colours by `colour()` follow the page. */
export function plotSvg(options: Plot.PlotOptions, { title, description }: PlotText): Html {
  const { outerHTML } = Plot.plot({ ...options, document, className: 'plot' }) as { outerHTML: string };
  // The page has its own style, and hundredths of a pixel are enough.
  const drawn = outerHTML.replace(/<style>.*?<\/style>/s, '').replace(/(\d\.\d{2})\d+/g, '$1');
  const [, attributes, content] = /^<svg([^>]*)>(.*)$/s.exec(drawn) ?? ['', '', ''];
  return html`<svg role="img" aria-label="${title}. ${description}"${markup(attributes)}><title>${title}</title>${markup(content)}`;
}
