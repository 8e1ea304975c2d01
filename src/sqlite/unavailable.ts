/** Converts errors of SQLite and the file system to messages that say what to do. */
import { KnownError } from '../kernel/known-error.js';

export type UnavailableReason =
  /** The path does not exist, or access is denied. */
  | 'unreachable'
  /** The file is not a database of this kind. */
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

/** The database file of an error. */
export interface Subject {
  /** What the file is, for messages: `event log`. */
  readonly what: string;
  readonly file: string;
  /** What to do about a damaged file: a sentence. */
  readonly remedy: string;
}

/** Primary result codes of SQLite (sqlite.org/rescode.html) that concern the file and not the statement. */
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

/** Codes by SQLite's message (`sqlite3_errstr`): the driver's errors while reading rows have no code. */
const codesByMessage: Readonly<Record<string, number>> = {
  'database is locked': 5,
  'disk I/O error': 10,
  'database disk image is malformed': 11,
  'database or disk is full': 13,
  'unable to open database file': 14,
  'file is not a database': 26,
};

/** Errors of the operating system that are more specific than SQLite's code: by number, as in SQLite's errors, and by name, as in Node's. */
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

/** Converts an error; undefined when it does not concern the file, such as an invalid statement. */
export function asUnavailable(error: unknown, subject: Subject): DatabaseUnavailable | undefined {
  if (error instanceof DatabaseUnavailable) return error;
  const {
    code,
    message,
    errcode: ownCode,
    systemErrno,
  } = error as Readonly<Record<'code' | 'message' | 'errcode' | 'systemErrno', unknown>>;
  const errcode = ownCode ?? (code === 'ERR_SQLITE_ERROR' ? codesByMessage[String(message)] : undefined);
  const system = typeof errcode === 'number' ? systemErrno : code;
  const reason =
    (typeof system === 'number' || typeof system === 'string' ? systemReasons[system] : undefined) ??
    (typeof errcode === 'number' ? reasons[errcode & 0xff] : undefined);
  return reason && new DatabaseUnavailable(reason, explain(reason, subject), { cause: error });
}

/** What is wrong with the file and what to do, in one or two sentences. */
export function explain(reason: UnavailableReason, { what, file, remedy }: Subject): string {
  switch (reason) {
    case 'unreachable':
      return `The ${what} ${file} can't be opened: it does not exist, or access is denied. Check the path and its permissions.`;
    case 'foreign':
      return `${file} is not Daybook's ${what} but another file. Nothing was changed; move it away or use another data folder.`;
    case 'newer':
      return `The ${what} ${file} was written by a newer version of Daybook. Nothing was changed; start that version or a later one.`;
    case 'damaged':
      return `The ${what} ${file} is damaged: part of it is missing or overwritten. ${remedy}`;
    case 'full':
      return `The disk of the ${what} ${file} is full. Nothing was written; free some space and try again.`;
    case 'read-only':
      return `The ${what} ${file} can't be written: the file, its folder or its disk is read-only. Nothing was written; make it writable.`;
    case 'busy':
      return `The ${what} ${file} is locked by another process. Nothing was written; end that process or try again later.`;
    case 'io':
      return `The disk of the ${what} ${file} failed to read or write. Check the disk and the system's log, then try again.`;
  }
}
