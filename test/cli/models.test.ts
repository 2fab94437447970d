import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeHome } from '../support/home.ts';
import { openModel } from '../../src/pipeline/index.ts';
import { rondo } from '../support/rondo.ts';

interface VerifyJson {
  models: { model: string; version?: string; ok: boolean; checks: { check: string; result: string; code?: string; message?: string }[] }[];
}

const BUNDLED = path.join(import.meta.dirname, '../../models');

describe('rondo models', () => {
  let copy: string;
  beforeAll(async () => {
    copy = path.join(await mkdtemp(path.join(tmpdir(), 'rondo-models-')), 'oar-thorax');
    await cp(path.join(BUNDLED, 'oar-thorax'), copy, { recursive: true });
  });
  afterAll(() => rm(path.dirname(copy), { recursive: true, force: true }));

  it('lists what is bundled', async () => {
    const { code, stdout } = await rondo('models', 'list', '--json');
    expect(code).toBe(0);
    const { models } = JSON.parse(stdout) as { models: { name: string; sha256: string[]; structures: string[] }[] };
    const thorax = models.find(({ name }) => name === 'oar-thorax');
    expect(thorax?.sha256).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(thorax?.structures).toContain('Heart');
    expect((await rondo('models', 'list')).stdout).toContain('oar-thorax');
  });

  it('verifies every bundled model, its vectors included', async () => {
    const { code, stdout } = await rondo('models', 'verify', '--json');
    const { models } = JSON.parse(stdout) as VerifyJson;
    expect(models.flatMap(({ model, checks }) => checks.filter(({ result }) => result !== 'ok').map(({ check, message }) => [model, check, message]))).toEqual([]);
    expect(models.map(({ model }) => model)).toContain('oar-thorax');
    expect(code).toBe(0);
  });

  it('ends with 1 and a named error for a bundled model with one bit changed, for machines and people', async () => {
    expect((await rondo('models', 'verify', copy)).code).toBe(0);
    const file = path.join(copy, 'model.onnx');
    const bytes = await readFile(file);
    bytes[5_000_000] ^= 1;
    await writeFile(file, bytes);
    const people = await rondo('models', 'verify', 'oar-thorax', copy);
    expect(people.code).toBe(1);
    expect(people.stdout).toMatch(/weights +FAILED \(model-checksum\): .*Fetch the model again/);
    const { code, stdout } = await rondo('models', 'verify', copy, '--json');
    expect(code).toBe(1);
    const { models: [{ ok, checks }] } = JSON.parse(stdout) as VerifyJson;
    expect(ok).toBe(false);
    expect(checks.filter(({ code: named }) => named !== undefined)).toMatchObject([{ check: 'weights', code: 'model-checksum', message: expect.stringContaining(file) as unknown }]);
  });

  it('does not know a model that is neither bundled nor a folder', async () => {
    expect(await rondo('models', 'verify', 'no-such')).toMatchObject({ code: 1, stderr: expect.stringContaining('model-unknown') as unknown });
  });

  it('that are your own never take the place of a bundled one, nor hide behind it: every command refuses both', async () => {
    const home = await makeHome();
    try {
      const own = path.join(home.folder, 'models', 'oar-thorax');
      await cp(path.join(BUNDLED, 'oar-thorax'), own, { recursive: true });
      const out = path.join(home.folder, 'rs.dcm');
      for (const words of [['models', 'list'], ['models', 'verify'], ['models', 'verify', 'oar-thorax'], ['info'], ['protocols', 'check', 'thorax-oar'], ['protocols', 'list'], ['contour', home.folder, '--model', 'oar-thorax', '--out', out], ['contour', home.folder, '--protocol', 'thorax-oar', '--out', out]]) {
        const { code, stderr } = await rondo(...words);
        expect([words, code, stderr]).toEqual([words, 1, expect.stringContaining('model-twice')]);
        expect([words, stderr]).toEqual([words, expect.stringContaining(own)]);
      }
      // Of the folder itself there is no doubt.
      expect((await rondo('models', 'verify', own)).code).toBe(0);
    } finally {
      await home.remove();
    }
  });

  it('of another name than their folder are refused: the file would name the wrong model', async () => {
    const home = await makeHome();
    try {
      await rename(path.join(home.folder, 'models', 'quick-model'), path.join(home.folder, 'models', 'mine'));
      const file = path.join(home.folder, 'models', 'mine');
      await expect(openModel('mine')).rejects.toMatchObject({ code: 'model-name', subject: { file }, message: expect.stringMatching(/"quick-model".*"mine"/) });
    } finally {
      await home.remove();
    }
  });
});
