import { describe, expect, it } from '@jest/globals';
import * as Plot from '@observablehq/plot';
import { dataTable, figureOr, fixed, html, markup, page, plotSvg, verdictMark } from '../../src/report/page/index.ts';
import { PALETTE_CSS } from '../../src/report/page/palette.ts';

const HOSTILE = `<b a="1" b='2'>&`;
const ESCAPED = '&#60;b a=&#34;1&#34; b=&#39;2&#39;&#62;&#38;';

describe('html', () => {
  it('escapes values in text and attributes, once', () => {
    const inner = html`<i title="${HOSTILE}">${HOSTILE}</i>`;
    expect(inner.text).toBe(`<i title="${ESCAPED}">${ESCAPED}</i>`);
    expect(html`<p>${inner}${[1, ' ', 'a<b']}${undefined}${false}${markup('<br>')}</p>`.text).toBe(`<p>${inner.text}1 a&#60;b<br></p>`);
  });

  it('escapes what a plot is called', () => {
    const { text } = plotSvg({ marks: [Plot.dot([[1, 2]])] }, { title: HOSTILE, description: HOSTILE });
    expect(text).toContain(`<title>${ESCAPED}</title>`);
    expect(text).toContain(`aria-label="${ESCAPED}. ${ESCAPED}"`);
    expect(text).not.toContain('<style');
  });
});

describe('figures', () => {
  it('have their digits, a true minus sign, and no minus before zero', () => {
    expect([fixed(1.005, 1), fixed(-2.5, 1), fixed(-0.001, 2)]).toEqual(['1.0', '−2.5', '0.00']);
  });

  it('are a dash with its reason where there is no value, never 0', () => {
    expect(figureOr(0, 1, 'x')).toBe('0.0');
    expect(html`${figureOr(undefined, 1, 'the test is empty')}`.text).toMatch(/title="the test is empty">–<span class="unseen"> the test is empty</);
  });

  it('stand in tables with headed rows and columns', () => {
    const { text } = dataTable({ caption: 'c', columns: [{ title: 'Name', cell: (row: string) => row }, { title: 'DSC', isNumber: true, cell: () => 1 }], rows: [HOSTILE] });
    expect(text).toContain(`<th scope="row">${ESCAPED}</th><td class="number">1</td>`);
    expect(text).toContain('<th scope="col" class="number">DSC</th>');
  });

  it('have verdicts of four shapes', () => {
    expect(new Set((['pass', 'look', 'fail', 'not scored'] as const).map((verdict) => / d="([^"]+)"/.exec(verdictMark(verdict).text)?.[1])).size).toBe(4);
  });
});

describe('page', () => {
  const whole = page({ title: HOSTILE, main: 'm' });

  it('is whole, in English, with landmarks and its notice, and may load nothing', () => {
    expect(whole).toMatch(/^<!doctype html>\n<html lang="en">/);
    for (const part of ['<main>', '<header', '<footer', 'Research software, not for clinical use', "default-src 'none'", `<title>${ESCAPED}</title>`]) expect(whole).toContain(part);
    expect(whole).not.toMatch(/https?:|<script/);
  });

  it.each([['light', 0], ['dark', 1]] as const)('has words of enough contrast on a %s screen', (_scheme, which) => {
    const block = [...PALETTE_CSS.matchAll(/:root\{([^}]*--page[^}]*)\}/g)][which][1];
    const colours = new Map([...block.matchAll(/--([\w-]+):(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]));
    const of = (name: string): string => colours.get(name) ?? '';
    for (const [ink, ground] of [['ink', 'page'], ['ink', 'card'], ['faint', 'page'], ['faint', 'card'], ['link', 'page'], ...['pass', 'look', 'fail', 'none'].map((name) => [`${name}-ink`, `${name}-soft`])]) {
      expect({ ink, ground, isEnough: contrast(of(ink), of(ground)) >= 4.5 }).toEqual({ ink, ground, isEnough: true });
    }
    // What is drawn, on what it is drawn on (WCAG 1.4.11).
    for (const drawn of ['blue', 'green', 'purple', 'vermillion']) expect({ drawn, isEnough: contrast(of(drawn), of('page')) >= 3 }).toEqual({ drawn, isEnough: true });
  });
});

/** WCAG 2.1, relative luminance. */
function contrast(...colours: [string, string]): number {
  const [light, dark] = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, channel) => sum + value * [0.2126, 0.7152, 0.0722][channel], 0)).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
