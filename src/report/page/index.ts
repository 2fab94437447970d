export { dataTable, factList, figure, figureOr, fixed, verdictMark, type Column, type DataTable, type Verdict } from './figures.ts';
export { html, Html, markup, type HtmlValue } from './html.ts';
export { page, RESEARCH_NOTICE, type Page } from './page.ts';
export { colour, CONTOUR_COLOURS, type ColourName } from './palette.ts';
export { plotSvg, type PlotText } from './plot.ts';
