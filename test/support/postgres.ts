import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freePort } from './freePort.ts';

/** Where Debian puts its versions, the newest of which is taken. */
const VERSIONS = '/usr/lib/postgresql';
const BIN = path.join(VERSIONS, String(Math.max(...readdirSync(VERSIONS).map(Number))), 'bin');

/** A program that comes with the server: `pg_dump`, `psql`. */
export function postgresProgram(name: string): string {
  return path.join(BIN, name);
}

/** Refuses to run as root: Debian's user of the server then runs it. */
interface Account {
  uid?: number;
  gid?: number;
}

/** A PostgreSQL server of a test's own, on a free port of this machine. Who starts it stops it. */
export interface PostgresServer {
  url: string;
  /** Breaks every connection, and is there again on the same port when it returns. `fast` ends transactions, `immediate` is as if the power had failed. */
  restart: (how?: 'fast' | 'immediate', whileDown?: () => Promise<void>) => Promise<void>;
  /** Stops it and deletes what it holds. */
  stop: () => Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const account = await serverAccount();
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-postgres-'));
  if (account.uid !== undefined && account.gid !== undefined) await chown(folder, account.uid, account.gid);
  await promisify(execFile)(path.join(BIN, 'initdb'), ['-D', folder, '-U', 'rondo', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'], { ...account, cwd: folder });
  const port = await freePort();
  let server = await serve(folder, port, account);
  return {
    url: `postgres://rondo@127.0.0.1:${port}/postgres`,
    restart: async (how = 'immediate', whileDown) => {
      await end(server, how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await whileDown?.();
      server = await serve(folder, port, account);
    },
    stop: async () => {
      await end(server, 'SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function serve(folder: string, port: number, account: Account): Promise<ChildProcess> {
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'logging_collector=off', 'lc_messages=C'];
  const server = spawn(path.join(BIN, 'postgres'), ['-D', folder, ...settings.flatMap((setting) => ['-c', setting])], { ...account, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  for await (const line of createInterface({ input: server.stderr })) {
    said.push(line);
    if (line.includes('database system is ready to accept connections')) {
      server.stderr.resume();
      return server;
    }
  }
  throw new Error(`PostgreSQL did not start:\n${said.join('\n')}`);
}

async function end(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(server, 'exit');
  server.kill(signal);
  await ended;
}

async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (what) => Number((await promisify(execFile)('id', [what, 'postgres'])).stdout)));
  return { uid, gid };
}
