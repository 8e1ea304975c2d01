/** What SQLite and the file system say when a database file can't be used, in words that tell a person what to do. */
import { KnownError } from '../kernel/known-error.js';

export type UnavailableReason =
  /** There is no such place, or it may not be entered. */
  | 'unreachable'
  /** The file is something else. */
  | 'foreign'
  /** A newer program wrote it. */
  | 'newer'
  /** Part of it is missing or overwritten. */
  | 'damaged'
  | 'full'
  | 'read-only'
  /** Another process kept it locked for too long. */
  | 'busy'
  /** The device failed. */
  | 'io';

/** A database file can't be opened, read or written. The message says what is wrong and what to do. */
export class DatabaseUnavailable extends KnownError {
  override readonly name = 'DatabaseUnavailable';
  readonly code = 'DATABASE_UNAVAILABLE';

  constructor(
    readonly reason: UnavailableReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The database that an error is about. */
export interface Subject {
  /** What the file is, as it stands after "The": `event log`. */
  readonly what: string;
  readonly file: string;
  /** What a person does about a damaged one: a sentence. */
  readonly remedy: string;
}

/** Primary result codes of SQLite (sqlite.org/rescode.html) that say something about the file and not about the statement. */
const reasons: Readonly<Record<number, UnavailableReason>> = {
  3: 'unreachable',
  5: 'busy',
  6: 'busy',
  8: 'read-only',
  10: 'io',
  11: 'damaged',
  13: 'full',
  14: 'unreachable',
  15: 'busy',
  23: 'unreachable',
  26: 'foreign',
};

/** The driver leaves the code out of errors that come while it reads rows; SQLite's own words (`sqlite3_errstr`) are all there is then. */
const codesByMessage: Readonly<Record<string, number>> = {
  'database is locked': 5,
  'disk I/O error': 10,
  'database disk image is malformed': 11,
  'database or disk is full': 13,
  'unable to open database file': 14,
  'file is not a database': 26,
};

/** Errors of the operating system that say more than SQLite's own code does: by number, as SQLite gives them, and by name, as Node does. */
const systemReasons: Readonly<Record<string | number, UnavailableReason>> = {
  1: 'unreachable',
  2: 'unreachable',
  13: 'unreachable',
  20: 'unreachable',
  21: 'foreign',
  28: 'full',
  30: 'read-only',
  EPERM: 'unreachable',
  ENOENT: 'unreachable',
  EACCES: 'unreachable',
  EEXIST: 'unreachable',
  ENOTDIR: 'unreachable',
  EISDIR: 'foreign',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'read-only',
};

/** The error in words about this database; undefined when it is not about the file, such as a wrong statement. */
export function asUnavailable(error: unknown, subject: Subject): DatabaseUnavailable | undefined {
  if (error instanceof DatabaseUnavailable) return error;
  const { code, message, errcode: given, systemErrno } = error as Readonly<Record<'code' | 'message' | 'errcode' | 'systemErrno', unknown>>;
  const errcode = given ?? (code === 'ERR_SQLITE_ERROR' ? codesByMessage[String(message)] : undefined);
  const system = typeof errcode === 'number' ? systemErrno : code;
  const reason =
    (typeof system === 'number' || typeof system === 'string' ? systemReasons[system] : undefined) ??
    (typeof errcode === 'number' ? reasons[errcode & 0xff] : undefined);
  return reason && new DatabaseUnavailable(reason, explain(reason, subject), { cause: error });
}

/** One or two sentences: what is wrong with the file, and what to do. */
export function explain(reason: UnavailableReason, { what, file, remedy }: Subject): string {
  switch (reason) {
    case 'unreachable':
      return `The ${what} ${file} can't be opened: it is not there, or it may not be read and written. Check the path and its permissions.`;
    case 'foreign':
      return `${file} is not Daybook's ${what}: it is some other file. Nothing was changed; move it away or choose another data folder.`;
    case 'newer':
      return `The ${what} ${file} was written by a newer version of Daybook. Nothing was changed; start that version or a later one.`;
    case 'damaged':
      return `The ${what} ${file} is damaged: part of it is missing or overwritten. ${remedy}`;
    case 'full':
      return `The disk of the ${what} ${file} is full. Nothing was written; free some space and try again.`;
    case 'read-only':
      return `The ${what} ${file} can't be written: the file, its folder or its disk is read-only. Nothing was written; make it writable.`;
    case 'busy':
      return `The ${what} ${file} is kept locked by another process. Nothing was written; end that process or try again later.`;
    case 'io':
      return `The disk of the ${what} ${file} failed to read or write. Check the disk and the system's log, then try again.`;
  }
}
