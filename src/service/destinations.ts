import { unknownDestination, type Config } from '../config/index.ts';
import { RondoError } from '../errors.ts';

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
