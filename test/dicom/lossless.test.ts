import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN, readDicom, writeDicom, type Dataset } from '../../src/dicom/index.ts';
import { RondoError } from '../../src/errors.ts';
import { itWithSharedData } from '../support/sharedData.ts';

/** Read, written as it was read, read again. */
function again(bytes: Uint8Array): { before: Dataset; after: Dataset } {
  const { dataset, transferSyntaxUid } = readDicom(bytes);
  const implicit = transferSyntaxUid === IMPLICIT_LITTLE_ENDIAN;
  const written = writeDicom(dataset, { transferSyntaxUid: implicit ? IMPLICIT_LITTLE_ENDIAN : EXPLICIT_LITTLE_ENDIAN, asRead: true });
  return { before: dataset, after: readDicom(written).dataset };
}

const MINIMAL: Dataset = { SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.3', SOPInstanceUID: '2.25.1' };

describe('a data set that is read and written again', () => {
  it.each([EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN] as const)('keeps private and unlisted elements, nested too (%s)', (transferSyntaxUid) => {
    const dataset: Dataset = {
      ...MINIMAL,
      '00091001': { vr: 'UN', value: Uint8Array.of(1, 2, 3, 4) },
      '00090010': { vr: 'UN', value: new TextEncoder().encode('ACME 1.0') },
      ROIContourSequence: [{ ReferencedROINumber: '7', '30070010': { vr: 'UN', value: Uint8Array.of(65, 66) } }],
    };
    const read = readDicom(writeDicom(dataset, { transferSyntaxUid })).dataset;
    expect(read).toEqual(dataset);
  });

  it('keeps the VR and the text of private elements where the file says it', () => {
    const dataset: Dataset = {
      ...MINIMAL,
      SpecificCharacterSet: 'ISO_IR 100',
      ROIContourSequence: [],
      '00091001': { vr: 'LO', value: 'Lunge groß' },
      '00091002': { vr: 'FD', value: [0.1, -2.5] },
      '00091003': { vr: 'SQ', value: [{ '00091004': { vr: 'DS', value: '1.50\\2' } }] },
      '00091005': { vr: 'SV', value: Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127) },
    };
    const bytes = writeDicom(dataset);
    expect(readDicom(bytes).dataset).toEqual(dataset);
    expect(Buffer.from(bytes).includes(Buffer.from('Lunge groß', 'latin1'))).toBe(true);
  });

  it('declares UTF-8 where Latin-1 does not hold the text', () => {
    const read = readDicom(writeDicom({ ...MINIMAL, SpecificCharacterSet: 'ISO_IR 100', StructureSetName: '左肺' })).dataset;
    expect([read['SpecificCharacterSet'], read['StructureSetName']]).toEqual(['ISO_IR 192', '左肺']);
  });

  it('keeps values that break the rules of their VR, and only then', () => {
    const long = Array.from({ length: 9000 }, (_, n) => `${n}.123456789012345`).join('\\');
    const dataset: Dataset = { ...MINIMAL, StructureSetLabel: 'a label of more than sixteen characters', ROIContourSequence: [{ ContourSequence: [{ ContourData: long }] }] };
    expect(() => writeDicom(dataset)).toThrow(/characters/);
    const bytes = writeDicom(dataset, { asRead: true });
    expect(readDicom(bytes).dataset).toEqual(dataset);
    // The value is longer than the length field of DS in explicit VR: it becomes UN (PS3.5 6.2.2).
    expect(Buffer.from(bytes).includes(Buffer.from([0x06, 0x30, 0x50, 0x00, 0x55, 0x4e]))).toBe(true);
  });

  itWithSharedData('hostile/pydicom_test_files', 'is the same, for every odd file that can be read', async (folder) => {
    let count = 0;
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const bytes = await readFile(join(entry.parentPath, entry.name));
      let files: ReturnType<typeof again>;
      try {
        files = again(bytes);
      } catch (error) {
        // Refused on reading, or no SOP instance: never anything unforeseen.
        expect(error).toBeInstanceOf(RondoError);
        continue;
      }
      const { SpecificCharacterSet: before, ...elements } = files.before;
      const { SpecificCharacterSet: after, ...elementsAgain } = files.after;
      expect({ file: entry.name, elements: elementsAgain }).toEqual({ file: entry.name, elements });
      if (after !== 'ISO_IR 192') expect(after).toEqual(before);
      count++;
    }
    expect(count).toBeGreaterThan(60);
  });
});
