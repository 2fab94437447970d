import { z } from 'zod';
import { elementOfKeyword } from '../dicom/index.ts';
import { unknownKeyword } from './ruleKeyword.ts';

/** Why a key of a search is none: keywords, joined by dots where they lead into sequences (PS3.18 8.3.4.1). */
function keyProblem(key: string): string | undefined {
  const parts = key.split('.');
  for (const [index, keyword] of parts.entries()) {
    const unknown = unknownKeyword(keyword, []);
    if (unknown !== undefined) return unknown;
    const isSequence = elementOfKeyword(keyword, 0)?.vr === 'SQ';
    if (isSequence !== index < parts.length - 1) return isSequence ? `${keyword} is a sequence: expected a dot and a keyword of its items behind it` : `${keyword} is no sequence, nothing lies in it`;
  }
  return undefined;
}

/** What a search looks for: DICOM keyword and value. */
export const query = z.record(z.string(), z.string().min(1)).superRefine((keys, context) => {
  for (const key of Object.keys(keys)) {
    const message = keyProblem(key);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [key], message });
  }
});
