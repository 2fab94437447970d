import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const LOCALHOST = 'subjectAltName=DNS:localhost,IP:127.0.0.1';

export interface CertificateFiles {
  key: string;
  cert: string;
}

/** Makes a private key and a certificate of its own for localhost, `key.pem` and `cert.pem` in the folder, valid for two days from now. */
export async function makeCertificate(folder: string): Promise<CertificateFiles> {
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  await mkdir(folder, { recursive: true });
  await run('openssl', ['req', '-x509', ...NEW_KEY, '-subj', '/CN=localhost', '-addext', LOCALHOST, '-days', '2', '-keyout', key, '-out', cert]);
  return { key, cert };
}

/** A certificate authority of its own, as a hospital has one. */
export interface Authority {
  /** Its certificate. */
  cert: string;
  /** Makes a key and a certificate that it signs, for localhost unless another is named. @param days negative: it has expired */
  issue: (name: string, options?: { days?: number; host?: string }) => Promise<CertificateFiles>;
}

/** @param folder for its files, made where it is missing */
export async function makeAuthority(folder: string): Promise<Authority> {
  const [ownKey, ownCert] = [path.join(folder, 'authority.key'), path.join(folder, 'authority.pem')];
  await mkdir(folder, { recursive: true });
  await run('openssl', ['req', '-x509', ...NEW_KEY, '-subj', '/CN=hospital', '-days', '2', '-keyout', ownKey, '-out', ownCert]);
  return {
    cert: ownCert,
    async issue(name, { days = 2, host } = {}) {
      const file = (ending: string): string => path.join(folder, `${name}.${ending}`);
      await writeFile(file('ext'), host === undefined ? LOCALHOST : `subjectAltName=DNS:${host}`);
      await run('openssl', ['req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('csr')]);
      await run('openssl', ['x509', '-req', '-in', file('csr'), '-CA', ownCert, '-CAkey', ownKey, '-CAcreateserial', '-extfile', file('ext'), '-days', String(days), '-out', file('pem')]);
      return { key: file('key'), cert: file('pem') };
    },
  };
}
