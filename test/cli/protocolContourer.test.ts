import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ProtocolContourer } from '../../src/cli/evaluate/protocolContourer.ts';
import { makeHome, QUICK_PROTOCOL, type TestHome } from '../support/home.ts';

let home: TestHome;
beforeEach(async () => { home = await makeHome(); });
afterEach(() => home.remove());

async function identity(): Promise<object> {
  const contourer = new ProtocolContourer('cpu');
  try {
    return await contourer.identityOf(QUICK_PROTOCOL);
  } finally {
    await contourer.close();
  }
}

it('is another when the manifest says another use of the same weights', async () => {
  const before = await identity();
  expect(await identity()).toEqual(before);
  const file = path.join(home.folder, 'models', 'quick-model', 'model.yaml');
  const manifest = await readFile(file, 'utf8');
  const changed = manifest.replace(/meanHu: -?\d+/, 'meanHu: -150');
  expect(changed).not.toBe(manifest);
  await writeFile(file, changed);
  expect(await identity()).not.toEqual(before);
});
