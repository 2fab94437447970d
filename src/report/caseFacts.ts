import type { CaseReport } from './caseReport.ts';
import { html, type Html } from './page/index.ts';
import { ctFacts, setFacts } from './setFacts.ts';

/** What was compared: both sets and the CT. */
export function whatWasCompared({ reference, test, ct, protocol, guideline }: CaseReport): Html {
  return html`<h2>What was compared</h2>
<div class="cards">
<section class="card"><h3>Reference</h3>${setFacts(reference)}</section>
<section class="card"><h3>Test</h3>${setFacts(test)}</section>
</div>
<section class="card ct-facts"><h3>CT</h3>${ctFacts(ct, [['Judged by the protocol', protocol], ['Its guideline', guideline]])}</section>
`;
}
