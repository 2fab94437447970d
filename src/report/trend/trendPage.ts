import { dataTable, factList, figure, figureOr, fixed, html, page, verdictMark, type Html, type HtmlValue } from '../page/index.ts';
import { MEASURES, signalsOf, stateOf, type Signal } from './signals.ts';
import { controlChart } from './trendPlots.ts';
import type { Measure, TrendChart, TrendLimits, TrendReport, TrendStructure } from './trendReport.ts';

/** Signals that the page lists at most, the newest. */
const MOST_SIGNALS = 60;

/** The trend as an HTML document that needs nothing beside itself. */
export function trendPage(report: TrendReport): string {
  const { sets, structures, createdAt, rondoVersion } = report;
  const signals = signalsOf(report);
  return page({
    title: 'Trend of contouring',
    lead: sets.count === 0 ? 'No structure set was made in this time.' : `${sets.count} structure sets from ${day(sets.first)} to ${day(sets.last)}, ${sets.compared} of them compared with corrected ones.`,
    css: CSS,
    main: html`
<section class="about" aria-label="About">${about(report)}</section>
<section aria-labelledby="signals"><h2 id="signals">Signals</h2>
${signals.length === 0 ? html`<p>None, of the charts that have limits.</p>` : signalTable(signals, report)}</section>
<section aria-labelledby="structures"><h2 id="structures">Structures</h2>${overview(structures, signals)}</section>
${structures.map((structure) => structureSection(structure, report))}
<section aria-labelledby="method"><h2 id="method">Method</h2>${method(report)}</section>`,
    footer: html`<p>Made by Rondo ${rondoVersion} on ${day(createdAt)} at ${createdAt.slice(11, 16)} UTC. The same as data: trend.json (${report.schema}), a row for each value: trend.csv.</p>`,
  });
}

function day(instant: string | undefined): string {
  return instant?.slice(0, 10) ?? '';
}

function about({ sets, models, scanners, protocols, protocol, since }: TrendReport): Html {
  return html`<div class="cards"><div class="card"><h3>What drew</h3>${dataTable({
    caption: 'Versions in the order in which they came',
    columns: [{ title: 'Model', cell: ({ model }) => model }, { title: 'Since', cell: ({ since: at }) => whole(day(at)) }, { title: 'Sets', isNumber: true, cell: ({ sets: count }) => count }],
    rows: models,
  })}</div><div class="card"><h3>What it drew on</h3>${dataTable({
    caption: 'Manufacturer, model, kernel, slice spacing',
    columns: [{ title: 'Scanner', cell: ({ scanner }) => scanner }, { title: 'Sets', isNumber: true, cell: ({ sets: count }) => count }],
    rows: scanners,
  })}${factList([
    ['Protocols', protocols.join(', ')],
    ['Only', [protocol === undefined ? '' : `protocol ${protocol}`, since === undefined ? '' : `since ${day(since)}`].filter((part) => part !== '').join(', ')],
    ['Left out', sets.unread > 0 && `${sets.unread} structure sets whose summary this version cannot read`],
  ])}</div></div>`;
}

function signalTable(signals: readonly Signal[], { rules }: TrendReport): Html {
  const shown = signals.slice(0, MOST_SIGNALS);
  return html`${dataTable({
    caption: 'Newest first. A signal is a reason to look at the case and at what changed before it: scanner, kernel, positioning, model. It is no verdict.',
    columns: [
      { title: 'Structure', cell: ({ structure }) => html`<a href="#${anchor(structure)}">${structure}</a>` },
      { title: 'Figure', cell: ({ measure }) => whole(MEASURES[measure].title) },
      { title: 'When', cell: ({ at, until }) => whole(day(at) === day(until) ? day(at) : `${day(at)} to ${at.slice(0, 4) === until.slice(0, 4) ? day(until).slice(5) : day(until)}`) },
      { title: 'Values', hint: 'in a row that show it', isNumber: true, cell: ({ values }) => values },
      { title: 'First', hint: 'the first of them', isNumber: true, cell: ({ value, measure }) => shownValue(value, measure) },
      { title: 'Limits', isNumber: true, cell: ({ segment: { limits }, measure }) => limits && whole(limitsText(limits, measure)) },
      { title: 'Why', cell: ({ rule }) => whole(`${rule}: ${rules[rule]}`) },
      { title: 'Scanner', cell: ({ scanner }) => html`<span class="small">${scanner ?? ''}</span>` },
    ],
    rows: shown,
  })}${signals.length > shown.length && html`<p class="small faint">${signals.length - shown.length} older ones stand in trend.json and trend.csv.</p>`}`;
}

/** Text that is not broken into lines. */
function whole(text: string): Html {
  return html`<span class="whole">${text}</span>`;
}

function shownValue(value: number, measure: Measure): string {
  const { unit, digits } = MEASURES[measure];
  return unit === undefined ? fixed(value, digits) : `${fixed(value, digits)} ${unit}`;
}

function limitsText({ low, high }: TrendLimits, measure: Measure): string {
  if (low === undefined) return high === undefined ? 'none' : `to ${shownValue(high, measure)}`;
  return high === undefined ? `from ${shownValue(low, measure)}` : `${fixed(low, MEASURES[measure].digits)} to ${shownValue(high, measure)}`;
}

