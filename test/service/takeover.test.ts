import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hostname } from 'node:os';
import { childrenOf, freezeContouring, openClinic, seriesUidOf, type Clinic, type JobSeen } from '../support/clinic.ts';
import type { Fault } from '../support/faultyProxy.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { startService, type ServiceProcess } from '../support/serveProcess.ts';

const whats = ({ events }: JobSeen): string[] => events.map(({ what, to }) => to ?? what);

describe('what was killed while it fetched, contoured and delivered', () => {
  let clinic: Clinic;
  let postgres: PostgresServer | undefined;
  const services: ServiceProcess[] = [];
  const start = async (...given: Parameters<typeof startService>): Promise<ServiceProcess> => {
    const service = await startService(...given);
    services.push(service);
    return service;
  };
  const frozen: number[] = [];
  /** Ends services as a power failure does, with what they have started. */
  const killAll = async (): Promise<void> => {
    const ended = services.splice(0).map((service) => service.kill());
    // They hold the output of who started them, which ends with them.
    for (const pid of frozen.splice(0)) process.kill(pid, 'SIGKILL');
    await Promise.all(ended);
  };

  beforeEach(() => { postgres = undefined; });
  afterEach(async () => {
    await killAll();
    await clinic.close();
    await postgres?.stop();
  });

  /** Holds what is fetched of a series, or what is delivered. */
  const holding = (name?: string): (request: { method: string; url: string }) => Fault => ({ method, url }) => {
    if (method === 'POST') return name === undefined ? 'kept' : 'none';
    return name !== undefined && url.includes(`${seriesUidOf(name)}/instances/`) ? 'silent' : 'none';
  };
  const untilKept = async (count: number): Promise<void> => {
    while ((await clinic.structureSets()).kept < count);
  };

  it('is taken up by the service that is started again', async () => {
    clinic = await openClinic();
    const serve = async (): Promise<number> => (await start('serve', clinic.configFile)).child.pid ?? NaN;

    clinic.proxy.fault = holding('fetched');
    await serve();
    const fetched = await clinic.order('fetched');
    await clinic.inState(fetched, 'fetching');
    await killAll();
    clinic.proxy.fault = () => 'none';
    await serve();
    expect(whats(await clinic.inState(fetched, 'delivered'))).toEqual(['waiting', 'received', 'fetching', 'received', 'fetching', 'contouring', 'delivering', 'verified', 'delivered']);
    await killAll();

    const pid = await serve();
    const contoured = await clinic.order('contoured');
    frozen.push(await freezeContouring(pid));
    await clinic.inState(contoured, 'contouring');
    await killAll();
    await serve();
    expect(whats(await clinic.inState(contoured, 'delivered'))).toEqual(['waiting', 'received', 'fetching', 'contouring', 'received', 'fetching', 'contouring', 'delivering', 'verified', 'delivered']);

    clinic.proxy.fault = holding();
    const delivered = await clinic.order('delivered');
    await untilKept(3);
    expect((await clinic.job(delivered)).state).toBe('delivering');
    await killAll();
    clinic.proxy.fault = () => 'none';
    await serve();
    expect(whats(await clinic.inState(delivered, 'delivered'))).toEqual(['waiting', 'received', 'fetching', 'contouring', 'delivering', 'verified', 'delivered']);
    // Orthanc had the last one, and was asked before it was sent again.
    expect(await clinic.structureSets()).toEqual({ sent: 3, kept: 3 });
  }, 300_000);

  it('is taken over by another worker', async () => {
    postgres = await startPostgres();
    clinic = await openClinic(`database: { url: '${postgres.url}' }`, 'contouring: { workersOnly: true }');
    await start('serve', clinic.configFile);
    const work = async (): Promise<number> => (await start('worker', clinic.configFile)).child.pid ?? NaN;

    clinic.proxy.fault = holding('fetched');
    const fetched = await clinic.order('fetched');
    // Nobody but workers contours.
    expect((await clinic.inState(fetched, 'received')).attempts).toBe(0);
    const first = await work();
    await clinic.inState(fetched, 'fetching');

    const contoured = await clinic.order('contoured');
    const second = await work();
    frozen.push(await freezeContouring(second));
    await clinic.inState(contoured, 'contouring');

    const delivered = await clinic.order('delivered');
    clinic.proxy.fault = (request) => (request.method === 'POST' ? holding()(request) : holding('fetched')(request));
    const third = await work();
    await untilKept(1);
    expect(await childrenOf(third)).toHaveLength(1);
    await killAll();

    clinic.proxy.fault = () => 'none';
    await start('serve', clinic.configFile);
    const last = await work();
    const jobs = await Promise.all([fetched, contoured, delivered].map(async (id) => await clinic.inState(id, 'delivered')));
    expect(jobs.map(({ attempts }) => attempts)).toEqual([2, 2, 1]);
    const nameOf = (pid: number): string => `worker ${hostname()} ${pid}`;
    for (const [n, { events }] of jobs.entries()) {
      expect(events.filter(({ what }) => what === 'lease ran out').map(({ details }) => details?.owner)).toEqual([[nameOf(first)], [nameOf(second)], []][n]);
      expect(events.filter(({ what }) => what === 'structure set made').map(({ who }) => who)).toEqual([[nameOf(last)], [nameOf(last)], [nameOf(third)]][n]);
      expect(events.filter(({ to }) => to === 'delivered')).toHaveLength(1);
    }
    expect(await clinic.structureSets()).toEqual({ sent: 3, kept: 3 });
  }, 300_000);
});
