import { z } from 'zod';
import { didYouMean } from './nearest.ts';

/** What people call secrets: none stands in this file. */
const SECRET_KEY = /key$|password|passwd|pwd|secret|token|^authorization$/i;

/** A mapping of the file: keys that it does not have are errors, each with the one that may have been meant. */
export function section<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'invalid_type') return 'expected keys with values, indented below it';
      const secretForms = known.filter((key) => /From(Env|File)$/.test(key));
      return issue.keys.map((key) => {
        const hint = SECRET_KEY.test(key) && secretForms.length > 0 ? ` Secrets do not stand in this file: use ${secretForms.join(' or ')}.` : didYouMean(key, known);
        return `there is no key "${key}" here.${hint}`;
      }).join(' ') + ` There are: ${known.join(', ')}.`;
    },
  });
}
