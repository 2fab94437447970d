/**
 * Phantom cases as the case folders that `rondo evaluate` takes: ct/, reference.dcm and case.yaml with the bundled protocol of the treated side and surgery.
 *
 *   node bench/caseFolders.js <folder of phantom cases> --out <folder> [--cases <n>]
 */
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readPhantom, writePhantom } from '../dist/phantom/index.js';
import { packageVersion } from '../dist/pipeline/index.js';

const { positionals: [phantoms], values } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' }, cases: { type: 'string' } } });
if (phantoms === undefined || values.out === undefined) {
  console.error('usage: node bench/caseFolders.js <folder of phantom cases> --out <folder> [--cases <n>]');
  process.exit(2);
}
const names = (await readdir(phantoms, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name).sort();
for (const name of names.slice(0, values.cases === undefined ? undefined : Number(values.cases))) {
  const phantom = await readPhantom(path.join(phantoms, name));
  const folder = path.join(values.out, name);
  await mkdir(folder, { recursive: true });
  const { truthFile } = await writePhantom(phantom, folder, await packageVersion());
  await rename(truthFile, path.join(folder, 'reference.dcm'));
  const { side, surgery } = phantom.treated ?? { side: 'none', surgery: 'none' };
  const protocol = phantom.treated ? `breast-${side === 'L' ? 'left' : 'right'}-${surgery === 'mastectomy' ? 'chestwall' : 'whole'}-nodes` : 'thorax-oar';
  await writeFile(path.join(folder, 'case.yaml'), `facts:\n  side: ${side}\n  surgery: ${surgery}\n  group: ${phantom.group ?? 'usual'}\nprotocol: ${protocol}\n`);
  console.log(name);
}
