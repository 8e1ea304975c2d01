/** The key store in a SQLite file. Dropped keys are overwritten in the file, and its write-ahead log is emptied, so that no copy of them remains. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabase, type Database, type DatabaseKind } from '../sqlite/database.js';
import { BUSY_MS, retryWhileBusy } from '../sqlite/retry-while-busy.js';
import { asUnavailable, DatabaseUnavailable, explain, type Subject } from '../sqlite/unavailable.js';
import { KeysUnavailable, type KeyStore, type WrappedKey } from './port.js';

export interface EmbeddedKeyStoreOptions {
  readonly file: string;
  /** Whether a missing file, and its folder, are created. */
  readonly create: boolean;
  /** The size limit of the file, in pages of 4 KiB; beyond it, writing fails as on a full disk. */
  readonly maxPages?: number;
  /** How long another process may lock the file before a call fails, in milliseconds; defaults to 10,000. */
  readonly lockTimeoutMs?: number;
}

const keysFile: DatabaseKind = {
  what: 'key store',
  remedy: 'Restore it from a backup that is not older than the log, with its master key.',
  applicationId: 0x64626b79, // "dbky"
  schemaVersion: 1,
  schema: `
    CREATE TABLE keys (k TEXT NOT NULL PRIMARY KEY, master TEXT NOT NULL, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE named (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
};

/**
 * Opens the store, on which several processes may work.
 * @throws KeysUnavailable when the file is missing and not to be created, can't be opened, is of another kind, or is damaged.
 */
export async function openEmbeddedKeyStore(options: EmbeddedKeyStoreOptions): Promise<KeyStore> {
  const { file, create, maxPages } = options;
  let database: Database | undefined;
  try {
    if (!create && !existsSync(file)) throw missing(file);
    database = openDatabase(keysFile, {
      file,
      synchronous: 'FULL',
      busyTimeoutMs: BUSY_MS,
      privateFolder: true,
      ...(maxPages === undefined ? {} : { maxPages }),
    });
    database.exec('PRAGMA secure_delete=ON');
    const store = new EmbeddedKeyStore(database, options.lockTimeoutMs);
    await store.count(); // Fails when the tables are not this program's.
    return store;
  } catch (error) {
    database?.close();
    throw asKeysUnavailable(error, { ...keysFile, file });
  }
}

class EmbeddedKeyStore implements KeyStore {
  readonly place: string;
  readonly #database: Database;
  readonly #lockTimeoutMs: number | undefined;
  #closed = false;

  constructor(database: Database, lockTimeoutMs: number | undefined) {
    this.#database = database;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.place = dirname(database.subject.file);
  }

  add(keys: readonly WrappedKey[]): Promise<void> {
    return this.#write((database) => {
      const insert = database.prepare('INSERT INTO keys (k, master, wrapped) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
      for (const { k, master, wrapped } of keys) insert.run(k, master, wrapped);
    });
  }

  find(ids: readonly string[]): Promise<readonly WrappedKey[]> {
    return this.#read((database) =>
      database
        .prepare<WrappedKey>('SELECT k, master, wrapped FROM keys WHERE k IN (SELECT value FROM json_each(?))')
        .all(JSON.stringify(ids)),
    );
  }

  async drop(ids: readonly string[]): Promise<void> {
    await this.#write((database) => {
      database.prepare('DELETE FROM keys WHERE k IN (SELECT value FROM json_each(?))').run(JSON.stringify(ids));
    });
    await this.#emptyWriteAheadLog();
  }

  list(after: string, limit: number): Promise<readonly WrappedKey[]> {
    return this.#read((database) =>
      database.prepare<WrappedKey>('SELECT k, master, wrapped FROM keys WHERE k > ? ORDER BY k LIMIT ?').all(after, limit),
    );
  }

  async replace(keys: readonly WrappedKey[]): Promise<void> {
    await this.#write((database) => {
      const update = database.prepare('UPDATE keys SET master = ?, wrapped = ? WHERE k = ?');
      for (const { k, master, wrapped } of keys) update.run(master, wrapped, k);
    });
    await this.#emptyWriteAheadLog();
  }

  count(): Promise<number> {
    return this.#read((database) => database.prepare<{ readonly n: number }>('SELECT count(*) AS n FROM keys').get()?.n ?? 0);
  }

  value(name: string): Promise<string | undefined> {
    return this.#read((database) => valueOf(database, name));
  }

  setOnce(name: string, value: string): Promise<string> {
    return this.#write((database) => {
      database.prepare('INSERT INTO named (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING').run(name, value);
      return valueOf(database, name) ?? value;
    });
  }

  change(name: string, from: string, to: string): Promise<boolean> {
    return this.#write(
      (database) => database.prepare('UPDATE named SET value = ? WHERE name = ? AND value = ?').run(to, name, from).changes === 1,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#database.close();
  }

  #write<T>(work: (database: Database) => T): Promise<T> {
    return this.#read((database) => database.transaction(() => work(database)));
  }

  async #read<T>(work: (database: Database) => T): Promise<T> {
    const { subject } = this.#database;
    if (this.#closed) throw new KeysUnavailable(`The key store ${subject.file} is closed.`);
    try {
      return await retryWhileBusy(() => this.#database.attempt(() => work(this.#database)), this.#lockTimeoutMs);
    } catch (error) {
      throw asKeysUnavailable(error, subject);
    }
  }

  /** The write-ahead log holds former pages until it is emptied, which takes a moment without readers. */
  async #emptyWriteAheadLog(): Promise<void> {
    await this.#read((database) => {
      if (!database.emptyWriteAheadLog()) throw new DatabaseUnavailable('busy', explain('busy', database.subject));
    });
  }
}

function missing(file: string): KeysUnavailable {
  return new KeysUnavailable(
    `The key store ${file} does not exist, and no new one is made: the log's personal data is sealed with the keys of the former one. ` +
      'Mount its disk, restore it from a backup, or set DAYBOOK_KEYS_URL to where it is.',
    { isEmpty: true },
  );
}

function valueOf(database: Database, name: string): string | undefined {
  return database.prepare<{ readonly value: string }>('SELECT value FROM named WHERE name = ?').get(name)?.value;
}

/** SQLite's codes for a missing table and a broken constraint: this program's statements fit its own schema, so the file's is not that. */
const SCHEMA_CODES: readonly unknown[] = [1, 19];

function asKeysUnavailable(error: unknown, subject: Subject): unknown {
  const unavailable = asUnavailable(error, subject);
  if (unavailable) return new KeysUnavailable(unavailable.message, { cause: error });
  const { errcode } = error as { readonly errcode?: number };
  const damaged = errcode !== undefined && SCHEMA_CODES.includes(errcode & 0xff);
  return damaged ? new KeysUnavailable(explain('damaged', subject), { cause: error }) : error;
}
