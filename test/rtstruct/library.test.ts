import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Libraries that run in browsers, used by the door of rtstruct. */
const BROWSER_LIBRARIES = ['@noble/hashes', 'dcmjs', 'pako'];

/** Every source file that a module loads when it runs, and every library; types are not loaded. */
async function loadedBy(entry: string): Promise<{ files: string[]; libraries: string[] }> {
  const [files, libraries] = [new Set<string>(), new Set<string>()];
  const visit = async (file: string): Promise<void> => {
    if (files.has(file)) return;
    files.add(file);
    const source = await readFile(file, 'utf8');
    for (const [, clause, specifier] of source.matchAll(/^(?:import|export)\s([^;']*?)from '([^']+)';/gm)) {
      const onlyTypes = clause.startsWith('type ') || /^\{(\s*type [^,}]+,?)+\s*\}\s*$/.test(clause);
      if (onlyTypes) continue;
      if (specifier.startsWith('.')) await visit(path.join(path.dirname(file), specifier));
      else libraries.add(specifier);
    }
  };
  await visit(entry);
  return { files: [...files], libraries: [...libraries] };
}

describe('the library rondo-rt/rtstruct', () => {
  it('loads nothing that only Node has, so that it runs in a browser', async () => {
    const { files, libraries } = await loadedBy(path.join(ROOT, 'src/rtstruct/index.ts'));
    expect(files.length).toBeGreaterThan(20);
    expect(libraries.filter((name) => !BROWSER_LIBRARIES.some((known) => name === known || name.startsWith(`${known}/`)))).toEqual([]);
    for (const file of files) expect([file, /\b(Buffer|process|require|__dirname|import\.meta)\b(?!')/.exec((await readFile(file, 'utf8')).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))]).toEqual([file, null]);
  });

  it('is imported by its name', () => {
    const script = "const names = Object.keys(await import('rondo-rt/rtstruct')); console.log(['readStructureSet', 'writeStructureSet', 'traceContours', 'rasterize'].every((name) => names.includes(name)));";
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: ROOT, encoding: 'utf8' }).trim()).toBe('true');
  });
});
