import { pathToFileURL } from 'node:url';
import { expect } from '@jest/globals';
import type { Browser } from 'playwright-core';

/** Windows that a report must suit. */
export const WINDOWS = [['wide', 1200, 'light'], ['narrow', 800, 'dark'], ['a phone', 390, 'light']] as const;

/** A4 less the margins of the page, in pixels of CSS. */
const A4_WIDTH = 703;

/**
 * Opens a report offline in a window of this width: it asks for nothing, complains of nothing, fits the window and A4, and prints.
 * @param holds expressions that hold in the page
 */
export async function expectToOpen(browser: Browser, file: string, width: number, colorScheme: 'light' | 'dark', holds: readonly string[]): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => { if (!request.url().startsWith('data:')) requests.push(request.url()); });
  const address = pathToFileURL(file).href;
  await page.goto(address);
  expect(requests).toEqual([address]);
  expect(complaints).toEqual([]);
  const fits = 'document.documentElement.scrollWidth <= innerWidth';
  for (const expression of [fits, ...holds]) expect([expression, await page.evaluate(expression)]).toEqual([expression, true]);
  await page.emulateMedia({ media: 'print' });
  await page.setViewportSize({ width: A4_WIDTH, height: 1000 });
  expect(await page.evaluate(fits)).toBe(true);
  expect((await page.pdf({ preferCSSPageSize: true })).subarray(0, 5).toString()).toBe('%PDF-');
  await context.close();
}
