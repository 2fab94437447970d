import { Command } from 'commander';
import { conditionText, type Config } from '../../config/index.ts';
import { printJson } from '../output.ts';
import { CONFIG_FILE, openConfig } from './openConfig.ts';

/** `rondo config check`: whether the service could start with a configuration, and what it says. */
export function checkConfigCommand(): Command {
  return new Command('check')
    .description('Check a configuration with all that it names, and show what it says. rondo.example.yaml shows all that may stand in it.')
    .argument('[file]', 'the configuration', CONFIG_FILE)
    .option('--json', 'print JSON, secrets left out', false)
    .action(async (file: string, { json }: { json: boolean }) => {
      const { config, warnings } = await openConfig(file);
      if (json) {
        printJson({ file, warnings, config: { ...config, rules: config.rules.map(({ name, when, protocol, destinations }) => ({ name, when: inWords(when), protocol, ...(destinations && { destinations }) })) } });
        return;
      }
      console.log([...summary(config), ...warnings.map((warning) => `Warning: ${warning}`), '', 'The configuration can be used.'].join('\n'));
    });
}

type When = Config['rules'][number]['when'];

function inWords(when: When): Record<string, string> {
  return Object.fromEntries(Object.entries(when).map(([keyword, condition]) => [keyword, conditionText(condition)]));
}

function summary({ folder, database, http, dimse, authentication, destinations, archives, worklist, watchFolders, rules }: Config): string[] {
  const people = authentication.oidc === undefined ? [] : [`people of ${authentication.oidc.issuer}`];
  const access = [...authentication.keys.map(({ name, role }) => `${name} (${role})`), ...people];
  const callers = dimse.callers.map(({ aeTitle, host }) => (host === undefined ? aeTitle : `${aeTitle} at ${host}`));
  return [
    `data folder   ${folder}`,
    `database      ${database.url === undefined ? 'embedded, in the data folder' : 'PostgreSQL'}`,
    `HTTP          ${http.tls ? 'https' : 'http'}://${http.host}:${http.port}, for ${access.join(', ') || 'everybody on this machine'}`,
    `DICOM         ${dimse.host}:${dimse.port}${dimse.tls ? ' with TLS' : ''} as ${dimse.aeTitles.join(', ')}, for ${callers.join(', ') || 'everybody on this machine'}`,
    `fetched from  ${[...archives.map(({ name, watch }) => `${name}${watch ? ' (watched)' : ''}`), ...(worklist ? ['a worklist'] : []), ...watchFolders].join(', ') || 'nowhere'}`,
    `sent to       ${destinations.map(({ name, kind }) => `${name} (${kind})`).join(', ') || 'nowhere'}`,
    ...rules.map(({ name, when, protocol, destinations: wanted }) => `${name}: ${Object.entries(inWords(when)).map(([keyword, text]) => `${keyword} ${text}`).join(' and ') || 'always'} → ${protocol}${wanted ? `, to ${wanted.join(', ')}` : ''}`),
  ];
}
