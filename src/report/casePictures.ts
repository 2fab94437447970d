import { CONTOUR_COLOURS, fixed, html, type Html } from './page/index.ts';
import type { Chain } from './chains.ts';
import type { ComparisonPicture } from './comparisonPictures.ts';
import type { CtSection } from './ctSection.ts';

/** Lengths of scale bars, of which the longest that takes less than a third of the picture is drawn. */
const BARS_MM = [100, 50, 20, 10, 5];

/** A contour in a section of the CT: the class that its line is drawn by. */
export interface DrawnContour {
  className: string;
  chains: readonly Chain[];
}

/** A picture of the CT with both contours: grey values as an image, all lines and letters as SVG, sharp at any size. */
export function pictureSvg({ reference, test, mark, ...section }: ComparisonPicture, name: string): Html {
  const contours = [{ className: 'reference', chains: reference }, { className: 'test', chains: test }];
  return sectionSvg(section, `${section.title} of ${name}`, 'contours of the reference, solid, and of the test, dashed, on the CT', contours, mark);
}

/** A section of the CT with contours, the later ones above the earlier. @param shown what is seen, in words */
export function sectionSvg({ title, view, positionMm, image, pixels, pixelsPerMm }: CtSection & { title: string }, heading: string, shown: string, contours: readonly DrawnContour[], mark?: readonly [number, number]): Html {
  const [left, right, top, bottom] = view.letters;
  const position = `${'xyz'.charAt(view.normalAxis)} = ${fixed(positionMm, 1)} mm`;
  const barMm = BARS_MM.find((mm) => mm * pixelsPerMm < pixels / 3) ?? 5;
  const [barEnd, barY] = [pixels - 12, pixels - 14];
  const letter = (text: string, x: number, y: number): Html => html`<text class="side" x="${x}" y="${y}">${text}</text>`;
  return html`<svg class="ct" viewBox="0 0 ${pixels} ${pixels}" width="${pixels}" height="${pixels}" role="img" aria-label="${heading}, ${position}: ${shown}">
<title>${title}, ${position}</title>
<image href="${image}" width="${pixels}" height="${pixels}"/>
${contours.map(({ chains }) => html`<path class="rim" d="${pathOf(chains)}"/>`)}${contours.map(({ chains, className }) => html`<path class="${className}" d="${pathOf(chains)}"/>`)}
${mark && ['rim', 'mark'].map((kind) => html`<path class="${kind}" d="M${round(mark[0] - 13)} ${round(mark[1])}h8m10 0h8M${round(mark[0])} ${round(mark[1] - 13)}v8m0 10v8"/>`)}
${letter(left, 12, pixels / 2 + 5)}${letter(right, pixels - 12, pixels / 2 + 5)}${letter(top, pixels / 2, 19)}${letter(bottom, pixels / 2, pixels - 9)}
<text class="place" x="10" y="${pixels - 11}">${position}</text>
${['rim', 'bar'].map((kind) => html`<path class="${kind}" d="M${round(barEnd - barMm * pixelsPerMm)} ${barY - 4}v8m0 -4H${barEnd}m0 -4v8"/>`)}<text class="length" x="${barEnd}" y="${barY - 9}">${barMm} mm</text>
</svg>`;
}

/** The two lines of the pictures, for a legend. */
export function contourLegend(): Html {
  return html`<span class="legend"><svg viewBox="0 0 34 12" aria-hidden="true"><rect width="34" height="12" rx="2"/><path class="reference" d="M3 6H31"/></svg> reference</span><span class="legend"><svg viewBox="0 0 34 12" aria-hidden="true"><rect width="34" height="12" rx="2"/><path class="test" d="M3 6H31"/></svg> test</span>`;
}

export const PICTURE_CSS = `
.ct{background:#000;border-radius:4px;width:100%;height:auto}
.ct path,.legend path{fill:none;stroke-linejoin:round}
.ct .rim{stroke:#000;stroke-opacity:.55;stroke-width:3.2}
.reference{stroke:${CONTOUR_COLOURS.reference};stroke-width:1.7}
.test{stroke:${CONTOUR_COLOURS.test};stroke-width:1.9;stroke-dasharray:6 3.5}
.ct .mark{stroke:#fff;stroke-width:1.2}
.ct .bar{stroke:#fff;stroke-width:1.5}
.ct text{fill:#fff;paint-order:stroke;stroke:#000;stroke-width:2.5px;stroke-opacity:.7;stroke-linejoin:round;font:11px system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
.ct .side{text-anchor:middle;font-weight:700;font-size:14px}
.ct .length{text-anchor:end}
.legend{display:inline-flex;align-items:center;gap:6px;margin-right:16px}
.legend svg{width:34px;height:12px}
.legend rect{fill:#20262e}
`;

function pathOf(chains: readonly Chain[]): string {
  return chains.map(({ points, isClosed }) => {
    let path = '';
    for (let n = 0; n < points.length; n += 2) path += `${n === 0 ? 'M' : 'L'}${round(points[n])} ${round(points[n + 1])}`;
    return isClosed ? `${path}Z` : path;
  }).join('');
}

function round(pixel: number): string {
  return String(Math.round(pixel * 10) / 10);
}
