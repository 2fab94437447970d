import { html, markup, type Html, type HtmlValue } from './html.ts';
import { PAGE_CSS } from './pageStyle.ts';

export interface Page {
  /** Of the window and of the heading. */
  title: string;
  /** One or two sentences under it. */
  lead?: HtmlValue;
  main: HtmlValue;
  /** What made the report, and when. */
  footer?: HtmlValue;
  /** Rules of this report beside those of all. */
  css?: string;
}

export const RESEARCH_NOTICE = 'Research software, not for clinical use';

/** A whole HTML document that needs nothing but itself: no script, no font, no request. */
export function page({ title, lead, main, footer, css = '' }: Page): string {
  const whole: Html = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${markup(PAGE_CSS + css)}</style>
</head>
<body>
<div class="notice" role="note">${RESEARCH_NOTICE}</div>
<header class="page-header"><h1>${title}</h1>${lead !== undefined && html`<p>${lead}</p>`}</header>
<main>
${main}
</main>
<footer class="page-footer">${footer}<p>${RESEARCH_NOTICE}.</p></footer>
</body>
</html>
`;
  return whole.text;
}
