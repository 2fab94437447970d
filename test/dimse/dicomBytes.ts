import { once } from 'node:events';
import net from 'node:net';
import type { DimsePeer } from '../../src/dimse/index.ts';
import { AE_TITLE } from './listeners.ts';

/** A PDU as anyone may write it (PS3.8 9.3.1). */
export function pdu(type: number, body: Buffer): Buffer {
  const header = Buffer.alloc(6);
  header[0] = type;
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

export interface Context {
  id: number;
  abstractSyntaxUid: string;
  transferSyntaxUid: string;
}

/** A-ASSOCIATE-RQ (PS3.8 9.3.2). */
export function associateRequest(calledAeTitle: string, contexts: readonly Context[]): Buffer {
  const head = Buffer.concat([Buffer.of(0, 1, 0, 0), Buffer.from(calledAeTitle.padEnd(16) + 'STRANGER'.padEnd(16)), Buffer.alloc(32)]);
  const items = contexts.map(({ id, abstractSyntaxUid, transferSyntaxUid }) => item(0x20, Buffer.concat([Buffer.of(id, 0, 0, 0), item(0x30, Buffer.from(abstractSyntaxUid)), item(0x40, Buffer.from(transferSyntaxUid))])));
  const user = item(0x50, Buffer.concat([item(0x51, Buffer.of(0, 0, 0, 0)), item(0x52, Buffer.from('1.2.3'))]));
  return pdu(1, Buffer.concat([head, item(0x10, Buffer.from('1.2.840.10008.3.1.1.1')), ...items, user]));
}

function item(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type, 0, body.length >> 8, body.length & 255), body]);
}

/** P-DATA-TF (PS3.8 9.3.5); control: 1 command, 2 last. */
export function dataPdu(values: readonly { id: number; control: number; bytes: Buffer }[]): Buffer {
  return pdu(4, Buffer.concat(values.map(({ id, control, bytes }) => {
    const head = Buffer.alloc(6);
    head.writeUInt32BE(bytes.length + 2);
    head[4] = id;
    head[5] = control;
    return Buffer.concat([head, bytes]);
  })));
}

/** A command set (PS3.7 6.3.1) of elements by tag: texts, and numbers of two bytes. */
export function command(elements: Readonly<Record<string, string | number>>): Buffer {
  return Buffer.concat(Object.entries(elements).map(([tag, value]) => {
    const body = typeof value === 'string' ? Buffer.from(value + (value.length % 2 === 1 ? '\0' : ''), 'latin1') : Buffer.of(value & 255, value >> 8);
    const head = Buffer.alloc(8);
    head.writeUInt16LE(parseInt(tag.slice(5), 16), 2);
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body]);
  }));
}

/** Says something and hangs up; resolves when the connection is closed. */
export async function talk(port: number, bytes: readonly Buffer[]): Promise<void> {
  const socket = connect(port);
  const closed = answersOf(socket);
  socket.end(Buffer.concat(bytes));
  await closed;
}

/** Says something, `pieceBytes` at once, and listens until the other side hangs up: what was answered. */
export async function ask(port: number, bytes: readonly Buffer[], pieceBytes = Infinity): Promise<Buffer> {
  const socket = connect(port);
  for (const each of bytes) for (let at = 0; at < each.length; at += pieceBytes) socket.write(each.subarray(at, at + pieceBytes));
  return await answersOf(socket);
}

export function connect(port: number): net.Socket {
  // The other side may close the connection at any time.
  return net.connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => undefined);
}

async function answersOf(socket: net.Socket): Promise<Buffer> {
  const answers: Buffer[] = [];
  socket.on('data', (answer: Buffer) => answers.push(answer));
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(answers);
}

/** What the caller's side says in a good conversation with the listener at `port`. */
export async function recorded(port: number, use: (peer: DimsePeer) => Promise<void>): Promise<Buffer> {
  const said: Buffer[] = [];
  const between = net.createServer((caller) => {
    const listener = net.connect({ port, host: '127.0.0.1' });
    caller.on('data', (bytes: Buffer) => said.push(bytes));
    caller.pipe(listener).pipe(caller);
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  await use({ host: '127.0.0.1', port: (between.address() as net.AddressInfo).port, aeTitle: AE_TITLE, callingAeTitle: 'RECORDED', timeoutMs: 30_000 });
  between.close();
  return Buffer.concat(said);
}
