import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { JOB_STATES, type Job } from '../../src/jobs/index.ts';
import { startService, type TestService } from '../support/service.ts';

const KEY = 'key-of-the-reviewer-0123456789-0123456789';
const HOSTILE = '<img src=x onerror="document.title=\'broken\'"><b>bold</b>';

describe('the status page', () => {
  let browser: Browser;
  let service: TestService;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    service = await startService();
    browser = await chromium.launch({ executablePath: execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim(), args: ['--no-proxy-server'] });
  });
  const opened = async (at = service): Promise<Page> => {
    const made = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
    // What the content security policy refuses is said here too.
    made.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    made.on('pageerror', (error) => complaints.push(error.message));
    await made.goto(at.url);
    return made;
  };
  beforeEach(async () => {
    page = await opened();
    await linked('live');
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await service.stop();
  });

  const linked = async (how: string, on = page): Promise<void> => { await on.locator(`#link[data-link="${how}"]`).waitFor(); };
  /** Waits until so many are listed. */
  const listed = async (count: number): Promise<void> => {
    await page.locator('.job').nth(count).waitFor({ state: 'detached' });
    if (count > 0) await page.locator('.job').nth(count - 1).waitFor();
  };
  const cardOf = ({ id }: Pick<Job, 'id'>, on = page): Locator => on.locator(`.job[data-id="${id}"]`);

  it('says what it is not for', async () => {
    expect(await page.getByText('Research software, not for clinical use').isVisible()).toBe(true);
    // No key is needed: none is asked for.
    expect(await page.getByLabel('API key').isVisible()).toBe(false);
  });

  it('shows jobs of all states as they come, newest first, by the ends of their UIDs', async () => {
    const made: Job[] = [];
    for (const state of JOB_STATES) made.push(await service.inState(state));
    for (const job of made) await page.locator(`.job[data-id="${job.id}"][data-state="${job.state}"]`).waitFor();
    expect(await page.locator('.job').evaluateAll((cards) => cards.map((card) => (card as unknown as { dataset: { id: string } }).dataset.id))).toEqual(made.map(({ id }) => id).reverse());
    const text = await page.locator('body').innerText();
    expect(text).toContain(made[0].seriesInstanceUid.slice(-8));
    expect(await page.content()).not.toContain(made[0].seriesInstanceUid);
    expect(await cardOf(made[JOB_STATES.indexOf('delivered')]).innerText()).toMatch(/Delivered[^]*Left breast, whole[^]*pacs[^]*delivered and checked there/);
    expect(await cardOf(made[0]).innerText()).toMatch(/Waiting[^]*just now[^]*No rule chooses a protocol[^]*What to do: Choose the protocol here/);
    await page.getByRole('button', { name: 'Needs attention 2' }).waitFor();
    expect(await page.title()).toBe('(2) Rondo');
    // A page that is opened later shows the same.
    await page.reload();
    await cardOf(made[0]).waitFor();
    expect(await page.locator('.job').count()).toBe(made.length);
  });

  it('shows how far a job has come, while it goes on', async () => {
    const job = await service.inState('fetching');
    const bar = cardOf(job).getByRole('progressbar');
    for (const [done, text] of [[30, '25 %'], [60, '50 %']] as const) {
      await service.leases.setProgress(job.id, 'worker-1', { stage: 'fetching', done, total: 120 });
      await cardOf(job).getByText(text).waitFor();
      expect(await bar.evaluate((element) => (element as unknown as { value: number }).value)).toBe(done);
    }
    await service.jobs.cancel(job.id, 'anna');
    await cardOf(job).getByText('Cancelled').waitFor();
    expect(await bar.count()).toBe(0);
  });

  it('lets a protocol be chosen, by the keyboard alone', async () => {
    const job = await service.inState('waiting');
    const select = cardOf(job).getByRole('combobox');
    await select.waitFor();
    await select.focus();
    // What happens meanwhile takes neither the choice nor the focus away.
    await select.selectOption('thorax-oar');
    await service.database.query("INSERT INTO rondo.event (job, who, what) VALUES ($1, 'ae:CT1', 'came again')", [job.id]);
    const { id } = await service.inState('received');
    await cardOf({ id }).waitFor();
    expect(await select.inputValue()).toBe('thorax-oar');
    expect(await page.evaluate('document.activeElement.id')).toBe(`protocol-${job.id}`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await cardOf(job).getByText('In the queue').waitFor();
    expect(await service.jobs.get(job.id)).toMatchObject({ state: 'received', protocol: 'thorax-oar' });
    expect(await cardOf(job).innerText()).toContain('Organs of the thorax');
  });

  it('calls nobody while images arrive', async () => {
    const calls = page.getByRole('button', { name: /^Needs attention/ });
    await calls.filter({ hasText: /[1-9]/ }).waitFor();
    const before = await calls.innerText();
    const job = await service.inState('waiting', { problem: { code: 'series-arriving', message: 'Images of the series are still arriving.', cure: 'Wait: nothing needs to be done.' } });
    await cardOf(job).getByText('Images arriving').waitFor();
    expect(await cardOf(job).getByRole('combobox').count()).toBe(0);
    await page.getByRole('button', { name: /^In progress/ }).click();
    await cardOf(job).waitFor();
    await calls.click();
    await cardOf(job).waitFor({ state: 'detached' });
    await page.locator('.job').first().waitFor();
    expect(await calls.innerText()).toBe(before);
    await service.jobs.cancel(job.id, 'anna');
  });

  it('asks before it cancels', async () => {
    const job = await service.inState('received');
    const cancel = cardOf(job).getByRole('button', { name: 'Cancel' });
    await cancel.click();
    expect(await page.getByRole('dialog').innerText()).toContain(job.seriesInstanceUid.slice(-8));
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect((await service.jobs.get(job.id)).state).toBe('received');
    await cancel.click();
    await page.getByRole('button', { name: 'Yes, cancel it' }).click();
    await cardOf(job).getByText('Cancelled').waitFor();
    expect((await service.jobs.get(job.id)).state).toBe('cancelled');
  });

  it('begins anew what failed, and tells the history', async () => {
    const job = await service.inState('failed', { problem: { code: 'x', message: HOSTILE, cure: HOSTILE } });
    // Whatever a text holds, it is text.
    await cardOf(job).getByText(HOSTILE).first().waitFor();
    expect(await page.locator('img[src="x"], b').count()).toBe(0);
    await cardOf(job).getByText('History').click();
    await cardOf(job).getByRole('cell', { name: 'worker-1' }).waitFor();
    await cardOf(job).getByRole('button', { name: 'Start over' }).click();
    // The history that is open goes on.
    await cardOf(job).getByRole('cell', { name: 'begun anew' }).waitFor();
    await cardOf(job).locator('.state').getByText('In the queue').waitFor();
    expect(service.sent).toContain(`job ${job.id}`);
    expect(await page.title()).not.toBe('broken');
  });

  it('shows what to look at in a structure set, each note on a line of its own', async () => {
    const job = await service.inState('contouring');
    const notes = ['Lung_L: check the sides', 'Lung_L, Lung_R: cut by the image edge: inferior', HOSTILE];
    await service.structureSets.save(job.id, 'worker-1', { sopInstanceUid: '2.25.4711', bytes: Uint8Array.of(1), summary: {}, notes }, []);
    await cardOf(job).locator('.notes li').nth(2).waitFor();
    expect(await cardOf(job).locator('.notes li').allTextContents()).toEqual(notes);
    expect(await page.locator('img[src="x"], b').count()).toBe(0);
  });

  it('shows deliveries that failed, and sends again', async () => {
    const job = await service.inState('delivering', { destinations: ['pacs'] });
    await service.deliveries.claim(job.id, 'pacs', 'w', 60_000);
    await service.deliveries.record(job.id, 'pacs', 'w', { state: 'failed', problem: { code: 'stow', message: 'The archive is full.', cure: 'Free space there.' }, delayMs: 3_600_000 });
    await cardOf(job).getByText(/failed once, again .*\d\d:\d\d/).waitFor();
    await service.database.query("UPDATE rondo.delivery SET next_attempt_at = now() WHERE job = $1", [job.id]);
    await service.deliveries.claim(job.id, 'pacs', 'w', 60_000);
    await service.deliveries.record(job.id, 'pacs', 'w', { state: 'failed', problem: { code: 'stow', message: 'The archive is full.', cure: 'Free space there.' } });
    await cardOf(job).getByText('What to do: Free space there.').waitFor();
    await cardOf(job).getByRole('button', { name: 'Send again to pacs' }).click();
    await cardOf(job).getByText('Sending').waitFor();
    expect(service.sent).toContain(`delivery ${job.id} pacs`);
  });

  it('shows jobs by their state, and older ones on demand', async () => {
    const counts = await service.jobs.countStates();
    await page.getByRole('button', { name: 'Cancelled' }).click();
    await listed(counts.cancelled ?? 0);
    expect(new Set(await page.locator('.job').evaluateAll((cards) => cards.map((card) => (card as unknown as { dataset: { state: string } }).dataset.state)))).toEqual(new Set(['cancelled']));
    await page.getByLabel('State').selectOption('approved');
    await listed(1);
    // A job that leaves the state leaves the list.
    await page.getByLabel('State').selectOption('waiting');
    const job = await service.inState('waiting');
    await cardOf(job).waitFor();
    await service.jobs.cancel(job.id, 'anna');
    await cardOf(job).waitFor({ state: 'detached' });
    for (let count = 0; count < 51; count += 1) await service.inState('waiting');
    await page.reload();
    await page.getByLabel('State').selectOption('waiting');
    await listed(50);
    await page.getByRole('button', { name: 'Show older jobs' }).click();
    await listed(((await service.jobs.countStates()).waiting ?? 0));
    await page.getByRole('button', { name: 'Show older jobs' }).waitFor({ state: 'hidden' });
  });

  it('goes on by itself after the connection broke', async () => {
    service.server.closeAllConnections();
    await linked('connecting');
    const job = await service.inState('received');
    await linked('live');
    await cardOf(job).waitFor();
    // The browser says of the broken connection that it broke.
    expect(complaints.splice(0).every((text) => text.includes('ERR_'))).toBe(true);
  });

  it('asks for a key where one is needed, keeps it for the tab, and shows only what the role may do', async () => {
    const guarded = await startService({ authentication: { keys: [{ name: 'ward-7', role: 'reviewer', sha256: createHash('sha256').update(KEY).digest('hex') }] } });
    const own = await opened(guarded);
    try {
      const job = await guarded.inState('waiting');
      await linked('stopped', own);
      await own.getByRole('alert').getByText('Who asks is not said').waitFor();
      expect(await own.evaluate('document.activeElement.id')).toBe('key');
      await own.keyboard.type('wrong');
      await own.keyboard.press('Enter');
      await own.getByRole('alert').getByText('The key is not known here').waitFor();
      await own.getByLabel('API key').fill(KEY);
      await own.keyboard.press('Enter');
      await cardOf(job, own).waitFor();
      expect(await own.getByText('ward-7 (reviewer)').isVisible()).toBe(true);
      expect(await cardOf(job, own).getByRole('button').count()).toBe(0);
      expect(await own.getByRole('alert').count()).toBe(0);
      expect(await own.evaluate('[Object.values(sessionStorage), Object.keys(localStorage), document.cookie, location.href]')).toEqual([[KEY], [], '', `${guarded.url}/`]);
      await own.reload();
      await cardOf(job, own).waitFor();
      await own.getByRole('button', { name: 'Forget key' }).click();
      await linked('stopped', own);
      expect(await own.locator('.job').count()).toBe(0);
      expect(await own.evaluate('Object.values(sessionStorage)')).toEqual([]);
    } finally {
      await own.context().close();
      await guarded.stop();
    }
    expect(complaints.splice(0).every((text) => text.includes('401'))).toBe(true);
  });
});
