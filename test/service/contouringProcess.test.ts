import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { ContouringProcess, type ContouringProgress } from '../../src/service/index.ts';
import { testCt, writeTestCt, type TestCtOptions } from '../support/ctSeries.ts';
import { makeHome, QUICK_MODEL, QUICK_PROTOCOL, replaceQuickModel, type TestHome } from '../support/home.ts';

/** A body in air, head first prone. */
const BODY: TestCtOptions = { patientPosition: 'HFP', geometry: { size: [40, 30, 12], sliceOffsetsMm: Array.from({ length: 12 }, (_, k) => 3 * k), originMm: [50, 60, 10] }, hu: ([x, y]) => (Math.hypot((x - 0) / 30, (y - 0) / 25) < 1 ? 40 : -1000) };

describe('the process that contours', () => {
  let home: TestHome;
  let folder: string;
  let contouring: ContouringProcess;
  const task = { ctFolder: '', seriesInstanceUid: testCt(BODY).seriesInstanceUid, protocol: QUICK_PROTOCOL };

  beforeAll(async () => {
    home = await makeHome();
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-service-'));
    task.ctFolder = path.join(folder, 'ct');
    await writeTestCt(task.ctFolder, BODY);
    await mkdir(path.join(folder, 'work'));
    contouring = new ContouringProcess('cpu');
  });
  afterAll(async () => {
    await contouring.close();
    await home.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const options = (change: Partial<Parameters<ContouringProcess['contour']>[1]> = {}): Parameters<ContouringProcess['contour']>[1] => ({ folder: path.join(folder, 'work'), timeoutMs: 60_000, signal: new AbortController().signal, onProgress: () => undefined, ...change });

  it('gives a structure set and says what is in it, case after case in one process', async () => {
    const progress: ContouringProgress[] = [];
    const first = await contouring.contour(task, options({ onProgress: (step) => progress.push(step) }));
    const { pid } = contouring;
    const again = await contouring.contour(task, options());
    expect(contouring.pid).toBe(pid);
    expect(readStructureSet(first.bytes).structures.map(({ name }) => name)).toEqual(['Dense']);
    expect(first.summary).toMatchObject({ protocol: QUICK_PROTOCOL, models: [{ name: 'quick-model', version: '1.0.0' }], structures: [{ name: 'Dense' }] });
    expect(first.summary.structures[0].readBackDsc).toBeGreaterThan(0.99);
    expect(again.summary.sopInstanceUid).toBe(first.summary.sopInstanceUid);
    expect(new Set(progress.map(({ stage }) => stage))).toEqual(new Set(['reading', 'resampling', 'loading', 'network', 'masks', 'rules', 'contours', 'writing', 'checking']));
    expect(await readdir(path.join(folder, 'work'))).toEqual([]);
  });

  it('hands on what is refused, and goes on', async () => {
    await expect(contouring.contour({ ...task, seriesInstanceUid: '1.2.3' }, options())).rejects.toMatchObject({ code: 'ct-series-absent' });
    await expect(contouring.contour({ ...task, protocol: 'none-such' }, options())).rejects.toMatchObject({ code: 'protocol-unknown' });
    await expect(contouring.contour({ ...task, sha256: 'of what was there a moment ago' }, options())).rejects.toMatchObject({ code: 'contouring-changed' });
    expect((await contouring.contour(task, options())).summary.structures).toHaveLength(1);
  });

  it('says that it was killed, and contours the next case in a new process', async () => {
    const run = contouring.contour(task, options({ onProgress: ({ stage }) => { if (stage === 'network') process.kill(contouring.pid ?? NaN, 'SIGKILL'); } }));
    await expect(run).rejects.toMatchObject({ code: 'contouring-ended', message: expect.stringContaining('SIGKILL') as unknown });
    expect((await contouring.contour(task, options())).summary.structures).toHaveLength(1);
    expect(await readdir(path.join(folder, 'work'))).toEqual([]);
  });

  it('can be cancelled before and on the way, and has a limit of time', async () => {
    await expect(contouring.contour(task, options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'cancelled' });
    const controller = new AbortController();
    await expect(contouring.contour(task, options({ signal: controller.signal, onProgress: () => { controller.abort(); } }))).rejects.toMatchObject({ code: 'cancelled' });
    await expect(contouring.contour(task, options({ timeoutMs: 1 }))).rejects.toMatchObject({ code: 'contouring-timeout' });
    expect((await contouring.contour(task, options())).summary.structures).toHaveLength(1);
  });

  it('contours by the models that are there now, however often they are replaced', async () => {
    const used = async (): Promise<unknown> => (await contouring.contour(task, options())).summary.models;
    const first = await contouring.contour(task, options());
    const { pid } = contouring;
    const sha256 = [expect.any(String)];
    expect(await used()).toEqual([{ name: QUICK_MODEL, version: '1.0.0', sha256 }]);
    // Dense from +100 HU on: the body, 40 HU, is not.
    await replaceQuickModel(home.folder, (manifest) => ({ ...manifest, version: '2.0.0', input: { ...manifest.input, intensity: { ...manifest.input.intensity, meanHu: 100 } } }));
    await expect(contouring.contour(task, options())).rejects.toMatchObject({ code: 'contour-nothing-found' });
    await replaceQuickModel(home.folder, (manifest) => ({ ...manifest, version: '3.0.0' }));
    const third = await contouring.contour(task, options());
    expect(third.summary.models).toEqual([{ name: QUICK_MODEL, version: '3.0.0', sha256 }]);
    // It says another version, so it is another file, though the weights are the same.
    expect(third.summary.sopInstanceUid).not.toBe(first.summary.sopInstanceUid);
    expect(readStructureSet(third.bytes).structures[0].algorithmIdentification).toMatchObject({ name: QUICK_MODEL, version: '3.0.0' });
    await rm(path.join(home.folder, 'models', QUICK_MODEL), { recursive: true });
    await expect(contouring.contour(task, options())).rejects.toMatchObject({ code: 'model-unknown' });
    await replaceQuickModel(home.folder, (manifest) => manifest);
    expect(await used()).toEqual([{ name: QUICK_MODEL, version: '1.0.0', sha256 }]);
    expect(contouring.pid).toBe(pid);
  });

  it('refuses weights that were replaced under a manifest which stays', async () => {
    const file = path.join(home.folder, 'models', QUICK_MODEL, 'model.onnx');
    const weights = await readFile(file);
    await writeFile(file, weights.map((byte, index) => (index === weights.length - 1 ? byte ^ 1 : byte)));
    await expect(contouring.contour(task, options())).rejects.toMatchObject({ code: 'model-checksum', subject: { file } });
    await writeFile(file, weights);
    expect((await contouring.contour(task, options())).summary.structures).toHaveLength(1);
  });

  it('refuses a model of your own that has the name of a bundled one', async () => {
    const own = path.join(home.folder, 'models', 'oar-thorax');
    await cp(path.join(home.folder, 'models', QUICK_MODEL), own, { recursive: true });
    await expect(contouring.contour({ ...task, protocol: 'thorax-oar' }, options())).rejects.toMatchObject({ code: 'model-twice', subject: { file: own } });
  });
});
