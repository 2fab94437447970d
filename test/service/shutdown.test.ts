import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { freezeContouring, openClinic, smallBody, type Clinic, type JobSeen } from '../support/clinic.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';
import { startTool } from '../support/dimsePeers.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { startService, type ServiceProcess } from '../support/serveProcess.ts';

/** A busy machine takes its time; a lease runs for 20 s. */
const SECONDS = 15;

const whats = ({ events }: JobSeen): string[] => events.map(({ what }) => what);

describe('a service that is asked to end', () => {
  let clinic: Clinic;
  let postgres: PostgresServer | undefined;
  const services: ServiceProcess[] = [];
  const start = async (...given: Parameters<typeof startService>): Promise<ServiceProcess> => {
    const service = await startService(...given);
    services.push(service);
    return service;
  };
  /** Asks all to end, and measures how long that takes. */
  const endAll = async (): Promise<void> => {
    const begun = performance.now();
    expect(await Promise.all(services.splice(0).map((service) => service.end()))).not.toContain(null);
    expect((performance.now() - begun) / 1000).toBeLessThan(SECONDS);
  };

  beforeEach(() => { postgres = undefined; });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.kill()));
    await clinic.close();
    await postgres?.stop();
  });

  it('hands back what it contours, however long a tile would take: another worker has it before its lease would have run out', async () => {
    postgres = await startPostgres();
    clinic = await openClinic(`database: { url: '${postgres.url}' }`, 'contouring: { workersOnly: true }');
    await start('serve', clinic.configFile);
    const worker = await startService('worker', clinic.configFile);
    const id = await clinic.order('contoured');
    await freezeContouring(worker.child.pid ?? NaN);
    await clinic.inState(id, 'contouring');
    const begun = performance.now();
    expect(await worker.end()).toBe(0);
    expect((performance.now() - begun) / 1000).toBeLessThan(SECONDS);
    expect(await clinic.job(id)).toMatchObject({ state: 'received', attempts: 0 });
    await start('worker', clinic.configFile);
    const done = await clinic.inState(id, 'delivered');
    expect(whats(done).filter((what) => what === 'claimed' || what === 'handed back' || what === 'lease ran out')).toEqual(['claimed', 'handed back', 'claimed']);
    expect(worker.log.filter(({ level }) => Number(level) > 30)).toEqual([]);
  }, 120_000);

  it('hands back what it delivers, which is no failed attempt', async () => {
    clinic = await openClinic();
    await start('serve', clinic.configFile);
    clinic.proxy.fault = ({ method }) => (method === 'POST' ? 'kept' : 'none');
    const id = await clinic.order('delivered');
    while ((await clinic.structureSets()).kept === 0);
    await endAll();
    clinic.proxy.fault = () => 'none';
    await start('serve', clinic.configFile);
    const done = await clinic.inState(id, 'delivered');
    expect(whats(done).slice(-4)).toEqual(['structure set made', 'delivery handed back', 'verified', 'state changed']);
    expect(await clinic.structureSets()).toEqual({ sent: 1, kept: 1 });
  }, 120_000);

  it('finishes or refuses what is being sent: whatever was acknowledged is there, with its job', async () => {
    clinic = await openClinic();
    await start('serve', clinic.configFile);
    const many = smallBody('sent', 1500);
    const files = await writeTestCt(path.join(clinic.folder, 'ct', 'sent'), many);
    const { seriesInstanceUid, slices, attributes } = testCt(many);
    const kept = async (): Promise<string[]> => await readdir(path.join(clinic.data, 'archive', 'instances', attributes.StudyInstanceUID, seriesInstanceUid)).catch(() => []);
    const sender = startTool('storescu', ['-v', '-aec', 'OTHER', '127.0.0.1', String(clinic.dimsePort), ...files]);
    while ((await kept()).length < 20);
    await endAll();
    const { code, output } = await sender.ended;
    expect(code).not.toBe(0);
    const acknowledged = output.match(/Received Store Response \(Success\)/g)?.length ?? 0;
    expect(acknowledged).toBeGreaterThanOrEqual(19);
    // storescu sends in the order of its words.
    expect(await kept()).toEqual(expect.arrayContaining(slices.slice(0, acknowledged).map(({ sopInstanceUid }) => `${sopInstanceUid}.dcm`)));
    await start('serve', clinic.configFile);
    expect((await clinic.jobs()).map((job) => job.seriesInstanceUid)).toEqual([seriesInstanceUid]);
  }, 120_000);
});
