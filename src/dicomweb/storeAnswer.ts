import { items, numbers, text, type Dataset } from '../dicom/index.ts';

/** What became of one instance that was sent. */
export interface Stored {
  sopInstanceUid: string;
  /** `warning`: stored, but changed or doubted. */
  outcome: 'stored' | 'warning' | 'failed';
  /** Why not simply stored, in words. */
  reason?: string;
}

/** Failure Reason (0008,1197) by PS3.18 table I.2-2 and PS3.7 annex C; an x stands for any digit. */
const FAILURES: readonly (readonly [code: RegExp, words: string])[] = [
  [/^A7/, 'the archive is out of resources'],
  [/^A9/, 'the instance does not match its SOP class'],
  [/^C122$/, 'the archive does not support its transfer syntax'],
  [/^C/, 'the archive cannot understand the instance'],
  [/^0110$/, 'the archive failed in processing it'],
  [/^0111$/, 'the archive holds another instance under its UID'],
  [/^0117$/, 'its SOP Instance UID is not valid'],
  [/^0119$/, 'the archive holds its UID under another SOP class'],
  [/^0122$/, 'the archive does not support its SOP class'],
  [/^0124$/, 'the archive does not permit it'],
  [/^0213$/, 'the archive is short of resources'],
];

/** Warning Reason (0008,1196) by PS3.18 table I.2-1. */
const WARNINGS: readonly (readonly [code: RegExp, words: string])[] = [
  [/^B000$/, 'the archive changed elements of it'],
  [/^B006$/, 'the archive left elements of it out'],
  [/^B007$/, 'the instance does not match its SOP class'],
];

const NOT_MENTIONED = 'the archive\'s answer does not mention it';

/**
 * The outcome of every instance that was sent, by the Store Instances Response Module (PS3.18 10.5.3 and annex I). An instance that the
 * answer holds as failed and as stored has failed, and so has one that it does not mention.
 * @param answer undefined where it had no content
 */
export function storeOutcomes(sent: readonly string[], answer: Dataset | undefined): Stored[] {
  const failed = byInstance(answer, 'FailedSOPSequence');
  const stored = byInstance(answer, 'ReferencedSOPSequence');
  return sent.map((sopInstanceUid): Stored => {
    const failure = failed.get(sopInstanceUid);
    const success = stored.get(sopInstanceUid);
    if (failure) return { sopInstanceUid, outcome: 'failed', reason: words(FAILURES, numbers(failure, 'FailureReason').at(0)) };
    if (!success) return { sopInstanceUid, outcome: 'failed', reason: NOT_MENTIONED };
    const warning = numbers(success, 'WarningReason').at(0);
    return warning === undefined ? { sopInstanceUid, outcome: 'stored' } : { sopInstanceUid, outcome: 'warning', reason: words(WARNINGS, warning) };
  });
}

function byInstance(answer: Dataset | undefined, keyword: string): Map<string, Dataset> {
  return new Map(items(answer ?? {}, keyword).map((item) => [text(item, 'ReferencedSOPInstanceUID'), item]));
}

function words(table: typeof FAILURES, reason: number | undefined): string {
  if (reason === undefined) return 'the archive gives no reason';
  const code = reason.toString(16).toUpperCase().padStart(4, '0');
  const found = table.find(([pattern]) => pattern.test(code));
  return `${found ? found[1] : 'a reason of the archive\'s own'} (${code}H)`;
}
