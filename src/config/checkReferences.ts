import type { YamlIssue } from '../yaml/index.ts';
import { unknownDestination } from './contradictions.ts';
import { didYouMean } from './nearest.ts';
import type { ConfigFile } from './readConfig.ts';

/** What a configuration may name and does not define. */
export interface KnownReferences {
  /** Each by its name, or the absolute path of its file; with the destinations that it names, if it names any. */
  protocols: readonly { name: string; destinations?: readonly string[] | undefined }[];
}

/** Names and files of the protocols that rules, AE titles and watched folders name, each once. */
export function protocolsNamed({ config }: Pick<ConfigFile, 'config'>): string[] {
  return [...new Set(config.rules.map(({ protocol }) => protocol))];
}

/**
 * Checks that every protocol that is named is there, and every destination that such a protocol names.
 * @throws RondoError `config`, with line and place of each fault
 */
export function checkReferences({ config, refusal }: ConfigFile, { protocols }: KnownReferences): void {
  const names = protocols.map(({ name }) => name);
  const destinations = config.destinations.map(({ name }) => name);
  const issues = config.rules.flatMap(({ protocol, path }): YamlIssue[] => {
    const known = protocols.find(({ name }) => name === protocol);
    if (!known) return [{ path, message: `there is no protocol "${protocol}".${didYouMean(protocol, names)} There are: ${names.join(', ')}; one of your own is given as a file that ends in .yaml` }];
    return (known.destinations ?? []).filter((name) => !destinations.includes(name)).map((name) => ({ path, message: `the protocol ${protocol} names a destination: ${unknownDestination(name, destinations)}` }));
  });
  if (issues.length > 0) throw refusal(issues);
}
