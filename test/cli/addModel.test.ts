import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readPlanningCt } from '../../src/ct/index.ts';
import { rondo } from '../support/rondo.ts';

const NETWORKS = path.join(import.meta.dirname, '../contouring/networks');

/** A manifest as a physicist writes it: of files and accuracy it says nothing. */
const written = (name: string, input: string, output: string, more = ''): string => `format: rondo-model/1
name: ${name}
version: 0.1.0
task: Everything that is denser than fat
architecture: { name: one convolution, parameters: 2, description: weights set by hand }
guideline: none
licence: Apache-2.0
trainingData: { kind: synthetic, description: none, cases: 1 }
input:
  modality: CT
${input}
  divisor: 8
  intensity: { clipHu: [-1000, 600], meanHu: -50, stdHu: 100 }
  outsideHu: -1000
output:
${output}
mirroring: { axes: [x], swap: [] }
${more}`;

const SLICES = written(
  'own-slices',
  '  spacingMm: [2, 2, image]\n  dimensions: 2\n  patch: [96, 80, 1]',
  '  activation: softmax\n  channels: 2\n  structures: [{ name: Dense, channels: [1] }]',
);
const REGIONS = written(
  'own-regions',
  '  spacingMm: [3, 3, 3]\n  patch: [64, 64, 64]',
  '  activation: sigmoid\n  channels: 2\n  structures: [{ name: Soft, channels: [0] }, { name: CTVn_Bright, channels: [1] }]',
);

