import { lookup } from 'node:dns/promises';

/** The addresses of a host, given by name or address; none where the name is not known. */
export async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => plainAddress(address));
  } catch {
    return [];
  }
}

/** IPv4 as such, also where it came through an IPv6 socket. */
export function plainAddress(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
