/** A SQLite file of Daybook: opened or created, and checked for foreign, newer and damaged files. Errors say what to do. */
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { makeFolder } from './folder.js';
import { asUnavailable, DatabaseUnavailable, explain, type Subject } from './unavailable.js';

/** A kind of database file. */
export interface DatabaseKind extends Omit<Subject, 'file'> {
  /** Identifies the kind (`PRAGMA application_id`): a positive 32-bit integer that never changes. */
  readonly applicationId: number;
  /** The schema that this program writes (`PRAGMA user_version`), from 1. */
  readonly schemaVersion: number;
  /** Whether its contents can be rebuilt. A file with an earlier schema is then recreated by writers, and treated as missing by readers. */
  readonly disposable?: boolean;
  /** The statements that create an empty database. */
  readonly schema: string;
}

export interface OpenOptions {
  readonly file: string;
  /** Neither creates the file nor writes to it. */
  readonly readOnly?: boolean;
  /** FULL: commits survive a power failure. NORMAL: the last commits may be lost, but the file stays consistent. Defaults to FULL. */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** How long to wait for another process's write, in milliseconds. Defaults to 10,000. It blocks the thread. */
  readonly busyTimeoutMs?: number;
  /** The size of the connection's page cache, in KiB. */
  readonly cacheKib?: number;
  /** The maximum size of the file, in pages of 4 KiB; beyond it, writes fail as on a full disk. */
  readonly maxPages?: number;
  /** A folder that is created for the file is its owner's alone. */
  readonly privateFolder?: boolean;
}

export type SqlValue = string | number | bigint | null | Uint8Array;

/** A prepared statement; `Row` is what the caller knows its rows to be. */
export interface Statement<Row = unknown> {
  run(...values: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  get(...values: readonly SqlValue[]): Row | undefined;
  all(...values: readonly SqlValue[]): Row[];
}

/** In bytes: SQLite's default, and what databases are created with. */
const PAGE_SIZE = 4096;

/** How long opening waits for another process that creates or recovers the file, in milliseconds. */
const OPENING_TIMEOUT_MS = 10_000;

/** The default size of a connection's page cache, in KiB. */
const CACHE_KIB = 16_384;

/** The maximum number of cached prepared statements; the least recently used is dropped. */
const CACHED_STATEMENTS = 500;

/**
 * All calls are synchronous, on the caller's thread. Statements run inside `transaction`, `snapshot` or `attempt`, which turn errors
 * about the file into `DatabaseUnavailable`.
 */
export class Database {
  readonly #statements = new Map<string, Statement>();

  readonly #connection: DatabaseSyncInstance;

  /** Called by `openDatabase`. */
  constructor(
    connection: DatabaseSyncInstance,
    readonly subject: Subject,
  ) {
    this.#connection = connection;
  }

  /** A prepared statement, cached by its text. `arrays`: returns rows as arrays, which is twice as fast. */
  prepare<Row>(sql: string, options: { readonly arrays?: boolean } = {}): Statement<Row> {
    const key = options.arrays ? `arrays ${sql}` : sql;
    const cached = this.#statements.get(key);
    const statement = cached ?? this.attempt(() => this.#connection.prepare(sql, { returnArrays: options.arrays ?? false }) as Statement);
    if (cached) this.#statements.delete(key);
    this.#statements.set(key, statement);
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size > CACHED_STATEMENTS) this.#statements.delete(oldest);
    return statement as Statement<Row>;
  }

  /** Runs statements that return no rows. */
  exec(sql: string): void {
    this.attempt(() => {
      this.#connection.exec(sql);
    });
  }

  /**
   * Runs `work` in a write transaction (BEGIN IMMEDIATE), which is rolled back when `work` throws. Can't be nested.
   * @throws DatabaseUnavailable when the file can't be written, and whatever `work` throws.
   */
  transaction<T>(work: () => T): T {
    return this.#within('BEGIN IMMEDIATE', work);
  }

  /** Runs `work` in a read transaction: all its reads see the same snapshot. Can't be nested. @throws DatabaseUnavailable when the file can't be read */
  snapshot<T>(work: () => T): T {
    return this.#within('BEGIN', work);
  }

  /** Runs `work` and converts errors about the file. @throws DatabaseUnavailable instead of the driver's error */
  attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asUnavailable(error, this.subject) ?? error;
    }
  }

  /** A number that changes when another connection has committed to the file. */
  version(): number {
    return this.attempt(() => this.prepare<readonly [number]>('PRAGMA data_version', { arrays: true }).get()?.[0] ?? 0);
  }

  /**
   * Checkpoints the WAL into the file and empties it, so that it holds no former pages.
   * @returns false when another connection is reading or writing: try again
   */
  emptyWriteAheadLog(): boolean {
    const [busy] = this.attempt(() => this.prepare<readonly [number]>('PRAGMA wal_checkpoint(TRUNCATE)', { arrays: true }).get() ?? [0]);
    return busy === 0;
  }

  /**
   * Checkpoints the WAL into the file, unless another process is reading, and closes.
   * The driver finalizes statements only when they are collected as garbage: until then the system still counts the file as open.
   */
  close(): void {
    if (!this.#connection.isOpen) return;
    this.#statements.clear();
    try {
      this.#connection.exec('PRAGMA busy_timeout=0; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Commits are durable in the WAL, even if the checkpoint fails: a reader, a full disk, a read-only connection.
      if (!asUnavailable(error, this.subject)) throw error;
    } finally {
      this.#connection.close();
    }
  }

  #within<T>(begin: string, work: () => T): T {
    return this.attempt(() => {
      this.prepare(begin).run();
      try {
        const result = work();
        this.prepare('COMMIT').run();
        return result;
      } catch (error) {
        // On some errors, such as a full disk, SQLite has already rolled back.
        if (this.#connection.isTransaction) this.prepare('ROLLBACK').run();
        throw error;
      }
    });
  }
}