describe('rondo models add', () => {
  let folder: string;
  let phantom: string;
  const before = process.env.RONDO_HOME;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-add-'));
    process.env.RONDO_HOME = path.join(folder, 'home');
    phantom = path.join(folder, 'phantom');
    expect((await rondo('phantom', '--out', phantom)).code).toBe(0);
  });
  afterAll(async () => {
    process.env.RONDO_HOME = before;
    await rm(folder, { recursive: true, force: true });
  });

  const given = async (network: string, text: string): Promise<string[]> => {
    const own = await mkdtemp(path.join(folder, 'given-'));
    await copyFile(path.join(NETWORKS, `${network}.onnx`), path.join(own, 'net.onnx'));
    await writeFile(path.join(own, 'model.yaml'), text);
    return ['models', 'add', path.join(own, 'net.onnx'), '--manifest', path.join(own, 'model.yaml')];
  };

  it('refuses a network whose weights lie in another file', async () => {
    const own = await mkdtemp(path.join(folder, 'given-'));
    await writeFile(path.join(own, 'net.onnx'), Buffer.concat([await readFile(path.join(NETWORKS, 'slices.onnx')), Buffer.from('\x0a\x08location\x12\x0dnet.onnx.data', 'latin1')]));
    await writeFile(path.join(own, 'model.yaml'), SLICES);
    const { code, stderr } = await rondo('models', 'add', path.join(own, 'net.onnx'), '--manifest', path.join(own, 'model.yaml'));
    expect(code).toBe(1);
    expect(stderr).toContain('external_data=False');
  });

  it('takes a network that sees slices, known by its manifest alone, and contours with it', async () => {
    const added = await rondo(...(await given('slices', SLICES)));
    expect([added.code, added.stderr]).toEqual([0, '']);
    expect(added.stdout).toContain('own-slices 0.1.0 is added');
    expect((await rondo('models', 'verify', 'own-slices')).code).toBe(0);
    expect((await rondo('models', 'list')).stdout).toContain('own-slices');

    const out = path.join(folder, 'slices.dcm');
    const { code, stdout, stderr } = await rondo('contour', path.join(phantom, 'ct'), '--model', 'own-slices', '--out', out, '--json');
    expect([code, stderr]).toEqual([0, '']);
    const [dense] = (JSON.parse(stdout) as { structures: { name: string; volumeCc: number; notes: string[] }[] }).structures;
    const { volume } = await readPlanningCt(path.join(phantom, 'ct'));
    let denseCc = 0;
    volume.voxels.forEach((hu, index) => { if (hu >= -50) denseCc += volume.geometry.voxelVolumeCc(Math.floor(index / (volume.geometry.size[0] * volume.geometry.size[1]))); });
    // The network's voxels are not the image's within slices.
    expect(Math.abs(dense.volumeCc / denseCc - 1)).toBeLessThan(0.05);
    expect(dense.notes.join()).toContain('no rules');
  });

  it('takes a network of regions that overlap', async () => {
    expect((await rondo(...(await given('regions', REGIONS)))).code).toBe(0);
    const out = path.join(folder, 'regions.dcm');
    const mirrored = await rondo('contour', path.join(phantom, 'ct'), '--model', 'own-regions', '--mirroring', 'on', '--overlap', '0', '--provider', 'coreml', '--out', path.join(folder, 'mirrored.dcm'), '--json');
    const { notes, tiles } = JSON.parse(mirrored.stdout) as { notes: string[]; tiles: number };
    const plain = await rondo('contour', path.join(phantom, 'ct'), '--model', 'own-regions', '--overlap', '0.5', '--out', path.join(folder, 'plain.dcm'), '--json');
    expect([mirrored.code, plain.code]).toEqual([0, 0]);
    expect((JSON.parse(plain.stdout) as { tiles: number }).tiles).toBeGreaterThan(2 * tiles);
    if (process.platform !== 'darwin') expect(notes.join()).toContain('coreml cannot be used on this machine');

    const protocol = path.join(folder, 'own.yaml');
    await writeFile(protocol, `format: rondo-protocol/1
name: own
title: Regions that overlap
guideline: none
profile: generic
inference: { mirroring: true, overlap: 0 }
structures:
  - { name: Soft, model: own-regions, type: ORGAN, colour: [10, 20, 30] }
`);
    expect((await rondo('contour', path.join(phantom, 'ct'), '--protocol', protocol, '--out', out)).code).toBe(0);
    expect((await rondo('rtstruct', 'list', out)).stdout).toContain('Soft');
  });

  it('takes what a converter wrote as it is, vectors and card included', async () => {
    expect((await rondo(...(await given('threshold', REGIONS.replaceAll('own-regions', 'made-first').replace('sigmoid', 'softmax'))))).code).toBe(0);
    const first = path.join(folder, 'home/models/made-first');
    const copy = await mkdtemp(path.join(folder, 'converted-'));
    for (const file of await readdir(first)) await copyFile(path.join(first, file), path.join(copy, file));
    for (const file of ['model.yaml', 'card.md']) await writeFile(path.join(copy, file), (await readFile(path.join(copy, file), 'utf8')).replaceAll('made-first', 'converted'));
    expect((await rondo('models', 'add', path.join(copy, 'model.onnx'), '--manifest', path.join(copy, 'model.yaml'))).code).toBe(0);
    for (const file of await readdir(copy)) expect(await readFile(path.join(folder, 'home/models/converted', file))).toEqual(await readFile(path.join(copy, file)));

    const { code, stderr } = await rondo('models', 'add', path.join(NETWORKS, 'blur.onnx'), '--manifest', path.join(copy, 'model.yaml'));
    expect([code, stderr]).toEqual([1, expect.stringContaining('The networks are not those of the manifest')]);
  });

  it.each([
    ['a name that is taken', 'threshold', REGIONS.replace('own-regions', 'oar-thorax').replace('sigmoid', 'softmax'), 'There is a model named "oar-thorax" already'],
    ['a fault in the manifest, with its line', 'slices', SLICES.replace('channels: 2', 'channels: none'), 'line 19, output, channels'],
    ['a spacing in metres', 'slices', SLICES.replace('[2, 2, image]', '[0.002, 0.002, image]'), 'line 11, input, spacingMm'],
    ['intensities that are no HU', 'slices', SLICES.replace('[-1000, 600]', '[0, 1]'), 'expected Hounsfield units'],
    ['a network of other channels', 'regions', REGIONS.replace('channels: 2', 'channels: 3'), 'returns 2 channels, the manifest says 3'],
    ['a network of unknown operators', 'unknown', REGIONS.replace('own-regions', 'own-unknown'), 'does not know'],
  ])('refuses %s, and keeps nothing of it', async (_, network, text, message) => {
    const models = async (): Promise<string[]> => await readdir(path.join(folder, 'home/models')).catch(() => []);
    const kept = await models();
    const { code, stderr } = await rondo(...(await given(network, text)));
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    expect(await models()).toEqual(kept);
  });

  it('refuses what is no network, naming the file that was given', async () => {
    const words = await given('slices', SLICES.replace('own-slices', 'own-rubbish'));
    await writeFile(words[2], 'no network');
    expect((await rondo(...words)).stderr).toContain(words[2]);
  });
});
