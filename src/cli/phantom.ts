import { Command, InvalidArgumentError } from 'commander';
import { RondoError } from '../errors.ts';
import { bundledPhantoms, readPhantom, writePhantom } from '../phantom/index.ts';
import { packageVersion } from '../pipeline/index.ts';
import { printJson, refuseExisting } from './output.ts';

interface PhantomArguments {
  out: string;
  case: number;
  json: boolean;
}

/** `rondo phantom`: a bundled synthetic patient as DICOM files. */
export function phantomCommand(): Command {
  return new Command('phantom')
    .description('Write a bundled synthetic patient: a DICOM CT series in ct/ and its true structures in truth.dcm.')
    .requiredOption('--out <folder>', 'folder to make; it must not exist yet')
    .option('--case <n>', 'which of the bundled patients', wholeNumber, 1)
    .option('--json', 'print JSON', false)
    .action(async ({ out, case: number, json }: PhantomArguments) => {
      const bundled = await bundledPhantoms();
      if (number > bundled.length) throw new RondoError('phantom-unknown', `There is no case ${number}; there are ${bundled.length}: ${bundled.map(({ name }) => name).join(', ')}.`);
      await refuseExisting(out);
      const phantom = await readPhantom(bundled[number - 1].folder);
      const { ctFolder, truthFile } = await writePhantom(phantom, out, await packageVersion());
      const { size, columnSpacingMm, rowSpacingMm } = phantom.ct.volume.geometry;
      if (json) {
        printJson({ name: phantom.name, description: phantom.description, ct: ctFolder, truth: truthFile, size, structures: phantom.structures.map(({ name, mask }) => ({ name, volumeCc: mask.volumeCc })) });
        return;
      }
      console.log(`${phantom.name}: ${phantom.description}`);
      console.log(`${size[2]} slices of ${size[0]}×${size[1]} pixels of ${columnSpacingMm}×${rowSpacingMm} mm in ${ctFolder}`);
      console.log(`true structures (${phantom.structures.map(({ name }) => name).join(', ')}) in ${truthFile}`);
      console.log('A synthetic patient: nobody was scanned.');
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return value;
}
