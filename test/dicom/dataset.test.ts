import { describe, expect, it } from '@jest/globals';
import { checkValueLengths, decimalString, items, looksLikeDicom, newUid, numbers, readDicom, text, texts, uidFrom, writeDicom, type Dataset, type DatasetValue } from '../../src/dicom/index.ts';

const sample: Dataset = {
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.3',
  SOPInstanceUID: '1.2.3.4',
  PatientName: 'Müller^É=山田^花子=やまだ^はなこ',
  PatientID: '',
  StructureSetLabel: 'RONDO',
  PixelRepresentation: 1,
  PixelPaddingValue: -2000,
  StructureSetROISequence: [
    { ROINumber: 1, ROIName: 'Brust_é', ROIDescription: 'a \\ b' },
    { ROINumber: 2, ROIName: '心臓' },
  ],
  ROIContourSequence: [
    { ReferencedROINumber: 1, ROIDisplayColor: [255, 0, 7], ContourSequence: [{ ContourData: [1 / 3, -2e-7, 123456789.123456, '4.50', 5, 6] }] },
    { ReferencedROINumber: 2, ContourSequence: [] },
  ],
};

describe('a DICOM file written and read again', () => {
  const bytes = writeDicom(sample);
  const { dataset, transferSyntaxUid, pixelData } = readDicom(bytes);

  it('keeps text of every script, inside sequences too', () => {
    expect(text(dataset, 'PatientName')).toBe(sample['PatientName']);
    expect(items(dataset, 'StructureSetROISequence').map((item) => text(item, 'ROIName'))).toEqual(['Brust_é', '心臓']);
    expect(text(dataset, 'SpecificCharacterSet')).toBe('ISO_IR 192');
    expect(dataset['PatientID']).toBe('');
    expect(items(dataset, 'StructureSetROISequence').map((item) => text(item, 'ROIDescription'))).toEqual(['a \\ b', '']);
  });

  it('keeps numbers to sixteen characters', () => {
    const [first, second] = items(dataset, 'ROIContourSequence');
    const [contour] = items(first, 'ContourSequence');
    expect(texts(contour, 'ContourData')).toEqual(['0.33333333333333', '-2e-7', '123456789.123456', '4.50', '5', '6']);
    expect(numbers(first, 'ROIDisplayColor')).toEqual([255, 0, 7]);
    expect(items(second, 'ContourSequence')).toEqual([]);
    expect(numbers(dataset, 'PixelPaddingValue')).toEqual([-2000]);
  });

  it('is explicit VR little endian and recognised as DICOM', () => {
    expect(transferSyntaxUid).toBe('1.2.840.10008.1.2.1');
    expect(pixelData).toBeUndefined();
    expect(looksLikeDicom(bytes)).toBe(true);
    expect(looksLikeDicom(new TextEncoder().encode('%PDF-1.7 and so on'))).toBe(false);
  });

  it('leaves pure ASCII in the character set it declares', () => {
    const ascii = writeDicom({ ...sample, SpecificCharacterSet: 'ISO_IR 100', PatientName: 'Doe^J', StructureSetROISequence: [] });
    expect(text(readDicom(ascii).dataset, 'SpecificCharacterSet')).toBe('ISO_IR 100');
  });

  it('is refused wherever it is cut short', () => {
    for (let length = bytes.length - 1; length > 132; length -= 1) {
      let outcome: unknown;
      try {
        // A cut between two top-level elements leaves a valid, shorter data set.
        const shorter = readDicom(bytes.subarray(0, length)).dataset;
        outcome = Object.entries(shorter).every(([keyword, value]) => JSON.stringify(value) === JSON.stringify(dataset[keyword])) ? 'a whole number of elements' : 'changed values';
      } catch (error) {
        outcome = (error as { code?: string }).code;
      }
      expect(['dicom-truncated', 'dicom-not-dicom', 'a whole number of elements']).toContain(outcome);
    }
  });
});

