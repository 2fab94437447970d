const UTF8 = new TextEncoder();

/** Bytes written one after another, little endian, into a buffer that grows. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #position = 0;

  /** @param capacity how many bytes are expected; memory that grows is copied, and comes anew, several times */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Number of bytes written. */
  get position(): number {
    return this.#position;
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#position, value, true);
    this.#position += 2;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#position, value, true);
    this.#position += 4;
  }

  /** Numbers of a binary VR, one after another: FD, FL, SL, SS, UL, US, or AT as group · 65536 + element (PS3.5 6.2). */
  numbers(values: readonly number[], vr: string): void {
    for (const value of values) {
      this.#reserve(8);
      this.#position += this.#number(value, vr);
    }
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.#position);
    this.#position += values.length;
  }

  /** One byte a character: the characters must not go beyond U+00FF. */
  latin1(text: string): void {
    this.#reserve(text.length);
    const room = this.#bytes.subarray(this.#position, this.#position + text.length);
    // The platform's encoder is many times as fast, and finds no room for a character beyond ASCII, which it writes as two bytes.
    if (UTF8.encodeInto(text, room).read < text.length) {
      for (let index = 0; index < text.length; index++) room[index] = text.charCodeAt(index);
    }
    this.#position += text.length;
  }

  /** Writes `length` into the two or four bytes at `at`, which were written before. */
  setLength(at: number, length: number, width: 2 | 4): void {
    if (width === 2) this.#view.setUint16(at, length, true);
    else this.#view.setUint32(at, length, true);
  }

  /** Forgets everything from a position on, and gives a copy of it. */
  takeBack(from: number): Uint8Array {
    const taken = this.#bytes.slice(from, this.#position);
    this.#position = from;
    return taken;
  }

  /** What was written: a view, to be read before more is. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#position);
  }

  #number(value: number, vr: string): number {
    const at = this.#position;
    switch (vr) {
      case 'FD':
        this.#view.setFloat64(at, value, true);
        return 8;
      case 'FL':
        this.#view.setFloat32(at, value, true);
        return 4;
      case 'SL':
        this.#view.setInt32(at, value, true);
        return 4;
      case 'UL':
        this.#view.setUint32(at, value, true);
        return 4;
      case 'SS':
        this.#view.setInt16(at, value, true);
        return 2;
      case 'AT':
        this.#view.setUint16(at, Math.floor(value / 0x10000), true);
        this.#view.setUint16(at + 2, value % 0x10000, true);
        return 4;
      default:
        this.#view.setUint16(at, value, true);
        return 2;
    }
  }

  #reserve(count: number): void {
    if (this.#position + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#position + count));
    larger.set(this.#bytes.subarray(0, this.#position));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
