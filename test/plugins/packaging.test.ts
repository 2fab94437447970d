import { describe, expect, it } from '@jest/globals';
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { rondo as runRondo } from '../support/rondo.ts';

const ROOT = path.join(import.meta.dirname, '../..');

interface Compose {
  services: Record<string, { volumes?: string[]; environment: Record<string, string>; ports?: string[] }>;
  volumes: Record<string, unknown>;
}

async function lines(file: string): Promise<string[]> {
  return (await readFile(path.join(ROOT, file), 'utf8')).split('\n');
}

/** What is copied from this repository, stages left out. */
async function copied(): Promise<string[]> {
  return (await lines('Dockerfile')).filter((line) => /^COPY (?!--from)/.test(line)).flatMap((line) => line.split(/\s+/).slice(1, -1));
}

describe('the container', () => {
  it('is made of what there is, and that is not kept from it', async () => {
    const sources = await copied();
    expect(sources).toContain('package-lock.json');
    const allowed = (await lines('.dockerignore')).filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    for (const source of sources) {
      await access(path.join(ROOT, source));
      expect(allowed).toContain(source.split('/')[0]);
    }
  });

  it('holds what the package holds that runs, and no bundled patients', async () => {
    const { files } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    const brought = [...(await copied()), 'dist'];
    expect(files.filter((file) => !brought.includes(file))).toEqual(['fixtures/phantoms', 'plugins', 'CHANGELOG.md']);
  });
});

describe('compose.yaml', () => {
  const read = async (): Promise<Compose> => parse(await readFile(path.join(ROOT, 'compose.yaml'), 'utf8')) as Compose;

  it('mounts what there is, and gives each service the volumes that it declares', async () => {
    const { services, volumes } = await read();
    const sources = Object.values(services).flatMap(({ volumes: mounted = [] }) => mounted.map((mount) => mount.split(':')[0]));
    for (const source of sources.filter((name) => name.startsWith('./'))) await access(path.join(ROOT, source));
    expect(sources.filter((name) => !name.startsWith('./')).sort()).toEqual(Object.keys(volumes).sort());
  });

  it('configures a Rondo that can be started, with every variable that it names', async () => {
    const { services: { rondo, orthanc } } = await read();
    const made = (await lines('packaging/compose/secrets.sh')).flatMap((line) => /^(\w+)=\$\(?/.exec(line)?.[1] ?? []);
    const asked = Object.values({ ...rondo.environment, ...orthanc.environment }).flatMap((value) => /\$\{(\w+)/.exec(value)?.[1] ?? []);
    expect(asked.filter((name) => !made.includes(name))).toEqual([]);

    const secrets = Object.fromEntries(Object.entries(rondo.environment).map(([name, value], index) => [name, value.replace(/\$\{.*\}/, String(index).repeat(64))]));
    Object.assign(process.env, secrets);
    try {
      const { code, stdout } = await runRondo('config', 'check', path.join(ROOT, 'packaging/compose/rondo.yaml'));
      expect(stdout).toContain('The configuration can be used.');
      expect(code).toBe(0);
    } finally {
      for (const name of Object.keys(secrets)) Reflect.deleteProperty(process.env, name);
    }
    // Its key is that of Orthanc's script, which names the archive "orthanc" unless told otherwise.
    expect(orthanc.environment.RONDO_KEY).toBe('${RONDO_ORTHANC_KEY}');
  });
});
