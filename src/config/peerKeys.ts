import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { query } from './queryKeys.ts';
import { fixedProtocol } from './listenerKeys.ts';
import { section } from './section.ts';
import { aeTitle, entryName, environmentVariable, filePath, host, port, webUrl } from './values.ts';

/** Names of headers that carry secrets. */
const SECRET_HEADER = /auth|cookie|token|secret|password|credential|key/i;
/** Rondo sets these by what it sends and wants. */
const OWN_HEADER = /^(host|content-.*|accept|connection|transfer-encoding|expect)$/i;

function headerProblem(name: string): string | undefined {
  try {
    validateHeaderName(name);
  } catch {
    return 'expected the name of an HTTP header';
  }
  return OWN_HEADER.test(name) ? 'Rondo sets this header itself' : undefined;
}

const headersOf = <Value extends z.ZodType>(value: Value, problem: (name: string, value: z.output<Value>) => string | undefined): z.ZodRecord<z.ZodString, Value> =>
  z.record(z.string(), value).superRefine((headers, context) => {
    for (const [name, given] of Object.entries(headers)) {
      const message = headerProblem(name) ?? problem(name, given);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
    }
  });

/** Whether a header may be sent with this value. */
export function isHeaderValue(value: string): boolean {
  try {
    validateHeaderValue('x', value);
    return true;
  } catch {
    return false;
  }
}

/** What a connection to an HTTP server of others needs. */
const webPeer = {
  url: webUrl.describe('Root of its DICOMweb services'),
  headers: headersOf(z.string(), (name, value) =>
    SECRET_HEADER.test(name) ? 'secrets do not stand in this file: use headersFromEnv or headersFromFile' : isHeaderValue(value) ? undefined : 'expected a text that a header may hold').describe('HTTP headers that are no secrets').default({}),
  headersFromEnv: headersOf(environmentVariable, () => undefined).describe('HTTP headers whose whole values stand in environment variables').default({}),
  headersFromFile: headersOf(filePath, () => undefined).describe('HTTP headers whose whole values stand in files').default({}),
};

const clientTls = section({
  ca: filePath.describe('PEM file of the authorities that the server is trusted by; those of Node.js without it').optional(),
  key: filePath.describe("PEM file of Rondo's private key, where the server demands a certificate").optional(),
  cert: filePath.describe("PEM file of Rondo's certificate").optional(),
}).refine(({ key, cert }) => (key === undefined) === (cert === undefined), 'expected key and cert together');

const webTls = clientTls.describe('How HTTPS is checked and what is shown').optional();
const requestTimeout = z.int().min(100).max(3_600_000).describe('Milliseconds without progress after which a request has failed').default(60_000);

const delivery = {
  name: entryName.describe('Name by which rules and protocols send results here'),
  timeoutMs: z.int().min(100).max(3_600_000).describe('Milliseconds after which an attempt has failed').default(60_000),
  attempts: z.int().min(1).max(1000).describe('Attempts before a delivery has failed and waits for a person').default(10),
  verify: z.boolean().describe('Whether what was delivered is looked for there afterwards').default(true),
};

/** One of `destinations`: where structure sets go. */
const destination = z.discriminatedUnion('kind', [
  section({ ...delivery, kind: z.literal('stow').describe('DICOMweb STOW-RS'), ...webPeer, tls: webTls }),
  section({
    ...delivery,
    kind: z.literal('dimse').describe('C-STORE'),
    host: host.describe('Host name or IP address'),
    port: port.describe('Port').default(104),
    aeTitle: aeTitle.describe('AE title that is called'),
    callingAeTitle: aeTitle.describe('AE title that Rondo calls itself').default('RONDO'),
    tls: clientTls.describe('DICOM over TLS (PS3.15 annex B), also where it has no keys: tls: {}; without it plain TCP').optional(),
  }),
  section({ ...delivery, kind: z.literal('folder').describe('Files in a folder'), folder: filePath.describe('Folder that files are written into; Rondo does not make it') }),
  section({ ...delivery, kind: z.literal('archive').describe("Rondo's own archive, from which others fetch by DICOMweb") }),
], { error: 'expected kind: stow, dimse, folder or archive' });

export const destinations = z.array(destination).max(100).describe('Where structure sets go: to all of them, unless the request, the rule or the protocol names some').default([]);

export const archives = z.array(section({
  name: entryName.describe('Name by which requests say where a series lies'),
  ...webPeer,
  tls: webTls,
  timeoutMs: requestTimeout,
  watch: section({
    query: query.refine((keys) => !('StudyDate' in keys), { path: ['StudyDate'], message: 'withinDays says which studies are looked for' }).describe('Keys of a search for series (QIDO-RS, PS3.18 10.6): DICOM keyword and value, with * and ? as there'),
    everySeconds: z.number().min(1).max(86_400).describe('Seconds between two searches').default(60),
    withinDays: z.int().min(0).max(3650).describe('Only studies of today and of so many days before are looked for').default(2),
  }).describe('Searches for new series; without it only requests name series').optional(),
})).max(100).describe("DICOMweb archives that CTs are fetched from").default([]);

export const worklist = section({
  ...webPeer,
  tls: webTls,
  timeoutMs: requestTimeout,
  query: query.describe('Keys of the search for workitems (UPS-RS, PS3.18 11.9), beside their state').default({}),
  everySeconds: z.number().min(1).max(86_400).describe('Seconds between two searches').default(30),
}).describe('Worklist (UPS-RS) that orders are taken from').optional();

export const watchFolders = z.array(section({
  folder: filePath.describe('Folder that is looked into; Rondo does not make it'),
  protocol: fixedProtocol,
})).max(100).describe('Folders in which CTs appear').default([]);
