import { spawn } from 'node:child_process';
import path from 'node:path';

const PLUGINS = path.join(import.meta.dirname, '../../plugins');

export interface PythonEnded {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program in the machine's own Python 3, where `rondo_client` can be imported, with no variables of Rondo's but those given.
 * @param folders where it looks for modules too
 */
export async function python(program: string, variables: Record<string, string> = {}, folders: readonly string[] = []): Promise<PythonEnded> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('RONDO_'));
  const env = { ...Object.fromEntries(others), PYTHONPATH: [path.join(PLUGINS, 'python'), ...folders].join(path.delimiter), PYTHONDONTWRITEBYTECODE: '1', ...variables };
  const child = spawn('python3', ['-'], { stdio: ['pipe', 'pipe', 'pipe'], env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  child.stdin.end(program);
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, stdout, stderr };
}
