import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import type { YamlIssue, YamlPath } from '../yaml/index.ts';
import { HOME_PREFIX } from './configKeys.ts';
import { Secret } from './secret.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** No secret and no chain of certificates is larger; a wrong file, as a CT, is. */
const MOST_BYTES = 1024 * 1024;

/** Permissions of all but the owner and the group (POSIX). */
const OTHERS_READ = 0o004;
export const OTHERS_WRITE = 0o002;

/** Rights of a file, which tell nothing on Windows. */
export async function modeOf(file: string): Promise<number> {
  return process.platform === 'win32' ? 0 : (await stat(file)).mode;
}

/**
 * What a configuration names and does not hold: files and environment variables. What is wrong with them is collected, so
 * that all of it is said at once; nothing that was read is repeated.
 */
export class OutsideValues {
  readonly issues: YamlIssue[] = [];
  readonly warnings: string[] = [];
  readonly #environment: Environment;
  readonly #folder: string;
  readonly #warned = new Set<string>();

  /** @param folder of the configuration: paths that are not absolute count from it */
  constructor(environment: Environment, folder: string) {
    this.#environment = environment;
    this.#folder = folder;
  }

  refuse(at: YamlPath, message: string): void {
    this.issues.push({ path: at, message });
  }

  absolute(given: string): string {
    const home = this.#environment.RONDO_HOME ?? path.join(homedir(), '.rondo');
    return path.resolve(this.#folder, given.startsWith(HOME_PREFIX) ? home + given.slice(HOME_PREFIX.length) : given);
  }

  /** A protocol as rules name it: a name, or a file. */
  protocol(given: string): string {
    return given.endsWith('.yaml') ? this.absolute(given) : given;
  }

  variable(name: string, at: YamlPath): Secret | undefined {
    const value = this.#environment[name]?.trim();
    if (value === undefined || value === '') {
      this.refuse(at, `the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}; set it for the user that runs Rondo`);
      return undefined;
    }
    return new Secret(value);
  }

  async secretFile(given: string, at: YamlPath): Promise<Secret | undefined> {
    const text = await this.#read(given, at);
    if (text === undefined) return undefined;
    await this.#warnIfOpen(given);
    if (text.trim() === '') this.refuse(at, `the file ${given} is empty; expected the secret and nothing else`);
    else return new Secret(text.trim());
    return undefined;
  }

  /** Certificates in PEM, all of which can be read; what has expired is warned about. */
  async certificates(given: string, at: YamlPath): Promise<string | undefined> {
    const text = await this.#read(given, at);
    if (text === undefined) return undefined;
    const blocks = text.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
    try {
      if (blocks.length === 0) throw new Error('no certificate');
      for (const block of blocks) {
        const { validTo } = new X509Certificate(block);
        if (Date.parse(validTo) < Date.now()) this.warnings.push(`A certificate in ${given} has expired: ${validTo}.`);
      }
      return text;
    } catch {
      this.refuse(at, `the file ${given} holds no certificates in PEM ("-----BEGIN CERTIFICATE-----")`);
      return undefined;
    }
  }

  /** A private key in PEM, and that it is the certificate's. */
  async privateKey(given: string, at: YamlPath, certificate: string | undefined): Promise<Secret | undefined> {
    const pem = await this.secretFile(given, at);
    if (pem === undefined) return undefined;
    try {
      const key = createPrivateKey(pem.reveal());
      if (certificate !== undefined && !new X509Certificate(certificate).checkPrivateKey(key)) this.refuse(at, `the key in ${given} is not the one of the certificate`);
      return pem;
    } catch {
      this.refuse(at, `the file ${given} holds no private key in PEM without pass phrase; write it again by "openssl pkey -in … -out …"`);
      return undefined;
    }
  }

  async #read(given: string, at: YamlPath): Promise<string | undefined> {
    const file = this.absolute(given);
    try {
      const found = await stat(file);
      if (found.isFile() && found.size <= MOST_BYTES) return await readFile(file, 'utf8');
      this.refuse(at, `expected a file of at most 1 MB under ${given}`);
    } catch (error) {
      this.refuse(at, `the file ${given} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); expected a file that the user that runs Rondo may read`);
    }
    return undefined;
  }

  async #warnIfOpen(given: string): Promise<void> {
    const mode = await modeOf(this.absolute(given));
    if ((mode & OTHERS_READ) === 0 || this.#warned.has(given)) return;
    this.#warned.add(given);
    this.warnings.push(`Everybody on this machine may read ${given}, which holds a secret (mode ${(mode & 0o777).toString(8).padStart(4, '0')}). Allow it to its owner only: chmod 600.`);
  }
}
