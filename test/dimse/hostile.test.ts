import { once } from 'node:events';
import net from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { CT_IMAGE_STORAGE, EXPLICIT_LITTLE_ENDIAN, uidFrom, writeDicom } from '../../src/dicom/index.ts';
import { echo, sendInstances } from '../../src/dimse/index.ts';
import { ABORT_PDU } from '../../src/dimse/pdu.ts';
import { PduConnection } from '../../src/dimse/pduConnection.ts';
import { ask, associateRequest, command, connect, dataPdu, pdu, recorded, talk } from './dicomBytes.ts';
import { AE_TITLE, isEmpty, LIMITS, withListener, type TestListener } from './listeners.ts';

const CT = { abstractSyntaxUid: CT_IMAGE_STORAGE, transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN };
const ASSOCIATE = associateRequest(AE_TITLE, [{ id: 1, ...CT }]);
const STORE = { '0000,0002': CT_IMAGE_STORAGE, '0000,0100': 0x0001, '0000,0110': 1, '0000,0700': 0, '0000,0800': 0x0102, '0000,1000': '1.2.3' };

/** A peer whose side of the network takes nothing. */
class DeafSocket extends net.Socket {
  override _read(): void {
    return;
  }

  override _write(): void {
    return;
  }
}

/** The next good association is taken, and nothing of a bad one is left. */
async function stands({ listener, port, incoming }: TestListener): Promise<void> {
  await echo({ host: '127.0.0.1', port, aeTitle: AE_TITLE, callingAeTitle: 'GOOD', timeoutMs: 30_000 });
  await listener.stop();
  expect(await isEmpty(incoming)).toBe(true);
}

describe('what is no DICOM', () => {
  it.each<[string, Buffer[]]>([
    ['a web browser', [Buffer.from('GET / HTTP/1.1\r\nHost: rondo\r\n\r\n')]],
    ['zeros', [Buffer.alloc(100_000)]],
    ['a PDU of 4 GB', [Buffer.of(1, 0, 0xff, 0xff, 0xff, 0xff)]],
    ['a PDU of nothing', [Buffer.of(1, 0, 0, 0, 0, 0)]],
    ['an association request of a few bytes', [pdu(1, Buffer.alloc(10))]],
    ['an association request whose items reach beyond it', [Buffer.concat([ASSOCIATE.subarray(0, 76), Buffer.of(0xff, 0xff), ASSOCIATE.subarray(78)])]],
    ['contexts of one ID', [associateRequest(AE_TITLE, [{ id: 1, ...CT }, { id: 1, ...CT }])]],
    ['a context of an even ID', [associateRequest(AE_TITLE, [{ id: 2, ...CT }])]],
    ['thousands of contexts', [associateRequest(AE_TITLE, Array.from({ length: 3000 }, (_, index) => ({ id: index % 256, ...CT })))]],
    ['data without an association', [dataPdu([{ id: 1, control: 3, bytes: command(STORE) }])]],
    ['a release without an association', [pdu(5, Buffer.alloc(4))]],
    ['two association requests', [ASSOCIATE, ASSOCIATE]],
    ['an answer to a request that nobody made', [ASSOCIATE, pdu(2, ASSOCIATE.subarray(6))]],
    ['a data value longer than its PDU', [ASSOCIATE, pdu(4, Buffer.of(0, 0, 1, 0, 1, 3, 0, 0))]],
    ['a data value of no length', [ASSOCIATE, pdu(4, Buffer.alloc(8))]],
    ['data before a command', [ASSOCIATE, dataPdu([{ id: 1, control: 2, bytes: Buffer.alloc(64) }])]],
    ['a command of another group', [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: Buffer.from('0800050002000000ffff', 'hex') }])]],
    ['a command whose value reaches beyond it', [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: Buffer.from('0000000104000000ffff', 'hex') }])]],
    ['a command without a field', [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command({ '0000,0110': 1 }) }])]],
    ['a command without end', [ASSOCIATE, ...Array.from({ length: 200 }, () => dataPdu([{ id: 1, control: 1, bytes: Buffer.alloc(1000) }]))]],
    ['a query that was not agreed upon', [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command({ ...STORE, '0000,0100': 0x0020 }) }])]],
    ['a response', [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command({ ...STORE, '0000,0100': 0x8001 }) }])]],
    ['an echo with a data set', [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command({ ...STORE, '0000,0100': 0x0030 }) }, { id: 1, control: 0, bytes: Buffer.alloc(9) }])]],
    ['a store in a context that was not proposed', [ASSOCIATE, dataPdu([{ id: 9, control: 3, bytes: command(STORE) }, { id: 9, control: 2, bytes: Buffer.alloc(64) }])]],
    ['a store of another class than its context', [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command({ ...STORE, '0000,0002': '1.2.840.10008.5.1.4.1.1.4' }) }, { id: 1, control: 2, bytes: Buffer.alloc(64) }])]],
  ])('%s', async (_name, bytes) => {
    await withListener({}, async (test) => {
      await talk(test.port, bytes);
      expect((await test.event('association-lost')).reason).toContain('does not keep to the DICOM protocol');
      expect(test.received).toEqual([]);
      await stands(test);
    });
  });

  it.each(['../../etc/passwd', '..', '/etc/passwd', '1.2/../../3', '1.2\\3.4', '', '1'.repeat(65), '1.2.\u0000.3', 'a.b'])('a store whose UID is %j', async (uid) => {
    await withListener({}, async (test) => {
      await talk(test.port, [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command({ ...STORE, '0000,1000': uid }) }, { id: 1, control: 2, bytes: Buffer.alloc(64) }])]);
      expect((await test.event('association-lost')).reason).toContain('Affected SOP Instance UID is no UID');
      expect(test.received).toEqual([]);
      await stands(test);
    });
  });

  it('another instance before the last was answered for', async () => {
    await withListener({}, async (test) => {
      const store = dataPdu([{ id: 1, control: 3, bytes: command(STORE) }, { id: 1, control: 2, bytes: Buffer.alloc(64) }]).subarray(6);
      await talk(test.port, [ASSOCIATE, pdu(4, Buffer.concat([store, store, store]))]);
      expect((await test.event('association-lost')).reason).toContain('before it was answered for the last');
      expect(test.received).toHaveLength(1);
      await stands(test);
    });
  });

  it('a context that was refused', async () => {
    await withListener({}, async (test) => {
      const request = associateRequest(AE_TITLE, [{ id: 1, abstractSyntaxUid: '1.2.840.10008.5.1.4.1.1.4', transferSyntaxUid: EXPLICIT_LITTLE_ENDIAN }]);
      await talk(test.port, [request, dataPdu([{ id: 1, control: 3, bytes: command({ ...STORE, '0000,0002': '1.2.840.10008.5.1.4.1.1.4' }) }, { id: 1, control: 2, bytes: Buffer.alloc(64) }])]);
      await test.event('association-lost');
      await stands(test);
    });
  });

  it('hundreds of damaged conversations', async () => {
    await withListener({}, async (test) => {
      const good = await recorded(test.port, async (peer) => {
        const instances = [1, 2].map((number) => ({ sopInstanceUid: uidFrom(number), bytes: writeDicom({ SOPClassUID: CT_IMAGE_STORAGE, SOPInstanceUID: uidFrom(number), PixelData: new Uint8Array(600) }) }));
        expect(await sendInstances(peer, instances)).toHaveLength(2);
      });
      test.received.length = 0;
      for (let seed = 1; seed <= 400; seed++) await talk(test.port, [damaged(good, seed)]);
      await stands(test);
    });
  });
});

