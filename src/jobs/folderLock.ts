import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import path from 'node:path';
import { RondoError } from '../errors.ts';

/** Room for the path of a local socket, in bytes: the least of what Linux (108) and macOS (104) give; a longer one is cut off silently. */
const SOCKET_PATH_BYTES = 103;

/**
 * Locks a folder for this process, making it where it is not there.
 *
 * The lock is a local socket in the folder that this process listens on: the system closes it with the process, however that ends, so that
 * nothing of a killed process is left to be waited for; and unlike a process id it is right between containers that share a folder.
 * Each process has a socket of its own name, shown before it looks for those of others. Two that start at the same moment may both be refused,
 * but never both be let in.
 * @returns what unlocks it
 * @throws RondoError `database-in-use`, `database-folder`
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const name = `${randomBytes(4).toString('hex')}.lock`;
  const file = path.join(folder, name);
  if (Buffer.byteLength(`${file}.new`) > SOCKET_PATH_BYTES) {
    throw new RondoError('database-folder', `The path of the folder is too long for a lock: at most ${SOCKET_PATH_BYTES - name.length - 5} bytes. Choose a shorter one.`, { file: folder });
  }
  const server = await listen(folder, file);
  try {
    // Named only now: to whoever looks meanwhile, a socket that is not yet listened on is that of a dead process.
    await rename(`${file}.new`, file);
    const others = (await readdir(folder)).filter((other) => other.endsWith('.lock') && other !== name);
    const alive = await Promise.all(others.map((other) => isHeld(path.join(folder, other))));
    if (alive.includes(true)) {
      throw new RondoError('database-in-use', 'The folder of the database is open in another process, and can be open in one only. End that one first, or let both use a PostgreSQL server.', { file: folder });
    }
  } catch (error) {
    await unlock(server, file);
    throw error;
  }
  return () => unlock(server, file);
}

async function listen(folder: string, file: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  try {
    // What lies in it is about patients: nobody else may read it.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    server.listen(`${file}.new`);
    await once(server, 'listening');
  } catch (cause) {
    throw new RondoError('database-folder', `The folder of the database cannot be used (${cause instanceof Error ? cause.message : String(cause)}). It must be writable, on a disk of this machine that can hold local sockets.`, { file: folder }, { cause });
  }
  // The lock alone is no reason for the process to go on.
  return server.unref();
}

/** Whether a living process listens; what a dead one left is removed. */
async function isHeld(file: string): Promise<boolean> {
  const socket = createConnection(file);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') await rm(file, { force: true });
    else if (code !== 'ENOENT') return true;
    return false;
  } finally {
    socket.destroy();
  }
}

async function unlock(server: Server, file: string): Promise<void> {
  server.close();
  await once(server, 'close');
  await rm(file, { force: true });
}
