/** A connection that writes to one of the view store's files, and waits while another process locks the file. */
import type { Database, DatabaseKind } from '../../sqlite/database.js';
import { openDatabase } from '../../sqlite/database.js';
import { attempt, asPortError } from './file.js';
import { BUSY_MS, retryWhileBusy } from '../../sqlite/retry-while-busy.js';

export interface FileOptions {
  readonly file: string;
  /** The size limit of the file, in pages of 4 KiB; beyond it, writing fails as on a full disk. */
  readonly maxPages?: number;
  /** How long another process may lock the file before a call fails, in milliseconds; defaults to 10,000. */
  readonly lockTimeoutMs?: number;
}

export class FileAccess {
  readonly #database: Database;
  readonly #kind: DatabaseKind;
  readonly #options: FileOptions;

  /** @throws ViewsUnavailable when the file can't be opened, is of another kind, or is damaged. */
  constructor(kind: DatabaseKind, options: FileOptions) {
    const { file, maxPages } = options;
    this.#kind = kind;
    this.#options = options;
    this.#database = attempt({ kind, file }, () => {
      // Commits that are lost in a power failure are repeated from the log: their checkpoint is lost with them.
      const opened = openDatabase(kind, {
        file,
        synchronous: 'NORMAL',
        busyTimeoutMs: BUSY_MS,
        cacheKib: 32_768,
        ...(maxPages === undefined ? {} : { maxPages }),
      });
      // Deleted rows are overwritten: they may hold personal data.
      opened.exec('PRAGMA secure_delete=ON');
      // 64 MiB of WAL, so that a page that many batches change is written to the file once.
      opened.exec('PRAGMA wal_autocheckpoint=16000');
      return opened;
    });
  }

  /** @throws ViewsUnavailable */
  async read<T>(work: (database: Database) => T): Promise<T> {
    try {
      return await retryWhileBusy(() => this.#database.attempt(() => work(this.#database)), this.#options.lockTimeoutMs);
    } catch (error) {
      throw asPortError({ kind: this.#kind, file: this.#options.file }, error);
    }
  }

  /** The same in a transaction. @throws ViewsUnavailable */
  write<T>(work: (database: Database) => T): Promise<T> {
    return this.read((database) => database.transaction(() => work(database)));
  }

  async close(): Promise<void> {
    await this.read((database) => database.close());
  }
}