describe('what is unusual, but allowed', () => {
  it('contexts in any order, data values in one PDU or a byte each', async () => {
    await withListener({}, async (test) => {
      const request = associateRequest(AE_TITLE, [{ id: 255, ...CT }, { id: 7, abstractSyntaxUid: '1.2.840.10008.1.1', transferSyntaxUid: '1.2.840.10008.1.2' }, { id: 31, ...CT }]);
      const store = (id: number, sopInstanceUid: string): Buffer[] => {
        const [head, body] = [command({ ...STORE, '0000,1000': sopInstanceUid }), Buffer.alloc(50, 7)];
        return [dataPdu([{ id, control: 1, bytes: head.subarray(0, 20) }, { id, control: 3, bytes: head.subarray(20) }]), ...Array.from(body, (byte, index) => dataPdu([{ id, control: index === 49 ? 2 : 0, bytes: Buffer.of(byte) }]))];
      };
      const answer = await ask(test.port, [request, pdu(4, Buffer.concat(store(255, '1.2.4').map((each) => each.subarray(6)))), ...store(31, '1.2.5'), pdu(5, Buffer.alloc(4))], 1);
      expect(test.received).toMatchObject([{ sopInstanceUid: '1.2.4', bytes: 50 }, { sopInstanceUid: '1.2.5', bytes: 50 }]);
      // A-RELEASE-RP.
      expect(answer.subarray(-10)).toEqual(Buffer.of(6, 0, 0, 0, 0, 4, 0, 0, 0, 0));
      await stands(test);
    });
  });

  it('a store without a data set is answered', async () => {
    await withListener({}, async (test) => {
      const answer = await ask(test.port, [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command({ ...STORE, '0000,0800': 0x0101 }) }]), pdu(5, Buffer.alloc(4))]);
      // (0000,0900) Status, two bytes: C000.
      expect(answer.includes(Buffer.from('000000090200000000c0', 'hex'))).toBe(true);
      expect(test.events).toMatchObject([{ event: 'association-accepted' }, { event: 'instance-refused' }]);
      await stands(test);
    });
  });
});

