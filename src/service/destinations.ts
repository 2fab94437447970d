import { unknownDestination, type Config } from '../config/index.ts';
import { RondoError } from '../errors.ts';
import { openProtocol } from '../pipeline/index.ts';

/**
 * @param names undefined: all
 * @param by who names them, at the beginning of a sentence
 * @throws RondoError `destination-unknown` where the configuration does not have one of them: a result would not go where it is expected
 */
export function checkDestinations(names: readonly string[] | undefined, { destinations }: Pick<Config, 'destinations'>, by: string): void {
  const known = destinations.map(({ name }) => name);
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RondoError('destination-unknown', `${by} names a destination: ${unknownDestination(unknown, known)}. Add it to the configuration, or name another.`);
}

/**
 * That a job can go where a choice sends it: to those that the request or the rule names, else to those of the protocol.
 * @throws RondoError `destination-unknown`, those of `openProtocol`
 */
export async function checkChoice({ protocol, destinations }: { protocol: string; destinations?: readonly string[] | undefined }, config: Pick<Config, 'destinations'>): Promise<void> {
  if (destinations === undefined) checkDestinations((await openProtocol(protocol)).destinations, config, `The protocol ${protocol}`);
  else checkDestinations(destinations, config, 'The request or the rule');
}
