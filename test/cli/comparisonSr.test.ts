import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { items, numbers, readDicom, text, type Dataset } from '../../src/dicom/index.ts';
import { readCaseReport, type CaseReport } from '../../src/report/index.ts';
import { startOrthanc } from '../support/orthanc.ts';
import { rondo, type Ended } from '../support/rondo.ts';

const run = promisify(execFile);

let folder: string;
const at = (...names: string[]): string => path.join(folder, ...names);
const opened = async (...names: string[]): Promise<Dataset> => readDicom(await readFile(at(...names))).dataset;
const compare = async (report: string, ...more: string[]): Promise<Ended> => await rondo('compare', at('reference.dcm'), at('test.dcm'), '--ct', at('phantom', 'ct'), '--report', at(report), '--structure', 'Heart', '--structure', 'Big', ...more);

const codeOf = (item: Dataset, keyword: string): string => text(items(item, keyword)[0] ?? {}, 'CodeValue');
const named = (parent: Dataset, code: string): Dataset[] => items(parent, 'ContentSequence').filter((item) => codeOf(item, 'ConceptNameCodeSequence') === code);
const valueOf = (item: Dataset | undefined): number => numbers(items(item ?? {}, 'MeasuredValueSequence')[0] ?? {}, 'NumericValue')[0];

let sr: Dataset;
let report: CaseReport;
/** The measurement group of a structure. */
const group = (name: string): Dataset => {
  const found = named(named(sr, '126010')[0], '125007').find((one) => text(named(one, '112039')[0], 'TextValue') === name);
  if (!found) throw new Error(`no group of ${name}`);
  return found;
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-sr-'));
  expect((await rondo('phantom', '--out', at('phantom'))).code).toBe(0);
  const derive = async (from: string, rule: string, to: string): Promise<void> => { expect((await rondo('rtstruct', 'derive', from, rule, '--ct', at('phantom', 'ct'), '--out', at(to))).stderr).toBe(''); };
  // The reference holds one structure more; the heart of the test is 3 mm larger.
  await derive(at('phantom', 'truth.dcm'), 'Big = margin(Heart, 5)', 'reference.dcm');
  await run('dcmodify', ['-nb', '-i', 'PatientName=Müller^Zoë', '-i', 'IssuerOfPatientID=CLINIC', '-i', 'SpecificCharacterSet=ISO_IR 192', at('reference.dcm')]);
  expect((await rondo('rtstruct', 'rename', at('phantom', 'truth.dcm'), 'Heart=Old', '--out', at('old.dcm'))).code).toBe(0);
  await derive(at('old.dcm'), 'Heart = margin(Old, 3)', 'test.dcm');
  await writeFile(at('own.yaml'), [
    'format: rondo-protocol/1', 'name: own', 'title: Own', 'guideline: none', 'profile: generic', 'structures:', '  - { name: Heart, model: oar-thorax }',
    'thresholds:', '  Heart: { dsc: { pass: 0.99, fail: 0.5 }, hd95Mm: { pass: 1, fail: 20 } }', '',
  ].join('\n'));
  expect(await compare('report', '--protocol', at('own.yaml'), '--convention', 'monai')).toMatchObject({ code: 0, stderr: '' });
  sr = await opened('report', 'report.dcm');
  report = readCaseReport(await readFile(at('report', 'report.json'), 'utf8'));
}, 180_000);
afterAll(async () => { await rm(folder, { recursive: true, force: true }); });

