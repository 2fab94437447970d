import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { types } from 'node:util';
import { RondoError } from '../errors.ts';

/** What waits for the disk before the network is told to wait. */
const BUFFERED_BYTES = 1024 * 1024;

/** Makes a file that must not be there yet. */
export type CreateFile = (path: string) => Promise<FileHandle>;

/** A file that an instance is written to while it arrives. It is whole and on the disk when `outcome` tells so, else it is gone. */
export class ReceivedFile extends Writable {
  readonly path: string;
  /** Resolves, never rejects: undefined when the file is whole and on the disk, or why it is not. */
  readonly outcome: Promise<unknown>;
  /** Bytes of the data set. */
  bytes = 0;
  readonly #head: Uint8Array;
  readonly #mostBytes: number;
  readonly #create: CreateFile;
  #handle: FileHandle | undefined;

  /** @param head what stands before the data set @param mostBytes of the data set */
  constructor(path: string, head: Uint8Array, mostBytes: number, create: CreateFile = createNew) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.path = path;
    this.#head = head;
    this.#mostBytes = mostBytes;
    this.#create = create;
    this.outcome = finished(this).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** Always true: dcmjs-dimse waits on false, and lets what follows overtake what waits. Use `drained`. */
  override write(chunk: unknown): boolean {
    super.write(chunk);
    return true;
  }

  /** Resolves when the disk has caught up with the network, or nothing more will be written. */
  async drained(): Promise<void> {
    if (!this.writableNeedDrain || this.destroyed) return;
    await Promise.race([new Promise((resolve) => this.once('drain', resolve)), this.outcome]);
  }

  override _construct(done: (error?: Error) => void): void {
    settle(this.#open(), done);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    settle(this.#append(chunk), done);
  }

  override _final(done: (error?: Error) => void): void {
    settle(this.#sync(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    settle(this.#close(), (problem) => { done(error ?? problem); });
  }

  async #open(): Promise<void> {
    this.#handle = await this.#create(this.path);
    await this.#handle.writeFile(this.#head);
  }

  async #append(chunk: Buffer): Promise<void> {
    this.bytes += chunk.length;
    if (this.bytes > this.#mostBytes) throw new RondoError('dimse-instance-size', `An instance is larger than the ${this.#mostBytes} bytes that are allowed. Raise the limit, or send what Rondo is meant for.`);
    await this.#handle?.writeFile(chunk);
  }

  async #sync(): Promise<void> {
    await this.#handle?.sync();
  }

  async #close(): Promise<void> {
    try {
      await this.#handle?.close();
    } finally {
      if (!this.writableFinished) await rm(this.path, { force: true });
    }
  }
}

async function createNew(path: string): Promise<FileHandle> {
  return await open(path, 'wx');
}

function settle(work: Promise<void>, done: (error?: Error) => void): void {
  work.then(() => { done(); }, (error: unknown) => { done(types.isNativeError(error) ? error : new Error(String(error))); });
}