/**
 * Opens a database file in WAL mode; creates it and its folder if they are missing (unless read-only).
 * A foreign, newer or damaged file is not changed.
 * @throws DatabaseUnavailable
 */
export function openDatabase(kind: DatabaseKind, options: OpenOptions): Database {
  const file = resolve(options.file);
  const subject: Subject = { what: kind.what, file, remedy: kind.remedy };
  let connection: DatabaseSyncInstance | undefined;
  try {
    if (!options.readOnly) makeFolder(dirname(file), options.privateFolder ? 0o700 : undefined);
    checkShort(subject);
    connection = new DatabaseSync(file, {
      readOnly: options.readOnly ?? false,
      timeout: OPENING_TIMEOUT_MS,
      enableForeignKeyConstraints: false,
    });
    if (looksNew(connection, kind, subject)) create(connection, kind, subject, options.readOnly ?? false);
    else if (!options.readOnly) setWal(connection);
    connection.exec(
      `PRAGMA synchronous=${options.synchronous ?? 'FULL'}; PRAGMA journal_size_limit=${64 * 1024 * 1024}; PRAGMA cache_size=-${options.cacheKib ?? CACHE_KIB}`,
    );
    connection.exec(`PRAGMA busy_timeout=${options.busyTimeoutMs ?? 10_000}`);
    if (options.maxPages !== undefined) connection.exec(`PRAGMA max_page_count=${options.maxPages}`);
    return new Database(connection, subject);
  } catch (error) {
    if (connection?.isOpen) connection.close();
    throw asUnavailable(error, subject) ?? error;
  }
}

/**
 * Detects files shorter than a page, which SQLite treats as empty. Other files are not opened here: closing any
 * descriptor of a file drops the locks that this process holds on it, and a database that is in use has its first page.
 */
function checkShort(subject: Subject): void {
  const stats = statSync(subject.file, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) throw unavailable('foreign', subject);
  if (!stats || stats.size === 0 || stats.size >= PAGE_SIZE) return;
  throw unavailable(readFileSync(subject.file, 'latin1').startsWith('SQLite format 3\0') ? 'damaged' : 'foreign', subject);
}

/** Whether the file is empty or can be recreated. @throws DatabaseUnavailable when this program can't use the file */
function isNew(connection: DatabaseSyncInstance, kind: DatabaseKind, subject: Subject): boolean {
  const one = (sql: string) => Object.values(connection.prepare(sql).get() as Record<string, number>)[0] ?? 0;
  const applicationId = one('PRAGMA application_id');
  const schemaVersion = one('PRAGMA user_version');
  const empty = one('SELECT count(*) FROM sqlite_schema') === 0;
  if (applicationId === 0 && schemaVersion === 0 && empty) return true;
  if (applicationId !== kind.applicationId) throw unavailable('foreign', subject);
  if (schemaVersion > kind.schemaVersion) throw unavailable('newer', subject);
  if (schemaVersion < 1 || empty) throw unavailable('damaged', subject);
  return schemaVersion < kind.schemaVersion && kind.disposable === true;
}

/** The same in one read transaction: another process may be creating the file or recreating it with another schema. */
function looksNew(connection: DatabaseSyncInstance, kind: DatabaseKind, subject: Subject): boolean {
  connection.exec('BEGIN');
  try {
    return isNew(connection, kind, subject);
  } finally {
    if (connection.isTransaction) connection.exec('ROLLBACK');
  }
}

function create(connection: DatabaseSyncInstance, kind: DatabaseKind, subject: Subject, readOnly: boolean): void {
  if (readOnly) throw unavailable('unreachable', subject);
  connection.exec(`PRAGMA page_size=${PAGE_SIZE}`);
  setWal(connection);
  connection.exec('BEGIN IMMEDIATE');
  // Another process may have created it in the meantime.
  if (isNew(connection, kind, subject)) {
    for (const table of tablesIn(connection)) connection.exec(`DROP TABLE "${table.replaceAll('"', '""')}"`);
    connection.exec(`${kind.schema}; PRAGMA application_id=${kind.applicationId}; PRAGMA user_version=${kind.schemaVersion}`);
  }
  connection.exec('COMMIT');
}

function tablesIn(connection: DatabaseSyncInstance): readonly string[] {
  const rows = connection.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'`).all();
  return (rows as readonly { readonly name: string }[]).map(({ name }) => name);
}

/** Switching to WAL needs an exclusive lock, for which SQLite doesn't always wait: two processes may create the file at the same time. */
function setWal(connection: DatabaseSyncInstance): void {
  const until = Date.now() + OPENING_TIMEOUT_MS;
  for (;;) {
    try {
      connection.exec('PRAGMA journal_mode=WAL');
      return;
    } catch (error) {
      if ((error as { errcode?: unknown }).errcode !== 5 || Date.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function unavailable(reason: DatabaseUnavailable['reason'], subject: Subject): DatabaseUnavailable {
  return new DatabaseUnavailable(reason, explain(reason, subject));
}
