import type { YamlPath } from '../yaml/index.ts';
import type { Condition } from './ruleKeys.ts';
import type { Origin } from './ruleKeyword.ts';

/** How a CT came to Rondo. */
export interface Arrival {
  origin?: Origin | undefined;
  /** AE title that was called, by C-STORE. */
  calledAeTitle?: string | undefined;
  /** AE title of the sender, by C-STORE. */
  callingAeTitle?: string | undefined;
  /** Watched folder in which it appeared, as the configuration has it. */
  folder?: string | undefined;
}

/** Which CTs get a protocol. */
export interface Rule {
  name: string;
  /** By keyword: of DICOM, or one of CalledAETitle, CallingAETitle, Origin, and WatchedFolder in rules that watched folders make. */
  when: Readonly<Record<string, Condition>>;
  /** A protocol's name, or an absolute path that ends in .yaml. */
  protocol: string;
  /** Names of the destinations; those that the protocol names, else all of them without it. */
  destinations?: readonly string[];
  /** Where its protocol stands in the file, for messages. */
  path: YamlPath;
}
