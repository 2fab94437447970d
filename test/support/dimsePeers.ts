import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { freePort } from './freePort.ts';

export interface ToolEnded {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** stdout and stderr. */
  output: string;
}

export interface RunningTool {
  child: ChildProcess;
  ended: Promise<ToolEnded>;
}

/** Starts a program of the machine, DCMTK's above all. */
export function startTool(program: string, words: readonly string[]): RunningTool {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const ended = new Promise<ToolEnded>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => { resolve({ code, signal, output }); });
  });
  return { child, ended };
}

export async function runTool(program: string, words: readonly string[]): Promise<ToolEnded> {
  return await startTool(program, words).ended;
}

/** Runs `use` with DCMTK's storescp, which keeps what it receives in `folder`. */
export async function withStorescp<T>(folder: string, words: readonly string[], use: (port: number) => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const peer = startTool('storescp', ['-od', folder, ...words, String(port)]);
  try {
    await untilConnected(port, peer.child);
    return await use(port);
  } finally {
    peer.child.kill();
    await peer.ended;
  }
}

/** Runs `use` with Orthanc, its data in `folder`. */
export async function withOrthanc<T>(folder: string, use: (dicomPort: number) => Promise<T>): Promise<T> {
  const [dicomPort, httpPort] = [await freePort(), await freePort()];
  const configuration = path.join(folder, 'orthanc.json');
  await writeFile(configuration, JSON.stringify({
    StorageDirectory: path.join(folder, 'orthanc'), IndexDirectory: path.join(folder, 'orthanc'), DicomPort: dicomPort, HttpPort: httpPort,
    DicomAet: 'ORTHANC', DicomAlwaysAllowEcho: true, DicomAlwaysAllowStore: true, DicomAlwaysAllowFind: true, RemoteAccessAllowed: false, Plugins: [],
  }));
  const orthanc = startTool('Orthanc', [configuration]);
  try {
    await untilConnected(dicomPort, orthanc.child);
    return await use(dicomPort);
  } finally {
    orthanc.child.kill();
    await orthanc.ended;
  }
}

/** Connects again and again until somebody listens. */
export async function untilConnected(port: number, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const socket = net.connect({ port, host: '127.0.0.1' });
    const connected = await new Promise<boolean>((resolve) => socket.once('connect', () => { resolve(true); }).once('error', () => { resolve(false); }));
    socket.destroy();
    if (connected) return;
  }
  throw new Error(`the server ended with code ${server.exitCode}`);
}

export interface Certificate {
  keyFile: string;
  certFile: string;
}

/** A key and a certificate for 127.0.0.1 that signs itself. */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const [keyFile, certFile] = [path.join(folder, `${name}.key`), path.join(folder, `${name}.crt`)];
  const { code, output } = await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyFile, '-out', certFile]);
  if (code !== 0) throw new Error(output);
  return { keyFile, certFile };
}
