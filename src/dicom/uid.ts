import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** A new unique identifier: a random UUID as a decimal number under 2.25 (PS3.5 B.2). */
export function newUid(): string {
  return fromHex(crypto.randomUUID().replaceAll('-', ''));
}

/** The same identifier for the same parts, on every machine: a UUID (version 8, RFC 9562) made from their SHA-256, under 2.25 (PS3.5 B.2). */
export function uidFrom(...parts: readonly (string | number)[]): string {
  const hash = sha256(utf8ToBytes(JSON.stringify(parts))).subarray(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x80;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  return fromHex(bytesToHex(hash));
}

function fromHex(hex: string): string {
  return `2.25.${BigInt(`0x${hex}`)}`;
}
