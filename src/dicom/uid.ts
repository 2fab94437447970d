import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** PS3.5 9.1, but for zeros at the start of a component, which some systems write: digits and dots, 64 characters, and so a name of a file and a part of a URL. */
const UID = /^(?=.{1,64}$)\d+(\.\d+)*$/;

/** Whether a text is a unique identifier: one that is may stand in paths and URLs. */
export function isUid(value: string): boolean {
  return UID.test(value);
}

/** A new unique identifier: a random UUID (version 4, RFC 9562) as a decimal number under 2.25 (PS3.5 B.2). */
export function newUid(): string {
  // Not crypto.randomUUID: browsers have that on https and on localhost only, and viewers in hospitals are often served by http.
  return fromBytes(crypto.getRandomValues(new Uint8Array(16)), 4);
}

/** The same identifier for the same parts, on every machine: a UUID (version 8, RFC 9562) made from their SHA-256, under 2.25 (PS3.5 B.2). */
export function uidFrom(...parts: readonly (string | number)[]): string {
  return fromBytes(sha256(utf8ToBytes(JSON.stringify(parts))).subarray(0, 16), 8);
}

/** The bytes with version and variant of a UUID set. */
function fromBytes(bytes: Uint8Array, version: number): string {
  bytes[6] = (bytes[6] & 0x0f) | (version << 4);
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${bytesToHex(bytes)}`)}`;
}
