import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { RondoError } from '../../errors.ts';
import { normaliseNames, readNameTable, type NameOptions } from '../../names/index.ts';
import { dicomDateTime } from '../../pipeline/index.ts';
import { editStructureSet, writeStructureSetFile, type StructureEdit, type StructureSetFile } from '../../rtstruct/index.ts';
import { printJson, refuseExisting, writeWhole } from '../output.ts';
import { openStructureSet } from '../structureSetFile.ts';

interface RenameArguments {
  out: string;
  tg263: boolean;
  names?: string;
  treatedSide?: 'left' | 'right';
  json: boolean;
}

interface Renaming {
  number: number;
  from: string;
  to: string;
}

/** `rondo rtstruct rename`: other names for structures, and nothing else changed. */
export function renameCommand(): Command {
  return new Command('rename')
    .description('Give structures other names. Everything else stays as it was; the result is a new, unapproved instance.')
    .argument('<file>', 'RT Structure Set of any system')
    .argument('[old=new...]', 'name or number of a structure, and its new name: "Lunge li=Lung_L" 7=Heart')
    .requiredOption('--out <file>', 'RT Structure Set to write; an existing file is never overwritten')
    .option('--tg263', 'also give every other structure its standard name where its own name leaves no doubt; the others are listed and stay', false)
    .option('--names <yaml>', "a site's own name table, looked at before the bundled one")
    .addOption(new Option('--treated-side <side>', 'what ipsilateral and contralateral mean in names').choices(['left', 'right']))
    .option('--json', 'print JSON', false)
    .action(async (file: string, pairs: readonly string[], { out, tg263, names, treatedSide, json }: RenameArguments, command: Command) => {
      if (pairs.length === 0 && !tg263) command.error('error: nothing to rename; give old=new, or --tg263');
      await refuseExisting(out);
      const source = await openStructureSet(file);
      const asked = pairs.map((pair) => renaming(pair, source));
      const table = names === undefined ? undefined : readNameTable(await readFile(names, 'utf8'), names);
      const { standard, left } = tg263 ? standardNames(source, asked, { table, treatedSide }) : { standard: [], left: [] };
      const renamed = [...asked, ...standard];
      const edits = renamed.map(({ number, to }): StructureEdit => ({ edit: 'rename', number, name: to }));
      const result = editStructureSet(source, edits, dicomDateTime(new Date()));
      await writeWhole(out, writeStructureSetFile(result));
      if (json) printJson({ file: out, sopInstanceUid: result.set.sopInstanceUid, renamed, left });
      else console.log([...renamed.map(({ from, to }) => `${from} → ${to}`), ...left.map(({ name, reason }) => `left as it is: ${name}: ${reason}`), `Written: ${out}`].join('\n'));
    });
}

/** Standard names for the structures that were not named by hand; a name that one by hand takes is left. */
function standardNames({ set }: StructureSetFile, asked: readonly Renaming[], options: NameOptions): { standard: Renaming[]; left: { name: string; kind: string; reason: string }[] } {
  const others = set.structures.filter(({ number }) => !asked.some((renamed) => renamed.number === number));
  const results = normaliseNames(others.map(({ name }) => name), options);
  const standard: Renaming[] = [];
  const left: { name: string; kind: string; reason: string }[] = [];
  others.forEach(({ number, name }, index) => {
    const result = results[index];
    if (result.kind !== 'matched') left.push({ name, kind: result.kind, reason: result.reason });
    else if (asked.some(({ to }) => to.toLowerCase() === result.name.toLowerCase())) left.push({ name, kind: 'clash', reason: `${result.name} was given to another structure` });
    else if (result.name !== name) standard.push({ number, from: name, to: result.name });
  });
  return { standard, left };
}

function renaming(pair: string, { set }: StructureSetFile): Renaming {
  const at = pair.indexOf('=');
  if (at < 1) throw new RondoError('rename-pair', `"${pair}" does not say what to rename. Expected old=new, such as "Lunge li=Lung_L".`);
  const { number, name } = structureNamed(pair.slice(0, at), set.structures);
  return { number, from: name, to: pair.slice(at + 1) };
}

/** The one structure of a name, or of an ROI Number. @throws RondoError `structure-unknown` */
export function structureNamed<S extends { number: number; name: string }>(wanted: string, structures: readonly S[]): S {
  const named = structures.filter(({ name }) => name === wanted.trim());
  const found = named.length > 0 ? named : structures.filter(({ number }) => String(number) === wanted.trim());
  if (found.length !== 1) {
    throw new RondoError('structure-unknown', `${found.length === 0 ? 'No' : 'More than one'} structure is named "${wanted.trim()}". Expected a name or number of: ${structures.map(({ name, number }) => `${name} (${number})`).join(', ')}.`);
  }
  return found[0];
}
