import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { openPostgres } from '../../src/jobs/postgresDatabase.ts';

/** A message of the server (PostgreSQL, "Message Formats"): its type, its length, what it says. */
function message(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(content.length + 4);
  return Buffer.concat([Buffer.from(type), length, content]);
}

const AUTHENTICATED = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const SHUT_DOWN = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'));

it('outlives a server that says in one breath that it is ready and that it shuts down', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, SHUT_DOWN])));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const database = openPostgres(`postgres://rondo@127.0.0.1:${port}/rondo`);
  try {
    await expect(database.query('SELECT 1', [])).rejects.toMatchObject({ code: 'database-unreachable' });
  } finally {
    await database.close();
    server.close();
  }
});
