import { Command } from 'commander';
import { RondoError } from '../../errors.ts';
import { dicomDateTime } from '../../pipeline/index.ts';
import { editStructureSet, writeStructureSetFile, type StructureEdit, type StructureSetFile } from '../../rtstruct/index.ts';
import { printJson, refuseExisting, writeWhole } from '../output.ts';
import { openStructureSet } from '../structureSetFile.ts';

interface RenameArguments {
  out: string;
  json: boolean;
}

/** `rondo rtstruct rename`: other names for structures, and nothing else changed. */
export function renameCommand(): Command {
  return new Command('rename')
    .description('Give structures other names. Everything else stays as it was; the result is a new, unapproved instance.')
    .argument('<file>', 'RT Structure Set of any system')
    .argument('<old=new...>', 'name or number of a structure, and its new name: "Lunge li=Lung_L" 7=Heart')
    .requiredOption('--out <file>', 'RT Structure Set to write; an existing file is never overwritten')
    .option('--json', 'print JSON', false)
    .action(async (file: string, pairs: readonly string[], { out, json }: RenameArguments) => {
      await refuseExisting(out);
      const source = await openStructureSet(file);
      const renamed = pairs.map((pair) => renaming(pair, source));
      const edits = renamed.map(({ number, to }): StructureEdit => ({ edit: 'rename', number, name: to }));
      const result = editStructureSet(source, edits, dicomDateTime(new Date()));
      await writeWhole(out, writeStructureSetFile(result));
      if (json) printJson({ file: out, sopInstanceUid: result.set.sopInstanceUid, renamed });
      else console.log([...renamed.map(({ from, to }) => `${from} → ${to}`), `Written: ${out}`].join('\n'));
    });
}

function renaming(pair: string, { set }: StructureSetFile): { number: number; from: string; to: string } {
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
