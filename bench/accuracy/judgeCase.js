/**
 * One case of `bench/accuracy.js`, in a process of its own: reads { folder, models, structures } as JSON from its argument and prints the
 * case's outcome (`CaseOutcome` of src/report) as JSON.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Mask } from '../../dist/geometry/index.js';
import { readPhantom, writePhantom } from '../../dist/phantom/index.js';
import { packageVersion } from '../../dist/pipeline/index.js';
import { maskOfStructure, readStructureSet } from '../../dist/rtstruct/index.js';
import { judge } from './judge.js';
import { requestFor } from './request.js';

const run = promisify(execFile);
const rondo = (...words) => run(process.execPath, [path.join(import.meta.dirname, '../../dist/cli/rondo.js'), ...words, '--json'], { maxBuffer: 2 ** 28 }).then(({ stdout }) => JSON.parse(stdout));

const { folder, models, structures } = JSON.parse(process.argv[2]);
const work = await mkdtemp(path.join(tmpdir(), 'rondo-accuracy-'));
try {
  const phantom = await readPhantom(folder);
  const { args, isAsked } = requestFor({ models, structures, treated: phantom.treated });
  const { ctFolder, truthFile } = await writePhantom(phantom, work, await packageVersion());
  const result = path.join(work, 'contours.dcm');
  const wasFound = await rondo('contour', ctFolder, '--out', result, ...args).then(() => true, nothingFound);
  const compared = new Map(wasFound ? (await rondo('compare', truthFile, result, '--ct', ctFolder)).structures.map((row) => [row.name, row]) : []);
  const found = wasFound ? await masksOf(result, phantom.ct.volume.geometry) : new Map();
  const truth = new Map(phantom.structures.map(({ name, mask }) => [name, mask]));
  const outcomes = phantom.structures.filter(({ name }) => structures.includes(name) && isAsked(name)).map(({ name, mask }) => {
    const row = compared.get(name);
    return {
      ...judge(name, found.get(name) ?? Mask.empty(mask.geometry), truth),
      ...(row && { agreement: { dsc: row.dsc, hd95Mm: row.hd95Mm, msdMm: row.msdMm } }),
    };
  });
  console.log(JSON.stringify({ name: phantom.name, seed: phantom.seed, group: phantom.group, inPhantom: [...truth.keys()], structures: outcomes }));
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Nothing found is a result, and so is a side refused that is the true one: all is missed then. Any other failure of the product ends the run. */
function nothingFound(error) {
  if (typeof error.stdout === 'string' && /"(contour-nothing-found|ctv-contradiction)"/.test(error.stdout)) return false;
  throw new Error(`rondo contour: ${error.stdout || error.message}`, { cause: error });
}

async function masksOf(file, geometry) {
  const set = readStructureSet(await readFile(file));
  return new Map(set.structures.map((structure) => [structure.name, maskOfStructure(set, structure, geometry).mask]));
}
