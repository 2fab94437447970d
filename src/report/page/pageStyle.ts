import { PALETTE_CSS } from './palette.ts';

/** The style sheet of every report: fonts of the system, figures of equal width, A4 when printed. */
export const PAGE_CSS = `${PALETTE_CSS}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
h1,h2,h3,h4,p,ul,dl,dd,figure{margin:0;padding:0}
h1{font-size:26px;line-height:1.2;letter-spacing:-.01em}
h2{font-size:19px;line-height:1.3;margin:40px 0 12px}
h3{font-size:15px;line-height:1.35;margin:22px 0 8px}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px}
.notice{background:var(--look-soft);color:var(--look-ink);font-weight:600;font-size:13px;padding:6px 24px;text-align:center}
.page-header,main,.page-footer{max-width:1120px;margin:0 auto;padding:0 24px}
.page-header{padding-top:28px}
.page-header p{color:var(--faint);margin-top:6px;max-width:75ch}
.page-footer{border-top:1px solid var(--line);color:var(--faint);font-size:13px;margin-top:48px;padding-top:14px;padding-bottom:40px}
.faint{color:var(--faint)}
.small{font-size:13px}
.uid{overflow-wrap:anywhere;font-size:12px;font-family:ui-monospace,"Liberation Mono",monospace}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.lead{max-width:75ch}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:14px 18px}
.cards{display:grid;gap:12px;grid-template-columns:repeat(auto-fit,minmax(min(100%,250px),1fr))}
.notes{margin:12px 0 0;padding-left:20px;max-width:85ch}
.notes li{margin-top:3px}
dl.facts{display:grid;grid-template-columns:minmax(84px,max-content) 1fr;gap:3px 14px;font-size:13.5px}
dl.facts dt{color:var(--faint)}
dl.facts dd{min-width:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;position:relative}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums lining-nums}
caption{text-align:left;color:var(--faint);font-size:13px;padding-bottom:6px}
th,td{padding:4px 7px;text-align:left;border-bottom:1px solid var(--line);vertical-align:baseline}
thead th{font-size:12.5px;line-height:1.25;font-weight:600;color:var(--faint);vertical-align:bottom;border-bottom:1.5px solid var(--faint)}
thead .unit{display:block;font-weight:400}
tbody th{font-weight:600;white-space:nowrap}
.number{text-align:right}
td.number{white-space:nowrap}
td .dash{color:var(--faint);cursor:help;border-bottom:1px dotted var(--faint)}
.verdict{display:inline-flex;align-items:center;gap:6px;padding:1px 9px 1px 7px;border-radius:99px;font-size:13px;font-weight:600;white-space:nowrap;color:var(--verdict-ink);background:var(--verdict-soft)}
.verdict svg{width:11px;height:11px;flex:none;fill:currentColor}
.verdict-pass{--verdict-ink:var(--pass-ink);--verdict-soft:var(--pass-soft)}
.verdict-look{--verdict-ink:var(--look-ink);--verdict-soft:var(--look-soft)}
.verdict-fail{--verdict-ink:var(--fail-ink);--verdict-soft:var(--fail-soft)}
.verdict-none{--verdict-ink:var(--none-ink);--verdict-soft:var(--none-soft)}
.verdicts{display:grid;gap:12px;grid-template-columns:repeat(4,1fr);margin:20px 0 14px}
.verdicts .card{padding:10px 14px}
.verdicts a{color:inherit;text-decoration-color:var(--faint)}
.count{font-size:26px;font-weight:650;line-height:1.2;margin-right:6px;font-variant-numeric:tabular-nums}
figure svg{display:block;max-width:100%;height:auto}
figcaption{font-size:13px;color:var(--faint);margin-top:5px;max-width:85ch}
.plot{color:var(--ink);font-family:inherit;overflow:visible}
.plot text{font-family:system-ui,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
details{margin-top:14px}
summary{cursor:pointer;font-weight:600;color:var(--link);padding:4px 0}
@media (max-width:640px){body{font-size:14px}.page-header,main,.page-footer{padding-left:14px;padding-right:14px}.notice{padding:6px 14px}th,td{padding:5px 6px}dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:6px}}
@page{size:A4;margin:14mm 12mm}
@media print{body{font-size:9pt;line-height:1.4}td .dash{border:0}h1{font-size:17pt}h2{font-size:12pt;margin-top:20px}h3{font-size:9pt}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}.page-header,main,.page-footer{max-width:none;padding-left:0;padding-right:0}.page-header{padding-top:10px}.notice{padding:4px}.scroll{overflow:visible}table{font-size:7.5pt}thead th{font-size:7pt}th,td{padding:2px 3px}.verdict{font-size:7.5pt;padding:0 6px 0 5px}.small,figcaption,caption,dl.facts,.notice{font-size:7.8pt}.uid{font-size:7pt}thead{display:table-header-group}tr,figure,.card,.keep{break-inside:avoid}h2,h3{break-after:avoid}a{color:inherit;text-decoration:none}.screen-only{display:none}}
`;
