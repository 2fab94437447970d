/** What an error is about, so that a person or a program can find it: never a patient's name or id. */
export interface ErrorSubject {
  /** File or folder as given by the user. */
  file?: string | undefined;
  /** SOP, series or frame of reference UID concerned. */
  uid?: string | undefined;
}

/**
 * Every expected failure of Rondo. `message` states what was wrong, what was expected and what to do;
 * `code` is stable and meant for programs (`ct-missing-slice`, `model-checksum` …).
 */
export class RondoError extends Error {
  override readonly name = 'RondoError';
  readonly code: string;
  readonly subject: ErrorSubject;

  constructor(code: string, message: string, subject: ErrorSubject = {}, options?: ErrorOptions) {
    const where = [subject.file, subject.uid].filter((part) => part !== undefined).join(', ');
    super(where === '' ? message : `${message} [${where}]`, options);
    this.code = code;
    this.subject = subject;
  }
}

/** An error in parts, as it passes from thread to thread and from process to process. */
export interface ErrorParts {
  code: string;
  message: string;
  subject: ErrorSubject;
}

export function errorParts({ code, message, subject }: RondoError): ErrorParts {
  return { code, message, subject };
}

/** The error as it was thrown: its message names the subject already. */
export function errorOfParts({ code, message, subject }: ErrorParts): RondoError {
  return Object.assign(new RondoError(code, message), { subject });
}

/** Whether something failed since a disk is full, or a user's share of it (`ENOSPC`, `EDQUOT`), however deep the cause lies. */
export function isOutOfSpace(error: unknown): boolean {
  for (let cause = error; typeof cause === 'object' && cause !== null; cause = 'cause' in cause ? cause.cause : undefined) {
    if ('code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')) return true;
  }
  return false;
}
