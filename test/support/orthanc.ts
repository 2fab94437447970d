import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './freePort.ts';

const DICOM_WEB = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
/** Orthanc says so when its HTTP and its DICOM server listen. */
const STARTED = 'Orthanc has started';

export interface Orthanc {
  /** Base URL of its DICOMweb service, with a slash at its end. */
  dicomWebUrl: string;
  /** Base URL of its own REST API, with a slash at its end. */
  httpUrl: string;
  /** On 127.0.0.1; takes every calling and called AE title. */
  dimsePort: number;
  aeTitle: string;
  /** Ends the process; what it stored stays. */
  halt: () => Promise<void>;
  /** Starts it again on the same ports. */
  resume: () => Promise<void>;
  /** Ends the process, and removes all that it stored. Calling it again does nothing. */
  stop: () => Promise<void>;
}

/**
 * Starts an Orthanc of its own: free ports on loopback, an empty archive in a temporary folder, no configuration of the system.
 * @param settings laid over the configuration, as Orthanc's documentation names them
 */
export async function startOrthanc(settings: Record<string, unknown> = {}): Promise<Orthanc> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rondo-orthanc-'));
  const [httpPort, dimsePort] = [await freePort(), await freePort()];
  const aeTitle = 'ORTHANC';
  const file = path.join(folder, 'orthanc.json');
  await writeFile(file, JSON.stringify({
    Name: 'test',
    StorageDirectory: folder,
    IndexDirectory: folder,
    Plugins: [DICOM_WEB],
    DicomWeb: { Enable: true, Root: '/dicom-web/' },
    HttpPort: httpPort,
    RemoteAccessAllowed: false,
    AuthenticationEnabled: false,
    DicomPort: dimsePort,
    DicomAet: aeTitle,
    DicomCheckCalledAet: false,
    DicomAlwaysAllowEcho: true,
    DicomAlwaysAllowStore: true,
    DicomAlwaysAllowFind: true,
    DicomAlwaysAllowGet: true,
    DicomAlwaysAllowMove: true,
    ...settings,
  }));
  let running = spawnOrthanc(file);
  const halt = async (): Promise<void> => {
    running.child.kill();
    await running.ended;
  };
  const resume = async (): Promise<void> => {
    running = spawnOrthanc(file);
    await started(running.child);
  };
  const stop = async (): Promise<void> => {
    await halt();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await started(running.child);
  } catch (error) {
    await stop();
    throw error;
  }
  const httpUrl = `http://127.0.0.1:${httpPort}/`;
  return { dicomWebUrl: `${httpUrl}dicom-web/`, httpUrl, dimsePort, aeTitle, halt, resume, stop };
}

function spawnOrthanc(file: string): { child: ChildProcess; ended: Promise<void> } {
  const child = spawn('Orthanc', [file], { stdio: ['ignore', 'ignore', 'pipe'], env: process.env });
  return { child, ended: new Promise((resolve) => child.once('close', () => { resolve(); }).once('error', () => { resolve(); })) };
}

/** Waits for the line that says so; its log is read to the end, or a full pipe would stop it. */
async function started(child: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (log.includes(STARTED)) return;
      log += chunk.toString();
      if (log.includes(STARTED)) resolve();
    });
    child.once('error', reject);
    child.once('close', () => { reject(new Error(`Orthanc ended:\n${log}`)); });
  });
}