describe('those who only take up room', () => {
  it('thousands that connect and say nothing', async () => {
    await withListener({}, async (test) => {
      const sockets: net.Socket[] = [];
      for (let count = 0; count < 2000; count++) {
        const socket = connect(test.port);
        await once(socket, 'connect');
        sockets.push(socket);
      }
      await stands(test);
      expect(await test.event('connection-refused')).toMatchObject({ reason: 'too many connections without an association' });
      for (const socket of sockets) socket.destroy();
    });
  });

  it.each([
    ['half a PDU', ASSOCIATE.subarray(0, 40)],
    ['nothing after the association', ASSOCIATE],
    ['half an instance', Buffer.concat([ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command(STORE) }, { id: 1, control: 0, bytes: Buffer.alloc(1000) }])])],
  ])('a peer that sends %s', async (_name, bytes) => {
    await withListener({ limits: { ...LIMITS, idleTimeoutMs: 100 } }, async (test) => {
      const socket = connect(test.port);
      socket.write(bytes);
      socket.resume();
      await once(socket, 'close');
      expect((await test.event('association-lost')).reason).toContain('nothing whole for 100 ms');
      await stands(test);
    });
  });

  it('a peer that sends a byte now and then', async () => {
    await withListener({ limits: { ...LIMITS, idleTimeoutMs: 150 } }, async (test) => {
      const socket = connect(test.port);
      let at = 0;
      const dribble = setInterval(() => socket.write(ASSOCIATE.subarray(at, ++at)), 20);
      socket.resume();
      await once(socket, 'close');
      clearInterval(dribble);
      expect(at).toBeLessThan(ASSOCIATE.length);
      await stands(test);
    });
  });

  it('but not a peer that waits for an archive that is slow', async () => {
    const slow = async (): Promise<void> => { await new Promise((resolve) => setTimeout(resolve, 300)); };
    await withListener({ limits: { ...LIMITS, idleTimeoutMs: 100 }, onInstance: slow }, async (test) => {
      const bytes = writeDicom({ SOPClassUID: CT_IMAGE_STORAGE, SOPInstanceUID: '1.2.3' });
      const peer = { host: '127.0.0.1', port: test.port, aeTitle: AE_TITLE, callingAeTitle: 'GOOD', timeoutMs: 30_000 };
      expect(await sendInstances(peer, [{ bytes, sopInstanceUid: '1.2.3' }, { bytes, sopInstanceUid: '1.2.3' }])).toMatchObject([{ outcome: 'stored' }, { outcome: 'stored' }]);
    });
  });

  it('a peer that does not read its answers', async () => {
    const socket = new DeafSocket();
    const connection = new PduConnection(socket, { first: [5], later: [5], commands: new Map() });
    connection.on('data', () => { connection.write(Buffer.alloc(1000)); });
    const reading = connection.read(() => Promise.resolve());
    for (let count = 0; count < 100; count++) socket.push(pdu(5, Buffer.alloc(4)));
    await expect(reading).rejects.toMatchObject({ code: 'dimse-protocol', message: expect.stringContaining('does not read its answers') });
    expect(socket.destroyed).toBe(true);
  });

  it('an abort in the middle of an instance', async () => {
    await withListener({}, async (test) => {
      await talk(test.port, [ASSOCIATE, dataPdu([{ id: 1, control: 3, bytes: command(STORE) }, { id: 1, control: 0, bytes: Buffer.alloc(1000) }]), ABORT_PDU]);
      await stands(test);
      expect(test.received).toEqual([]);
    });
  });
});

/** The conversation with bytes changed, left out, doubled or cut off. */
function damaged(good: Buffer, seed: number): Buffer {
  let state = (seed * 2654435761) % 2147483647 || 1;
  const random = (below: number): number => Math.floor(((state = (state * 48271) % 2147483647) / 2147483647) * below);
  let bytes = Buffer.from(good);
  for (let times = 1 + random(4); times > 0; times--) {
    const [at, length] = [random(bytes.length), 1 + random(40)];
    const kind = random(5);
    if (kind === 0) bytes[at] ^= 1 << random(8);
    else if (kind === 1) bytes.fill(random(256), at, Math.min(bytes.length, at + length));
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]);
    else bytes = Buffer.from(bytes.subarray(0, at + 1));
  }
  return bytes;
}
