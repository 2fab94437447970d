// A process of its own for the tests of src/jobs/ that kill one. Speaks in lines of JSON, the first one when it has done what it is for.
import process from 'node:process';
import { setInterval } from 'node:timers';
import { JobLeases, JobStore, StructureSetStore, openDatabase } from '../../dist/jobs/index.js';

const MINUTE_MS = 60_000;

const [, , task, options, owner] = process.argv;
const say = (value) => { process.stdout.write(`${JSON.stringify(value)}\n`); };
const forEver = () => new Promise(() => { setInterval(() => undefined, MINUTE_MS); });

const newJob = {
  origin: 'api', protocol: 'breast-left-whole', details: { filling: 'x'.repeat(50_000) },
  source: { kind: 'dicomweb', url: 'http://127.0.0.1/', studyInstanceUid: '1.2.3', seriesInstanceUid: '1.2.3.4' },
};

const tasks = {
  open: () => undefined,

  /** Says which jobs there are and how many events, then makes jobs for ever and says each when it is committed. */
  async write(database) {
    const jobs = new JobStore(database);
    const known = await jobs.list({ limit: 100_000 });
    say({ jobs: await Promise.all(known.map(async ({ id }) => ({ id, events: (await jobs.events(id)).length }))) });
    while (true) {
      const { job } = await jobs.create(newJob, 'child');
      await jobs.cancel(job.id, 'child');
      say(job.id);
    }
  },

  /** Does all jobs there are. */
  async work(database) {
    const [jobs, leases, structureSets] = [new JobStore(database), new JobLeases(database), new StructureSetStore(database)];
    const done = [];
    while (true) {
      const job = await leases.claim(owner, MINUTE_MS);
      if (!job) break;
      await jobs.transition(job.id, 'fetching', 'contouring', {}, owner);
      await structureSets.save(job.id, owner, { sopInstanceUid: `2.25.${process.pid}${done.length}`, bytes: Uint8Array.of(1), summary: {}, notes: [] }, []);
      done.push(job.id);
    }
    say(done);
  },

  /** Holds a job. */
  async hold(database) {
    say((await new JobLeases(database).claim(owner, 1)).id);
    await forEver();
  },

  /** Stays within a transaction that has changed every job. */
  async inside(database) {
    await database.transaction(async (sql) => {
      await sql.query("UPDATE rondo.job SET priority = 99");
      say('inside');
      await forEver();
    });
  },
};

try {
  const database = await openDatabase(JSON.parse(options));
  if (task === 'open') say('open');
  await tasks[task](database);
  await database.close();
} catch (error) {
  say({ code: error.code });
}
