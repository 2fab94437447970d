import { copyFile, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Protocol } from '../../src/protocol/index.ts';
import { readStructureSet } from '../../src/rtstruct/index.ts';
import { makeHome, QUICK_PROTOCOL } from '../support/home.ts';
import { rondo } from '../support/rondo.ts';

const NAMES = [
  'breast-left-chestwall', 'breast-left-chestwall-nodes', 'breast-left-whole', 'breast-left-whole-nodes',
  'breast-right-chestwall', 'breast-right-chestwall-nodes', 'breast-right-whole', 'breast-right-whole-nodes', 'thorax-oar',
];

describe('the bundled protocols', () => {
  const read = async (name: string): Promise<Protocol> => JSON.parse((await rondo('protocols', 'check', name, '--json')).stdout) as Protocol;

  it('are listed, and can all be used', async () => {
    const { protocols } = JSON.parse((await rondo('protocols', 'list', '--json')).stdout) as { protocols: { name: string; title: string }[] };
    expect(protocols.map(({ name }) => name)).toEqual(NAMES);
    for (const { title } of protocols) expect((await rondo('protocols', 'list')).stdout).toContain(title);
    for (const name of NAMES) expect((await read(name)).name).toBe(name);
  });

  it.each(NAMES.filter((name) => name.includes('left')))('%s is the mirror image of its right one', async (name) => {
    const mirrored = (text: string): string => text.replace(/_L\b|_R\b|\bLeft\b|\bleft\b|"side":"L"/g, (word) => ({ _L: '_R', _R: '_L', Left: 'Right', left: 'right', '"side":"L"': '"side":"R"' })[word] as string);
    const [left, right] = [await read(name), await read(name.replace('left', 'right'))];
    const byName = ({ structures, derived, ...rest }: Protocol) => ({ ...rest, structures: structures.map(({ name: own, model }) => `${model} ${own}`).sort(), derived: derived.map((one) => one.name).sort() });
    expect(byName(JSON.parse(mirrored(JSON.stringify(left))) as Protocol)).toEqual(byName(right));
  });
});

describe("a department's own protocols", () => {
  it('are known by name where they lie in RONDO_HOME, and never take the place of a bundled one', async () => {
    const home = await makeHome();
    try {
      const { protocols } = JSON.parse((await rondo('protocols', 'list', '--json')).stdout) as { protocols: { name: string }[] };
      expect(protocols.map(({ name }) => name)).toEqual([...NAMES, QUICK_PROTOCOL]);
      expect((await rondo('protocols', 'check', QUICK_PROTOCOL)).code).toBe(0);
      await copyFile('protocols/thorax-oar.yaml', path.join(home.folder, 'protocols', 'thorax-oar.yaml'));
      const twice = await rondo('protocols', 'check', 'thorax-oar', '--json');
      expect(twice.code).toBe(1);
      expect(JSON.parse(twice.stdout)).toMatchObject({ error: { code: 'protocol-twice' } });
    } finally {
      await home.remove();
    }
  });
});

describe('rondo contour --protocol', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-protocol-'));
    expect((await rondo('phantom', '--out', path.join(folder, 'phantom'))).code).toBe(0);
  });

  it("writes a department's own structures, names and profile", async () => {
    const [protocol, out] = [path.join(folder, 'own.yaml'), path.join(folder, 'own.dcm')];
    await writeFile(protocol, ['format: rondo-protocol/1', 'name: own', 'title: Two lungs and a heart', 'guideline: none', 'profile: eclipse', 'structures:', '  - { name: Heart, model: oar-thorax, roiName: Herz }', 'derived:', '  - definition: Lungs = Lung_L | Lung_R', ''].join('\n'));
    const { code, stdout } = await rondo('contour', path.join(folder, 'phantom', 'ct'), '--out', out, '--protocol', protocol, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ protocol: 'own', structures: [{ name: 'Herz', standardName: 'Heart', readBackDsc: 1 }, { name: 'Lungs', readBackDsc: 1 }] });
    expect(readStructureSet(await readFile(out)).structures.map(({ name, type }) => [name, type])).toEqual([['Herz', 'ORGAN'], ['Lungs', 'ORGAN']]);
  });

  it('refuses a broken protocol before it looks at the CT', async () => {
    const protocol = path.join(folder, 'broken.yaml');
    await writeFile(protocol, 'format: rondo-protocol/1\nname: own\ntitle: t\nguideline: none\nprofile: eclipse\nstructures:\n  - { name: Hert, model: oar-thorax }\n');
    const { code, stderr } = await rondo('contour', path.join(folder, 'not there'), '--out', path.join(folder, 'x.dcm'), '--protocol', protocol);
    expect(code).toBe(1);
    expect(stderr).toContain('line 7, structures, entry 1 (Hert), name: not a structure that Rondo knows');
    expect(stderr).toContain('broken.yaml');
  });
});
