import { z } from 'zod';
import { section } from './section.ts';
import { aeTitle, entryName, environmentVariable, filePath, host, port, webUrl } from './values.ts';

/** The protocol of all that arrives in one way; it decides before the rules do. */
export const fixedProtocol = z.string().min(1).describe('Protocol of every CT that arrives here, by its name or as a file that ends in .yaml; it decides before the rules do. Without it the rules decide').optional();

/** What a person or a program may do: start contouring; accept or reject results; change what contouring rests on; everything. */
export const ROLES = ['trigger', 'reviewer', 'physicist', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** What a port that accepts encrypted connections needs. */
const listenerTls = {
  key: filePath.describe('PEM file of the private key, without pass phrase'),
  cert: filePath.describe('PEM file of the certificate and those that lead to its authority'),
};

/** `http`: API and status page. */
export const http = section({
  host: host.describe('Address to listen at. Any other than of this machine itself needs authentication').default('127.0.0.1'),
  port: port.describe('Port of the API and the status page').default(8500),
  tls: section(listenerTls).describe('HTTPS; without it HTTP').optional(),
  publicUrl: webUrl.describe('Address under which others reach the server, where that is not host and port: behind a reverse proxy').optional(),
});

/** `dimse`: what receives C-STORE. */
export const dimse = section({
  host: host.describe('Address to listen at. Any other than of this machine itself needs callers').default('127.0.0.1'),
  port: port.describe('Port of DICOM associations').default(11112),
  aeTitles: z.array(section({
    aeTitle: aeTitle.describe('AE title by which Rondo is called'),
    protocol: fixedProtocol,
  })).min(1).describe('AE titles that Rondo answers to').default([{ aeTitle: 'RONDO' }]),
  callers: z.array(section({
    aeTitle: aeTitle.describe('AE title of the caller'),
    host: host.describe('Host name or IP address that it calls from; any without it').optional(),
  })).describe('Who may send; everybody where the list is empty').default([]),
  tls: section({ ...listenerTls, ca: filePath.describe("PEM file of the authorities whose certificates callers must show; without it callers show none").optional() }).describe('DICOM over TLS (PS3.15 annex B); without it plain TCP').optional(),
  limits: section({
    associations: z.int().min(1).max(1000).describe('Associations at a time').default(20),
    idleSeconds: z.number().min(1).max(3600).describe('Seconds of silence after which an association is aborted').default(60),
  }).describe('Bounds on what callers may use').prefault({}),
});

/** `authentication`: who may use the API. */
export const authentication = section({
  keys: z.array(section({
    name: entryName.describe('Whom the key was given to; stands in the record of what was done'),
    role: z.enum(ROLES).describe('trigger starts contouring, reviewer accepts or rejects results, physicist changes what contouring rests on, admin may do everything'),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the 64 small hexadecimal digits of SHA-256, in quotes').describe('SHA-256 of the key, in hexadecimal digits').optional(),
    keyFromEnv: environmentVariable.describe('Environment variable that holds the key').optional(),
    keyFromFile: filePath.describe('File that holds the key and nothing else').optional(),
  }).refine(({ sha256, keyFromEnv, keyFromFile }) => [sha256, keyFromEnv, keyFromFile].filter((form) => form !== undefined).length === 1, 'expected exactly one of sha256, keyFromEnv and keyFromFile')).describe('Keys of programs, each sent as "Authorization: Bearer <key>"').default([]),
  oidc: section({
    issuer: webUrl.describe('Issuer, as its tokens name it'),
    audience: z.string().min(1).describe('Audience that tokens must be made for'),
    rolesClaim: z.string().min(1).describe('Claim that holds the roles, or the groups, of a person; dots lead into objects').default('roles'),
    roles: z.record(z.string(), z.enum(ROLES)).refine((roles) => Object.keys(roles).length > 0, 'expected at least one line: value of the claim, colon, role').describe('Role for each value of the claim; who has none of them is refused'),
  }).describe("OpenID Connect: people's tokens").optional(),
});