function overview(structures: readonly TrendStructure[], signals: readonly Signal[]): Html {
  const state = ({ name, charts }: TrendStructure, measure: Measure): HtmlValue => {
    const chart = charts.find((one) => one.measure === measure);
    if (chart === undefined) return figureOr(undefined, 0, 'no values');
    const { text, signals: count, limits } = stateOf(chart, signals.filter((signal) => signal.structure === name && signal.measure === measure));
    return html`${count > 0 ? html`${verdictMark('look')} ${text}` : limits === undefined ? html`<span class="faint">${text}</span>` : text}${limits && html`<span class="below">centre ${shownValue(limits.centre, measure)}</span>`}`;
  };
  return dataTable({
    caption: 'States under the version of the model that drew last.',
    columns: [
      { title: 'Structure', cell: ({ name }) => html`<a href="#${anchor(name)}">${name}</a>` },
      { title: 'Cases', isNumber: true, cell: ({ cases }) => cases },
      { title: 'Not found', isNumber: true, cell: ({ notFound }) => notFound.reduce((total, { count }) => total + count, 0) },
      { title: 'Corrected', isNumber: true, cell: ({ compared }) => compared.count },
      ...(Object.keys(MEASURES) as Measure[]).map((measure) => ({ title: MEASURES[measure].title, cell: (structure: TrendStructure) => state(structure, measure) })),
    ],
    rows: structures,
  });
}

function structureSection({ name, cases, notFound, compared, charts }: TrendStructure, { baseline, block }: TrendReport): Html {
  const [ready, waiting] = [charts.filter((chart) => hasLimits(chart) && (chart.measure !== 'notFoundShare' || notFound.length > 0)), charts.filter((chart) => !hasLimits(chart))];
  return html`<section class="structure" aria-labelledby="${anchor(name)}"><h2 id="${anchor(name)}">${name}</h2>
${notFound.length === 0 ? html`<p class="small faint">Found in all ${cases} cases.</p>` : html`<p class="small">Not found in ${notFound.reduce((total, { count }) => total + count, 0)} of ${cases} cases: ${notFound.map(({ reason, count }, index) => html`${index > 0 && '; '}${count} × ${reason}`)}.</p>`}
${compared.missed + compared.extra > 0 && html`<p class="small">Of ${compared.count} corrected sets ${compared.missed} hold it where it was not contoured (DSC 0), ${compared.extra} no longer hold it (not charted).</p>`}
${ready.length > 0 && html`<div class="charts">${ready.map((chart) => figure(controlChart(name, chart, baseline), captionOf(chart, block)))}</div>`}
${waiting.length > 0 && html`<p class="small faint">Too few values for limits, so not charted: ${waiting.map(({ measure, segments }, index) => html`${index > 0 && '; '}${MEASURES[measure].title}, ${segments[segments.length - 1].reason}`)}.</p>`}</section>`;
}

function hasLimits({ segments }: TrendChart): boolean {
  return segments.some(({ limits }) => limits !== undefined);
}

function captionOf({ measure, segments }: TrendChart, block: number): HtmlValue {
  const last = segments[segments.length - 1];
  const limits = last.limits === undefined ? `No limits yet of ${last.model.replace(/ \(.*$/s, '')}: ${last.reason ?? ''}.` : `Centre ${shownValue(last.limits.centre, measure)}, limits: ${limitsText(last.limits, measure)}.`;
  return measure === 'notFoundShare' ? `Share of each ${block} cases in a row. ${limits}` : limits;
}

function method({ baseline, block, rules }: TrendReport): Html {
  return html`<ul class="notes small">
<li>Charts of individuals with moving range (ISO 7870-2): mean ± 2.66 · mean moving range of the first ${baseline} values of each version of a model (shaded). Volumes on a scale of logarithms: patients differ by factors. With fewer values, or values that are all the same, there are no limits and no signals.</li>
<li>Not found: share of each ${block} cases in a row (p chart, ISO 7870-2), its centre (k + 1)/(n + 2) of the first ${baseline} cases (Laplace), so that one case is no signal where there was none before. Cases in which nothing at all was found are failed jobs, and not counted here.</li>
<li>Rules (Nelson 1984, J Qual Technol 16:237; the first two also Western Electric 1956, there with eight): ${Object.entries(rules).map(([number, text], index) => html`${index > 0 && '; '}${number}: ${text}`)}. Each gives a false signal in about 3 to 4 of a thousand values of a process that does not change, more where values are not distributed normally.</li>
<li>DSC and HD95 are those of what was delivered (test) against what a clinician made of it (reference), as they were recorded. A structure that was not contoured and was drawn counts as DSC 0 and has no distance. Corrected contours lean towards what was corrected: they show decline, not truth.</li>
<li>Diamonds with numbers: values with a signal, and the rules. Open circles: values without limits. Dotted lines: another version of the model, with limits of its own.</li>
</ul>`;
}

/** Names hold what they like; an anchor holds letters and digits. */
function anchor(name: string): string {
  return `s-${Buffer.from(name).toString('hex')}`;
}

const CSS = `
.about{margin-top:18px}
.whole{white-space:nowrap}
.about .card h3{margin:0 0 6px}
.about dl.facts{margin-top:10px}
.below{display:block;font-size:.88em;color:var(--faint)}
.structure h2{border-top:1px solid var(--line);padding-top:18px;margin:26px 0 4px}
.charts{display:grid;grid-template-columns:1fr 1fr;gap:16px 28px;margin-top:10px}
.charts svg{width:100%;height:auto}
@media screen and (max-width:820px){.charts{grid-template-columns:1fr}}
@media print{.whole{white-space:normal}.structure{break-inside:avoid}.structure h2{margin-top:12px;padding-top:8px}.charts{gap:8px 14px}}
`;
