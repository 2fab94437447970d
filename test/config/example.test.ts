import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { configKeys } from '../../src/config/configKeys.ts';
import { checkReferences, readConfig } from '../../src/config/index.ts';
import { PROVIDERS } from '../../src/contouring/index.ts';
import { protocolNames } from '../../src/pipeline/index.ts';
import { makeCertificate } from '../support/certificates.ts';

const EXAMPLE = path.join(import.meta.dirname, '../../rondo.example.yaml');
const OPERATIONS = path.join(import.meta.dirname, '../../docs/operations.md');

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  enum?: string[];
  default?: unknown;
  description?: string;
}

interface Key {
  /** `destinations[].url` */
  key: string;
  schema: JsonSchema;
}

/** Every key of the schema: those of list entries under `[]`, those of each kind of entry. */
function keysOf(schema: JsonSchema, above = ''): Key[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [{ key: above + name, schema: inner }, ...keysOf(inner, `${above}${name}.`)]);
  return [...own, ...(schema.items ? keysOf(schema.items, `${above.slice(0, -1)}[].`) : []), ...(schema.oneOf ?? []).flatMap((one) => keysOf(one, above))];
}

/** Every key of a value, with its values. */
function written(value: unknown, above = '', found = new Map<string, unknown[]>()): Map<string, unknown[]> {
  if (Array.isArray(value)) for (const entry of value) written(entry, `${above.slice(0, -1)}[].`, found);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      found.set(above + name, [...(found.get(above + name) ?? []), inner]);
      written(inner, `${above}${name}.`, found);
    }
  }
  return found;
}

const keys = keysOf(z.toJSONSchema(configKeys, { io: 'input', unrepresentable: 'any' }) as JsonSchema);

describe('the keys of rondo.yaml', () => {
  it('all say what they are', () => {
    expect(keys.length).toBeGreaterThan(100);
    expect(keys.filter(({ schema }) => schema.description === undefined).map(({ key }) => key)).toEqual([]);
  });

  it('know what computes as contouring does', () => {
    expect(keys.find(({ key }) => key === 'contouring.provider')?.schema.enum).toEqual([...PROVIDERS]);
  });
});

describe('rondo.example.yaml', () => {
  let folder: string;
  let uncommented: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'rondo-example-'));
    uncommented = (await readFile(EXAMPLE, 'utf8')).replace(/^# /gm, '');
    await mkdir(path.join(folder, 'secrets'));
    await makeCertificate(path.join(folder, 'tls'));
    await copyFile(path.join(folder, 'tls/cert.pem'), path.join(folder, 'tls/ca.pem'));
    for (const name of ['admin-key', 'archive-api-key', 'database-password']) await writeFile(path.join(folder, 'secrets', name), `${'k'.repeat(40)}\n`, { mode: 0o600 });
    await writeFile(path.join(folder, 'rondo.yaml'), uncommented, { mode: 0o600 });
  });
  afterAll(async () => { await rm(folder, { recursive: true }); });

  it('changes nothing as it stands', async () => {
    const empty = path.join(folder, 'empty.yaml');
    await writeFile(empty, '');
    const environment = { RONDO_HOME: folder };
    expect((await readConfig(EXAMPLE, environment)).config).toEqual((await readConfig(empty, environment)).config);
  });

  it('is valid without its comment signs, and its protocols are there', async () => {
    const environment = { RONDO_HOME: folder, RONDO_DATABASE_PASSWORD: 'p/w%41', RONDO_REVIEW_KEY: 'r'.repeat(40), ARCHIVE_AUTHORIZATION: 'Bearer abc' };
    const read = await readConfig(path.join(folder, 'rondo.yaml'), environment);
    expect(read.warnings).toEqual([]);
    checkReferences(read, { protocols: (await protocolNames()).map((name) => ({ name })) });
    expect(read.config.database.url?.reveal()).toBe('postgresql://rondo:p%2Fw%2541@localhost/rondo');
  });

  it('names every key and no other', () => {
    const freely = /^(authentication\.oidc\.roles|rules\[\]\.when|(destinations\[\]|archives\[\]|worklist)\.(headers|headersFromEnv|headersFromFile)|archives\[\]\.watch\.query|worklist\.query)\./;
    const there = [...written(parse(uncommented)).keys()].filter((key) => !freely.test(key));
    expect(there.sort()).toEqual([...new Set(keys.map(({ key }) => key))].filter((key) => !freely.test(key)).sort());
  });

  it('shows the default of every key that has one', () => {
    const values = written(parse(uncommented));
    const defaults = keys.filter(({ schema }) => ['string', 'number', 'boolean'].includes(typeof schema.default));
    expect(defaults.length).toBeGreaterThan(30);
    for (const { key, schema } of defaults) expect([key, ...new Set(values.get(key))]).toEqual([key, schema.default]);
  });
});

describe('the table of docs/operations.md', () => {
  it('names every key, with its meaning and its default', async () => {
    const rows = new Map(Array.from((await readFile(OPERATIONS, 'utf8')).matchAll(/^\| `([^`]+)` \| (.*) \| (.*) \|$/gm), ([, key, meaning, shown]) => [key, { meaning, shown }]));
    // Said once, of destinations.
    const elsewhere = /^(archives\[\]|worklist)\.(headers|headersFromEnv|headersFromFile|tls)\b/;
    const there = keys.filter(({ key }) => !elsewhere.test(key));
    expect(new Set(rows.keys())).toEqual(new Set(there.map(({ key }) => key)));
    // These mean something else in each kind of destination.
    const ofKinds = ['destinations[].kind', 'destinations[].tls'];
    for (const { key, schema } of there) if (!ofKinds.includes(key)) expect([key, rows.get(key)?.meaning]).toEqual([key, expect.stringContaining(schema.description ?? '')]);
    const defaults = there.filter(({ schema }) => ['string', 'number', 'boolean'].includes(typeof schema.default));
    for (const { key, schema } of defaults) expect([key, rows.get(key)?.shown]).toEqual([key, `\`${String(schema.default)}\``]);
  });
});
