import pg from 'pg';
import { RondoError } from '../errors.ts';
import type { Database, Sql } from './database.ts';

/** A server that does not answer within this time is said to be unreachable. */
const CONNECT_TIMEOUT_MS = 10_000;

/** A machine that dies within a transaction leaves its locks to the server for this long, rather than for the hours that TCP takes. */
const IDLE_IN_TRANSACTION_MS = 30_000;

const CONNECTIONS = 10;

/**
 * A PostgreSQL server. Connections are made when they are needed, and anew where the server was restarted.
 * @throws RondoError `database-options` where the URL is none
 */
export function openPostgres(url: string): Database {
  // The URL holds a password: it is never repeated.
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new RondoError('database-options', 'The URL of the database cannot be read: expected postgres://user:password@host:5432/name.');
  }
  const pool = new pg.Pool({
    connectionString: url, application_name: 'rondo', max: CONNECTIONS, keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  });
  // A connection that breaks while nobody uses it: the pool has dropped it by now, and the next question gets a new one.
  pool.on('error', () => undefined);
  // One that breaks while it is in use says so outside of any question too, and a server that is ready and shuts down at once says both before whoever
  // asked for the connection has it: unheard, that would end the process.
  pool.on('connect', (client) => { client.on('error', () => undefined); });
  let ended: Promise<void> | undefined;

  async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((error: unknown) => { throw named(error); });
    let failed = true;
    try {
      const result = await work(client);
      failed = false;
      return result;
    } catch (error) {
      throw named(error);
    } finally {
      // What failed may have left a transaction open: such a connection is not used again.
      client.release(failed);
    }
  }

  return {
    query: (text, values) => withClient((client) => sqlOf(client).query(text, values)),
    transaction: (work) => withClient(async (client) => {
      await client.query('BEGIN');
      try {
        const result = await work(sqlOf(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        // Whoever hears of it finds nothing locked; where the connection broke, the server does it.
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    }),
    close: async () => { await (ended ??= pool.end()); },
  };
}

function sqlOf(client: pg.PoolClient): Sql {
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      const result = await client.query<Row>(text, values && [...values]) as pg.QueryResult<Row> | pg.QueryResult<Row>[];
      return (Array.isArray(result) ? result[result.length - 1] : result).rows;
    },
  };
}

/** Classes of SQLSTATE that say "not now": connection exceptions, and a server that goes down or comes up (PostgreSQL, appendix A); or a system error. */
const UNREACHABLE = /^(08|57P|53300)|^E[A-Z]+$/;

/** pg gives no code to these. */
const LOST = /Connection terminated|timeout exceeded when trying to connect|not queryable/i;

function named(error: unknown): unknown {
  if (error instanceof RondoError) return error;
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  const reason = typeof code === 'string' && UNREACHABLE.test(code) ? code : typeof message === 'string' && LOST.test(message) ? 'connection lost' : undefined;
  if (reason === undefined) return error;
  return new RondoError('database-unreachable', `The database does not answer (${reason}). Check that PostgreSQL runs and can be reached from here; what was going on may or may not have happened.`, {}, { cause: error });
}