describe('rondo compare --report, report.dcm', () => {
  it('is a Comprehensive SR that dciodvfy finds no error in, and that dsrdump renders without a complaint of its content', async () => {
    const { stdout, stderr } = await run('bash', ['-c', `dciodvfy "${at('report', 'report.dcm')}" || true`]);
    const told = (stdout + stderr).split('\n').filter((line) => line.trim() !== '');
    // That it does not know a private coding scheme is all it says.
    expect(told.filter((line) => !/Warning - Unrecognized defined term <99RONDO>/.test(line))).toEqual(['ComprehensiveSR']);
    const { stdout: dump, stderr: complaints } = await run('dsrdump', ['-q', at('report', 'report.dcm')]);
    expect(complaints).toBe('');
    for (const part of ['Comprehensive SR Document', 'Imaging Measurement Report', 'Dice similarity coefficient', 'RTStructureSetStorage', 'Missed structures, each a failure")="1"']) expect(dump).toContain(part);
    expect((await run('dsr2html', ['-q', at('report', 'report.dcm')], { maxBuffer: 1e8 })).stdout).toContain('Research software, not for clinical use');
  }, 120_000);

  it('stands in the study and under the patient of the reference', async () => {
    const reference = await opened('reference.dcm');
    for (const keyword of ['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'StudyInstanceUID', 'StudyDate', 'StudyID']) expect(text(sr, keyword)).toBe(text(reference, keyword));
    expect(text(sr, 'PatientName')).toBe('Müller^Zoë');
    expect(text(sr, 'VerificationFlag')).toBe('UNVERIFIED');
  });

  it('refers to both sets and to every image, in the content and as evidence', async () => {
    const [reference, test] = [await opened('reference.dcm'), await opened('test.dcm')];
    const [compared] = named(sr, 'COMPARED');
    const referred = ([['REFERENCE_SET', reference], ['TEST_SET', test]] as const).map(([side, set]) => {
      const uid = text(items(named(named(compared, side)[0], side)[0], 'ReferencedSOPSequence')[0], 'ReferencedSOPInstanceUID');
      expect(uid).toBe(text(set, 'SOPInstanceUID'));
      return uid;
    });
    const images = items(named(named(sr, '111028')[0], '126200')[0], 'ContentSequence').filter((item) => text(item, 'ValueType') === 'IMAGE').map((item) => text(items(item, 'ReferencedSOPSequence')[0], 'ReferencedSOPInstanceUID'));
    expect(images).toHaveLength(report.ct.slices);
    const evidence = items(sr, 'CurrentRequestedProcedureEvidenceSequence').flatMap((study) => items(study, 'ReferencedSeriesSequence').flatMap((series) => items(series, 'ReferencedSOPSequence').map((one) => text(one, 'ReferencedSOPInstanceUID'))));
    expect([...evidence].sort()).toEqual([...referred, ...images].sort());
    expect(text(named(compared, '112002')[0], 'UID')).toBe(report.ct.seriesInstanceUid);
  });

  it('holds the figures of report.json with unit, method, tolerance, threshold and verdict', () => {
    const heart = report.structures.find(({ name }) => name === 'Heart');
    const figures = heart?.metrics?.figures;
    const one = group('Heart');
    const dsc = named(one, 'DSC')[0];
    expect(figures?.dsc).toBeLessThan(0.95);
    expect(valueOf(dsc)).toBeCloseTo(figures?.dsc ?? NaN, 10);
    expect(codeOf(named(dsc, '370129005')[0], 'ConceptCodeSequence')).toBe('VOXELS');
    expect([valueOf(named(dsc, 'PASS_LEAST')[0]), valueOf(named(dsc, 'FAIL_LEAST')[0]), codeOf(named(dsc, 'VERDICT')[0], 'ConceptCodeSequence')]).toEqual([0.99, 0.5, 'LOOK']);
    const [surface, monai] = ['SURFACE', 'MONAI'].map((method) => named(one, 'HD95').find((item) => codeOf(named(item, '370129005')[0], 'ConceptCodeSequence') === method));
    expect(valueOf(surface)).toBeCloseTo(figures?.hd95Mm ?? NaN, 10);
    expect(valueOf(monai)).toBeCloseTo(heart?.metrics?.otherDistances.monai.hd95Mm ?? NaN, 10);
    expect([text(items(items(surface ?? {}, 'MeasuredValueSequence')[0], 'MeasurementUnitsCodeSequence')[0], 'CodeValue'), valueOf(named(surface ?? {}, 'PASS_MOST')[0])]).toEqual(['mm', 1]);
    expect(valueOf(named(named(one, 'SURFACE_DSC')[0], 'TOLERANCE')[0])).toBe(2);
    expect(valueOf(named(one, 'APL')[0])).toBeCloseTo(figures?.addedPathMm ?? NaN, 8);
    expect(named(one, '118565006').map((item) => [codeOf(named(item, 'OF_SET')[0], 'ConceptCodeSequence'), Math.round(valueOf(item) * 100)])).toEqual([['REFERENCE', Math.round((heart?.referenceCc ?? 0) * 100)], ['TEST', Math.round((heart?.testCc ?? 0) * 100)]]);
    expect(codeOf(named(one, '363698007')[0], 'ConceptCodeSequence')).toBe('80891009');
    expect(codeOf(named(one, 'VERDICT')[0], 'ConceptCodeSequence')).toBe('LOOK');
  });

  it('counts a missed structure as a failure, with a DSC of 0 and no distance', () => {
    const big = group('Big');
    expect([codeOf(named(big, 'PRESENCE')[0], 'ConceptCodeSequence'), codeOf(named(big, 'VERDICT')[0], 'ConceptCodeSequence'), valueOf(named(big, 'DSC')[0])]).toEqual(['MISSED', 'FAIL', 0]);
    expect(named(big, 'HD95')).toEqual([]);
    expect(named(big, 'NO_VALUE').map((item) => text(item, 'TextValue'))).toContain('Hausdorff distance, 95th percentile: the test is empty');
    const all = group('All structures');
    expect([valueOf(named(all, 'MEAN_DSC')[0]), valueOf(named(all, 'COUNT_MISSED')[0]), valueOf(named(all, 'COUNT_FAIL')[0])]).toEqual([expect.closeTo(report.meanDsc ?? NaN, 10), 1, 1]);
  });

  it('is the same instance for the same comparison, and another for another tolerance', async () => {
    await compare('again', '--protocol', at('own.yaml'), '--convention', 'monai');
    await compare('other', '--protocol', at('own.yaml'), '--convention', 'monai', '--tolerance', '1');
    const uids = await Promise.all(['report', 'again', 'other'].map(async (name) => { const dataset = await opened(name, 'report.dcm'); return [text(dataset, 'SOPInstanceUID'), text(dataset, 'SeriesInstanceUID')]; }));
    expect(uids[1]).toEqual(uids[0]);
    expect(uids[2][0]).not.toBe(uids[0][0]);
    expect(uids[2][1]).not.toBe(uids[0][1]);
    // An archive that corrects a patient keeps the UIDs of images and sets.
    await copyFile(at('reference.dcm'), at('uncorrected.dcm'));
    await run('dcmodify', ['-nb', '-m', 'PatientBirthDate=19500102', at('reference.dcm')]);
    await compare('corrected', '--protocol', at('own.yaml'), '--convention', 'monai');
    await copyFile(at('uncorrected.dcm'), at('reference.dcm'));
    expect(text(await opened('corrected', 'report.dcm'), 'SOPInstanceUID')).not.toBe(uids[0][0]);
  }, 120_000);

  it('refuses a set that an archive could not hold, before anything is written', async () => {
    await copyFile(at('test.dcm'), at('studyless.dcm'));
    await run('dcmodify', ['-nb', '-ea', 'StudyInstanceUID', at('studyless.dcm')]);
    const { code, stdout } = await rondo('compare', at('reference.dcm'), at('studyless.dcm'), '--ct', at('phantom', 'ct'), '--report', at('none'), '--structure', 'Heart', '--json');
    expect(code).toBe(1);
    expect((JSON.parse(stdout) as { error: { code: string; message: string } }).error).toMatchObject({ code: 'set-not-referable', message: expect.stringMatching(/test holds no StudyInstanceUID/) as unknown });
    await expect(readFile(at('none', 'report.html'))).rejects.toMatchObject({ code: 'ENOENT' });
  }, 120_000);

  it('is taken by Orthanc by C-STORE and STOW-RS, beside the CT', async () => {
    const orthanc = await startOrthanc();
    try {
      const store = ['-aec', orthanc.aeTitle, '127.0.0.1', String(orthanc.dimsePort)];
      await run('storescu', ['+sd', '+r', ...store, at('phantom', 'ct')]);
      await run('storescu', [...store, at('report', 'report.dcm')]);
      const boundary = 'rondo-test';
      const body = Buffer.concat([Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), await readFile(at('other', 'report.dcm')), Buffer.from(`\r\n--${boundary}--\r\n`)]);
      const stow = await fetch(`${orthanc.dicomWebUrl}studies`, { method: 'POST', headers: { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`, accept: 'application/dicom+json' }, body });
      expect(stow.status).toBe(200);
      const study = text(sr, 'StudyInstanceUID');
      const series = await (await fetch(`${orthanc.dicomWebUrl}studies/${study}/series`, { headers: { accept: 'application/dicom+json' } })).json() as Record<string, { Value: string[] }>[];
      expect(series.map((one) => one['00080060'].Value[0]).sort()).toEqual(['CT', 'SR', 'SR']);
    } finally {
      await orthanc.stop();
    }
  }, 120_000);
});