describe('character sets', () => {
  const named = (characterSet: string, name: readonly number[]): string => {
    const bytes = writeDicom({ ...sample, SpecificCharacterSet: characterSet, PatientName: 'x'.repeat(name.length), StructureSetROISequence: [{ ROINumber: 1, ROIName: 'y'.repeat(name.length) }] });
    const patched = Buffer.from(bytes);
    Buffer.from(name).copy(patched, patched.indexOf('x'.repeat(name.length)));
    Buffer.from(name).copy(patched, patched.indexOf('y'.repeat(name.length)));
    const { dataset } = readDicom(patched);
    // Text inside a sequence obeys the same character set.
    expect(items(dataset, 'StructureSetROISequence').map((item) => text(item, 'ROIName'))).toEqual([text(dataset, 'PatientName')]);
    return text(dataset, 'PatientName');
  };
  const hex = (octets: string): number[] => octets.split(' ').map((octet) => parseInt(octet, 16));

  // Byte sequences of the examples in PS3.5 annexes H, I, J and K, and Latin-1.
  it.each([
    ['ISO_IR 100', '4D FC 6C 6C 65 72', 'Müller'],
    ['', '4D FC 6C 6C 65 72', 'Müller'],
    ['ISO_IR 144', 'BB EE DA 63 65 DC D1 79 70 D3', 'Люкceмбypг'],
    ['\\ISO 2022 IR 87', '59 61 6D 61 64 61 5E 54 61 72 6F 75 3D 1B 24 42 3B 33 45 44 1B 28 42 5E 1B 24 42 42 40 4F 3A 1B 28 42', 'Yamada^Tarou=山田^太郎'],
    ['ISO 2022 IR 13\\ISO 2022 IR 87', 'D4 CF C0 DE 5E C0 DB B3 3D 1B 24 42 3B 33 45 44 1B 28 4A 5E 1B 24 42 42 40 4F 3A 1B 28 4A', 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎'],
    ['\\ISO 2022 IR 149', '48 6F 6E 67 5E 47 69 6C 64 6F 6E 67 3D 1B 24 29 43 FB F3 5E 1B 24 29 43 D1 CE D4 D7', 'Hong^Gildong=洪^吉洞'],
    ['GB18030', '57 61 6E 67 5E 58 69 61 6F 44 6F 6E 67 3D CD F5 5E D0 A1 B6 AB', 'Wang^XiaoDong=王^小东'],
    ['ISO_IR 192', '57 61 6E 67 3D E7 8E 8B 5E E5 B0 8F E6 9D B1', 'Wang=王^小東'],
  ])('%s is decoded', (characterSet, octets, expected) => {
    expect(named(characterSet, hex(octets))).toBe(expected);
  });

  it('refuses text that its character set cannot hold, instead of guessing', () => {
    expect(() => named('ISO_IR 192', hex('4D FC 6C 6C 65 72'))).toThrow(expect.objectContaining({ code: 'dicom-character-set' }));
    expect(() => named('ISO_IR 999', hex('4D FC 6C 6C 65 72'))).toThrow(expect.objectContaining({ code: 'dicom-character-set' }));
  });
});

describe('value checks (PS3.5 6.2)', () => {
  it.each<[string, DatasetValue, string]>([
    ['StructureSetLabel', 'seventeen letters', 'SH over 16'],
    ['ROIName', 'x'.repeat(65), 'LO over 64'],
    ['PatientName', `A^B=${'山'.repeat(65)}`, 'PN group over 64'],
    ['SliceThickness', '1234567890.123456', 'DS over 16'],
    ['SliceThickness', '3 mm', 'DS that is no number'],
    ['PatientSex', 'f', 'CS in lower case'],
    ['StudyDate', '2020-01-01', 'DA with hyphens'],
    ['StudyTime', '25:00', 'TM with a colon'],
    ['FrameOfReferenceUID', '1.2.03', 'UI with a leading zero'],
    ['FrameOfReferenceUID', `1.${'2'.repeat(63)}`, 'UI over 64'],
    ['ROINumber', '1.5', 'IS with a fraction'],
    ['SeriesDescription', 'two\nlines', 'LO with a control character'],
    ['ContourData', Array.from({ length: 22_000 }, () => 10), 'over 65534 bytes in a 16-bit length'],
    ['ContourData', new Uint8Array(65_536).fill(0x30), 'bytes of text over 65534'],
    ['ContourData', [NaN], 'not a number'],
    ['Rows', '512', 'text for a binary number'],
    ['PixelData', 'abc', 'text for bytes'],
    ['ROIName', Uint8Array.of(0x61), 'bytes for text of a character set'],
    ['ROIContourSequence', 'abc', 'text for a sequence'],
    ['ROIContourSequence', [{ ContourSequence: [{ NumberOfContourPoints: 'x' }] }], 'a nested value'],
    ['NoSuchKeyword', 'x', 'an unknown keyword'],
  ])('%s: %j is refused (%s)', (keyword, value) => {
    expect(() => writeDicom({ ...sample, [keyword]: value })).toThrow(expect.objectContaining({ code: 'dicom-value' }));
  });

  it('never shows the value that it refuses', () => {
    expect(() => {
      checkValueLengths({ PatientID: `secret${'x'.repeat(64)}` });
    }).toThrow(/^(?!.*secret)/);
  });

  it('writes text that is given as bytes as it writes the text, padded to an even length', () => {
    for (const data of ['1.5\\-2\\3', '1\\2\\30.25', '']) {
      expect(writeDicom({ ...sample, ContourData: new TextEncoder().encode(data) })).toEqual(writeDicom({ ...sample, ContourData: data }));
    }
  });

  it('accepts values at their limits', () => {
    checkValueLengths({ StructureSetLabel: 'sixteen letters!', ROIName: '山'.repeat(64), SliceThickness: '-1234567890.1234', StudyTime: '235959.999999', ContourData: '' });
  });

  it.each([0, -0.1, 1 / 3, -1 / 3, 1e-9 / 3, -1e-9 / 3, 0.000012345678901234, 123456789012345.67, -1.2345678901234567e308, 2 ** 53])(
    'writes %d as a decimal string of at most 16 bytes, to seven digits or more',
    (value) => {
      const decimal = decimalString(value);
      expect(decimal.length).toBeLessThanOrEqual(16);
      expect(Math.abs(Number(decimal) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-7);
    },
  );
});

describe('unique identifiers (PS3.5 B.2)', () => {
  it('are UUIDs under 2.25: at most 39 digits, no two alike', () => {
    const uids = new Set(Array.from({ length: 1000 }, newUid));
    expect(uids.size).toBe(1000);
    for (const uid of uids) expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
  });

  it('made from parts depend on every part and its place, and on nothing else', () => {
    expect(uidFrom('phantom', 7, 'series')).toBe(uidFrom('phantom', 7, 'series'));
    const others = [uidFrom('phantom', 7, 'series'), uidFrom('phantom', 8, 'series'), uidFrom('phantom7', 'series'), uidFrom('series', 7, 'phantom'), uidFrom('phantom', '7', 'series')];
    expect(new Set(others).size).toBe(5);
    for (const uid of others) expect(uid).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
  });
});
