// One palette that all can tell apart: Okabe and Ito 2008 (jfly.uni-koeln.de/color), for lines and areas. Words are written in ink, or in
// shades of them with a contrast of at least 4.5 to what they stand on.

/** Colours by the name of their CSS variable: on a light page and on a dark one. */
const COLOURS = {
  page: ['#ffffff', '#12161c'],
  card: ['#f6f7f9', '#1a2029'],
  ink: ['#16202b', '#e7ecf2'],
  faint: ['#55616f', '#a3b0be'],
  line: ['#d5dce4', '#323c48'],
  link: ['#00568a', '#7cc4f0'],
  blue: ['#0072b2', '#56b4e9'],
  orange: ['#b87a00', '#e69f00'],
  green: ['#009e73', '#33c79c'],
  vermillion: ['#d55e00', '#f08a45'],
  purple: ['#a8588a', '#cc79a7'],
  sky: ['#56b4e9', '#56b4e9'],
  'pass-ink': ['#00593f', '#7fe0c0'],
  'pass-soft': ['#dff3ec', '#12352b'],
  'look-ink': ['#6a4500', '#f6c667'],
  'look-soft': ['#fdf1d6', '#3b2d10'],
  'fail-ink': ['#9a2f00', '#ffb38f'],
  'fail-soft': ['#fde6db', '#47210f'],
  'none-ink': ['#4a5562', '#b4c0cc'],
  'none-soft': ['#e9edf1', '#28303a'],
  // From far inside to far outside: blue, neutral, vermillion.
  'in-3': ['#00436b', '#a6dcff'],
  'in-2': ['#2f86bd', '#4a9fd4'],
  'in-1': ['#a3cfe9', '#1f5579'],
  within: ['#eceff2', '#29313b'],
  'out-1': ['#f6c29b', '#7a4017'],
  'out-2': ['#e07a2f', '#d5732b'],
  'out-3': ['#8f3b00', '#ffc9a3'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

export type ColourName = keyof typeof COLOURS;

/** For fill, stroke and CSS: follows the reader's light or dark page. */
export function colour(name: ColourName): string {
  return `var(--${name})`;
}

/**
 * Contours on the grey of a CT, on any page: the reference solid, the test dashed. They differ in hue, lightness and
 * style, and stay apart without any of the three.
 */
export const CONTOUR_COLOURS = { reference: '#56b4e9', test: '#f0a500' } as const;

function variables(scheme: 0 | 1): string {
  return Object.entries(COLOURS).map(([name, values]) => `--${name}:${values[scheme]}`).join(';');
}

/** The variables as a style sheet; what is printed is light. */
export const PALETTE_CSS = `:root{color-scheme:light dark;${variables(0)}}@media screen and (prefers-color-scheme:dark){:root{${variables(1)}}}@media print{:root{color-scheme:light}}`;
