import { spawn } from 'node:child_process';
import path from 'node:path';

const RONDO = path.join(import.meta.dirname, '../../dist/cli/rondo.js');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built command as a user does; with the environment of the test, which Jest keeps apart from that of its process. */
export async function rondo(...words: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [RONDO, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env: process.env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, stdout, stderr };
}
