import { isIP } from 'node:net';
import { z } from 'zod';

/** Values of AE: at most 16 characters of ASCII without backslash, and not spaces alone (PS3.5 6.2). */
const AE_TITLE = /^(?! )[ -[\]-~]{1,16}(?<! )$/;

export const aeTitle = z.string().regex(AE_TITLE, 'expected an AE title: 1 to 16 characters of ASCII, no backslash, no space at either end; in quotes if it is a number (PS3.5 6.2, AE)');

/** A port; 0 takes any that is free. */
export const port = z.int().min(0).max(65535);

export const host = z.string().max(255).refine((text) => isIP(text) !== 0 || /^[\w.-]+$/.test(text), 'expected a host name or an IP address, without port');

/** Names by which other parts of the file, the log and people call an entry. */
export const entryName = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected small letters and digits in words joined by hyphens').max(64);

/** A path; what is not absolute counts from the file's own folder. */
export const filePath = z.string().min(1).max(1000);

/** Capitals only, so that a secret which was written here by mistake is refused without being repeated. */
export const environmentVariable = z.string().regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'expected the name of an environment variable, in capitals, not its value');

/** An address of HTTP, without the slash that may end it. */
export const webUrl = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const problem = url === undefined || !['http:', 'https:'].includes(url.protocol) ? 'expected an address that begins with https:// or http://'
    : url.username !== '' || url.password !== '' ? 'a user or password stands in the address; secrets do not stand in this file: use headersFromEnv or headersFromFile'
      : url.search !== '' || url.hash !== '' ? 'expected an address without "?" and "#"' : undefined;
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  return text.replace(/\/+$/, '');
});

const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i;

/** Whether a host can be reached from this machine only. */
export function isLoopback(hostName: string): boolean {
  return THIS_MACHINE.test(hostName);
}
