import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { freezeContouring, openClinic, smallBody, type Clinic, type JobSeen } from '../support/clinic.ts';
import { testCt, writeTestCt } from '../support/ctSeries.ts';
import { runTool } from '../support/dimsePeers.ts';
import { postgresProgram, startPostgres, type PostgresServer } from '../support/postgres.ts';
import { startService, type ServiceProcess } from '../support/serveProcess.ts';

describe('what docs/operations.md says of a backup', () => {
  let clinic: Clinic;
  let service: ServiceProcess;
  const servers: PostgresServer[] = [];
  const newServer = async (): Promise<PostgresServer> => {
    const server = await startPostgres();
    servers.push(server);
    return server;
  };
  const structureSetOf = async (id: string): Promise<Buffer> => Buffer.from(await (await fetch(`${clinic.url}/api/jobs/${id}/structure-set`)).arrayBuffer());
  const jobOf = async (seriesInstanceUid: string): Promise<JobSeen> => {
    for (;;) for (const job of await clinic.jobs()) if (job.seriesInstanceUid === seriesInstanceUid) return job;
  };

  beforeEach(() => { servers.length = 0; });
  afterEach(async () => {
    await service.kill();
    await clinic.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('holds of the embedded database: stop, copy, start on the copy', async () => {
    clinic = await openClinic();
    service = await startService('serve', clinic.configFile);
    const done = await clinic.inState(await clinic.order('done'), 'delivered');
    const structureSet = await structureSetOf(done.id);
    await freezeContouring(service.child.pid ?? NaN);
    const contoured = await clinic.order('contoured');
    await clinic.inState(contoured, 'contouring');
    const sent = await clinic.send('arriving');
    expect(await service.end()).toBe(0);

    const copy = path.join(clinic.folder, 'copy');
    await cp(clinic.data, copy, { recursive: true });
    service = await startService('serve', await clinic.configure('second', copy));
    expect(await clinic.job(done.id)).toEqual(done);
    expect(await structureSetOf(done.id)).toEqual(structureSet);
    await clinic.inState(contoured, 'delivered');
    await clinic.inState((await jobOf(sent)).id, 'delivered');
    expect(await clinic.structureSets()).toEqual({ sent: 3, kept: 3 });
  }, 180_000);

  it('holds of PostgreSQL: a dump while the service runs, then a copy of the folder', async () => {
    const database = await newServer();
    clinic = await openClinic(`database: { url: '${database.url}' }`);
    service = await startService('serve', clinic.configFile);
    const done = await clinic.inState(await clinic.order('done'), 'delivered');
    const structureSet = await structureSetOf(done.id);
    clinic.proxy.fault = ({ method }) => (method === 'POST' ? 'silent' : 'none');
    const sent = await clinic.inState(await clinic.order('sent'), 'delivering');
    const growing = smallBody('growing');
    const files = await writeTestCt(path.join(clinic.folder, 'ct', 'growing'), growing);
    const store = async (some: readonly string[], aeTitle = 'RONDO'): Promise<void> => { expect(await runTool('storescu', ['-aec', aeTitle, '127.0.0.1', String(clinic.dimsePort), ...some])).toMatchObject({ code: 0 }); };
    await store(files.filter((_, k) => k !== 3));

    const dump = path.join(clinic.folder, 'dump.sql');
    expect(await runTool(postgresProgram('pg_dump'), ['--dbname', database.url, '--file', dump])).toMatchObject({ code: 0 });
    // What comes between the two: more of a series, and another.
    await store([files[3]]);
    clinic.proxy.fault = () => 'none';
    await clinic.inState((await jobOf(await clinic.send('later'))).id, 'delivered');
    await clinic.inState(sent.id, 'delivered');
    const copy = path.join(clinic.folder, 'copy');
    await cp(clinic.data, copy, { recursive: true });
    await service.kill();
    const before = await clinic.structureSets();

    const restored = await newServer();
    expect(await runTool(postgresProgram('psql'), ['--dbname', restored.url, '--set', 'ON_ERROR_STOP=1', '--quiet', '--file', dump])).toMatchObject({ code: 0 });
    service = await startService('serve', await clinic.configure('second', copy, `database: { url: '${restored.url}' }`));
    expect(await clinic.job(done.id)).toEqual(done);
    expect(await structureSetOf(done.id)).toEqual(structureSet);
    await clinic.inState(sent.id, 'delivered');
    await clinic.inState((await jobOf(testCt(growing).seriesInstanceUid)).id, 'delivered');
    await clinic.inState((await jobOf(testCt(smallBody('later')).seriesInstanceUid)).id, 'delivered');
    expect(await clinic.jobs()).toHaveLength(4);
    // What had been delivered after the dump is made anew under its own UID, and found there.
    expect(await clinic.structureSets()).toEqual({ sent: before.sent + (4 - before.kept), kept: 4 });
  }, 180_000);
});
