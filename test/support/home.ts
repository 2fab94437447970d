import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ModelManifest } from '../../src/contouring/index.ts';
import { makeModelFolder } from './models.ts';

/** A protocol whose one model contours in a moment. */
export const QUICK_PROTOCOL = 'quick';
/** Its model. */
export const QUICK_MODEL = 'quick-model';

export interface TestHome {
  folder: string;
  remove(): Promise<void>;
}

/**
 * A RONDO_HOME with one tiny model and one protocol, set in the environment of the test: `Body` is what is above −200 HU.
 * Set before a child process is started that shall have it.
 */
export async function makeHome(): Promise<TestHome> {
  const before = process.env.RONDO_HOME;
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-home-'));
  await replaceQuickModel(folder, (manifest) => manifest);
  await mkdir(path.join(folder, 'protocols'));
  await writeFile(path.join(folder, 'protocols', `${QUICK_PROTOCOL}.yaml`), ['format: rondo-protocol/1', `name: ${QUICK_PROTOCOL}`, 'title: What is dense', 'guideline: none', 'profile: generic', 'structures:', `  - { name: Dense, model: ${QUICK_MODEL}, type: ORGAN, colour: [200, 80, 40] }`, ''].join('\n'));
  process.env.RONDO_HOME = folder;
  return {
    folder,
    async remove() {
      process.env.RONDO_HOME = before;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Puts the model of a home in the place of the one that is there, as docs/models.md says: the folder is deleted, the new one added. */
export async function replaceQuickModel(home: string, change: (manifest: ModelManifest) => ModelManifest): Promise<void> {
  const model = await makeModelFolder('threshold', (manifest) => change({ ...manifest, name: QUICK_MODEL, output: { ...manifest.output, structures: [{ name: 'Dense', channels: [1] }] } }));
  const folder = path.join(home, 'models', QUICK_MODEL);
  await rm(folder, { recursive: true, force: true });
  await cp(model, folder, { recursive: true });
  await rm(model, { recursive: true });
}
