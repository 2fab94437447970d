import { expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { inTemporaryFolder } from '../support/ctSeries.ts';
import { makeModelFolder } from '../support/models.ts';
import { rondo } from '../support/rondo.ts';

const SOURCES = path.join(import.meta.dirname, '../../src');

it('loads networks without the id and the database of what is told to the maker of onnxruntime', async () => {
  await inTemporaryFolder(async (folder) => {
    const model = await makeModelFolder('threshold');
    // Under these onnxruntime tells nothing anyway, which would prove nothing.
    const kept = { HOME: process.env.HOME, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME, CI: process.env.CI };
    for (const name of Object.keys(kept)) Reflect.deleteProperty(process.env, name);
    try {
      process.env.HOME = folder;
      expect(await rondo('models', 'verify', model)).toMatchObject({ code: 0 });
    } finally {
      delete process.env.HOME;
      Object.assign(process.env, Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)));
    }
    expect(await readdir(folder)).toEqual([]);
  });
});

it('has one place where onnxruntime is loaded', async () => {
  const files = (await readdir(SOURCES, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const loading = await Promise.all(files.map(async (file) => ((await readFile(path.join(SOURCES, file), 'utf8')).includes("from 'onnxruntime-node'") ? [file] : [])));
  expect(loading.flat()).toEqual(['contouring/onnxruntime.ts']);
});
