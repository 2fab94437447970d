import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeConfig } from '../support/configFile.ts';
import { alterFile, alterFiles, writeTestCt } from '../support/ctSeries.ts';
import { rondo, type Ended } from '../support/rondo.ts';

let folder: string;
let ct: string;
let config: string;
let files: string[];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rondo-cli-rules-'));
  ct = path.join(folder, 'ct');
  files = await writeTestCt(ct, { attributes: { StudyDescription: 'Brust links' } });
  await alterFiles(files, { StationName: 'CTSIM', BodyPartExamined: 'BREAST' });
  config = await writeConfig(folder,
    'dimse: { aeTitles: [{ aeTitle: RONDO }, { aeTitle: CHEST, protocol: thorax-oar }] }',
    'rules:',
    '  - { name: right, when: { StudyDescription: { matches: rechts|right } }, protocol: breast-right-whole }',
    '  - { name: left, when: { StudyDescription: { matches: links|left }, BodyPartExamined: breast, StationName: [CTSIM] }, protocol: breast-left-whole }',
    '  - { name: sent, when: { Origin: dimse, CallingAETitle: PACS }, protocol: thorax-oar }');
});
afterAll(async () => { await rm(folder, { recursive: true }); });

const test = async (...words: string[]): Promise<Ended> => await rondo('rules', 'test', ct, '--config', config, ...words);

describe('rondo rules test', () => {
  it('shows what each rule saw, and the protocol', async () => {
    const { code, stdout, stderr } = await test();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n')).toEqual([
      '- AE title CHEST → thorax-oar', '    - CalledAETitle: expected "CHEST", found absent',
      '- right → breast-right-whole', '    - StudyDescription: expected matches /rechts|right/, found "Brust links"',
      '+ left → breast-left-whole', '    + StudyDescription: expected matches /links|left/, found "Brust links"', '    + BodyPartExamined: expected "breast", found "BREAST"', '    + StationName: expected "CTSIM", found "CTSIM"',
      '- sent → thorax-oar', '    - Origin: expected "dimse", found absent', '    - CallingAETitle: expected "PACS", found absent',
      '', 'Protocol breast-left-whole, by left.',
    ]);
  });

  it('takes AE titles and origin', async () => {
    expect(JSON.parse((await test('--called', 'chest', '--json')).stdout)).toMatchObject({ slices: 6, protocol: 'thorax-oar', rule: 'AE title CHEST' });
    const sentHolds = async (...words: string[]): Promise<boolean | undefined> => (JSON.parse((await test(...words, '--json')).stdout) as { explanation: { rule: string; holds: boolean }[] }).explanation.find(({ rule }) => rule === 'sent')?.holds;
    expect(await sentHolds('--calling', 'PACS')).toBe(true);
    expect(await sentHolds('--calling', 'PACS', '--origin', 'folder')).toBe(false);
  });

  it('ends with 1 where no rule holds, because slices differ', async () => {
    const mixed = path.join(folder, 'mixed');
    const slices = await writeTestCt(mixed, { attributes: { StudyDescription: 'Brust links' } });
    await alterFiles(slices, { StationName: 'CTSIM', BodyPartExamined: 'BREAST' });
    await alterFile(slices[2], { BodyPartExamined: 'CHEST' });
    const people = await rondo('rules', 'test', mixed, '--config', config);
    expect([people.code, people.stderr]).toEqual([1, '']);
    expect(people.stdout).toContain('    - BodyPartExamined: expected "breast", found differs between slices');
    expect(people.stdout).toContain('No protocol: no rule holds.');
    const machines = await rondo('rules', 'test', mixed, '--config', config, '--json');
    expect(machines.code).toBe(1);
    expect(JSON.parse(machines.stdout)).toMatchObject({ protocol: null, explanation: [{}, {}, { rule: 'left', holds: false }, {}] });
  });

  it('ends with 1 without rules', async () => {
    const { code, stdout } = await rondo('rules', 'test', ct, '--config', await writeConfig(ct, 'log: {}'));
    expect(code).toBe(1);
    expect(stdout).toContain('the configuration has no rules');
  });

  it('refuses what is no CT, no origin and no configuration', async () => {
    expect((await rondo('rules', 'test', path.join(folder, 'nowhere'), '--config', config)).stderr).toContain('(ct-folder)');
    expect((await test('--origin', 'fax')).code).toBe(2);
    expect((await rondo('rules', 'test', ct)).stderr).toContain('(config-missing)');
    expect((await test('--series', '1.2.3')).stderr).toContain('(ct-series-absent)');
  });
});
