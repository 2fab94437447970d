import type { YamlIssue } from '../yaml/index.ts';
import type { ConfigKeys } from './configKeys.ts';
import { didYouMean } from './nearest.ts';
import type { Condition } from './ruleKeys.ts';
import { isLoopback } from './values.ts';

/** What no key of the file says wrongly by itself, but several do together. */
export function contradictions(keys: ConfigKeys): YamlIssue[] {
  return [...openDoors(keys), ...repeatedNames(keys), ...ruleFaults(keys)];
}

/** Listeners that others reach and nobody guards. */
function openDoors({ http, dimse, authentication }: ConfigKeys): YamlIssue[] {
  const issues: YamlIssue[] = [];
  const open = authentication.keys.length === 0 && authentication.oidc === undefined;
  const guard = 'Give authentication: with keys: or oidc:, or leave the address out, so that only this machine reaches it';
  if (open && !isLoopback(http.host)) issues.push({ path: ['http', 'host'], message: `others reach ${http.host} and could use the API without authentication. ${guard}` });
  if (open && http.publicUrl !== undefined && !isLoopback(new URL(http.publicUrl).hostname)) issues.push({ path: ['http', 'publicUrl'], message: `others reach the API under this address and could use it without authentication. ${guard}` });
  if (dimse.callers.length === 0 && !isLoopback(dimse.host)) issues.push({ path: ['dimse', 'host'], message: `others reach ${dimse.host} and anybody could send. Give callers: a list of - { aeTitle: …, host: … }, or leave the address out, so that only this machine reaches it` });
  if (http.port === dimse.port && http.port !== 0) issues.push({ path: ['dimse', 'port'], message: `http.port is ${http.port} too; expected two ports` });
  return issues;
}

function repeatedNames({ authentication, destinations, archives, dimse, rules }: ConfigKeys): YamlIssue[] {
  return [
    ...repeated(authentication.keys.map(({ name }) => name), (index) => ['authentication', 'keys', index, 'name']),
    ...repeated(destinations.map(({ name }) => name), (index) => ['destinations', index, 'name']),
    ...repeated(archives.map(({ name }) => name), (index) => ['archives', index, 'name']),
    ...repeated(dimse.aeTitles.map(({ aeTitle }) => aeTitle), (index) => ['dimse', 'aeTitles', index, 'aeTitle']),
    ...repeated(rules.map(({ name }, index) => name ?? `rule ${index + 1}`), (index) => ['rules', index, 'name']),
  ];
}

function repeated(names: readonly string[], path: (index: number) => PropertyKey[]): YamlIssue[] {
  const small = names.map((name) => name.toLowerCase());
  return names.flatMap((name, index) => (small.indexOf(small[index]) < index ? [{ path: path(index), message: `"${name}" stands in the list before, ignoring case; expected another` }] : []));
}

/** Rules that name what there is not, or that can never hold. */
function ruleFaults({ rules, destinations, dimse }: ConfigKeys): YamlIssue[] {
  const issues: YamlIssue[] = [];
  const last = rules.findIndex(({ when }) => Object.keys(when).length === 0);
  if (last >= 0 && last < rules.length - 1) issues.push({ path: ['rules', last, 'when'], message: 'the rule always holds, and those after it are never asked; put it last' });
  const known = destinations.map(({ name }) => name);
  const [called, calling] = [dimse.aeTitles, dimse.callers].map((entries) => entries.map(({ aeTitle }) => aeTitle));
  for (const [index, { when, destinations: wanted = [] }] of rules.entries()) {
    issues.push(...repeated(wanted, (place) => ['rules', index, 'destinations', place]));
    for (const [place, name] of wanted.entries()) {
      if (!known.includes(name)) issues.push({ path: ['rules', index, 'destinations', place], message: unknownDestination(name, known) });
    }
    for (const name of unmet(when.CalledAETitle, called)) issues.push({ path: ['rules', index, 'when', 'CalledAETitle'], message: `Rondo does not answer to "${name}": dimse.aeTitles has ${called.join(', ')}.${didYouMean(name, called)}` });
    for (const name of calling.length === 0 ? [] : unmet(when.CallingAETitle, calling)) issues.push({ path: ['rules', index, 'when', 'CallingAETitle'], message: `"${name}" may not send: dimse.callers has ${calling.join(', ')}.${didYouMean(name, calling)}` });
  }
  return issues;
}

/** How a destination that there is not is spoken of. */
export function unknownDestination(name: string, known: readonly string[]): string {
  return `there is no destination "${name}".${didYouMean(name, known)} There are: ${known.join(', ') || 'none'}`;
}

/** Texts that a condition waits for and that never come. */
function unmet(condition: Condition | undefined, known: readonly string[]): string[] {
  if (condition?.kind !== 'oneOf') return [];
  return condition.values.map(String).filter((wanted) => !known.some((one) => one.toLowerCase() === wanted.toLowerCase()));
}
