/**
 * Removes what rewrites leave in the bytes of the file. Deleted rows are overwritten at once (`secure_delete`), but SQLite leaves copies of rows that it
 * moved between pages, and the write-ahead log has earlier pages. So the file is compacted, which writes every page anew, and the log is truncated.
 */
import type { Database } from '../../sqlite/database.js';
import type { FileAccess } from './file-access.js';

/** After an attempt that was held up, in milliseconds. */
const RETRY_MS = 500;

/** Compacting takes at most this part of the time: large files are compacted less often, for several rewrites at once. */
const SHARE = 0.05;

/** Notes, in the transaction of a commit, that there is something to remove: it outlives the process. */
export function oweCleanup(database: Database): void {
  database.prepare('UPDATE cleanup SET owed = owed + 1').run();
}

export class Cleanup {
  readonly #file: FileAccess;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** What was owed when the file was last compacted, which may still have to be followed by truncating the log. */
  #compacted = 0;
  /** When the file may be compacted next, by `performance.now()`. */
  #notBefore = 0;

  constructor(file: FileAccess) {
    this.#file = file;
  }

  /** Cleans up if something is owed; tried again, until it is done, when a reader or another writer holds it up. Never fails. */
  run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running ??= this.#attempt().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** The next writer of the file does what is left. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #attempt(): Promise<void> {
    try {
      if (await this.#step()) return;
    } catch {
      // A full disk, or a file that is locked for long: what is owed stays noted in the file.
    }
    if (!this.#closed) this.#timer = setTimeout(() => void this.run(), RETRY_MS).unref();
  }

  /** @returns whether nothing is owed any more */
  async #step(): Promise<boolean> {
    const { owed, done } = await this.#file.read(stateOf);
    if (owed === done) return true;
    if (this.#compacted < owed) {
      if (performance.now() < this.#notBefore) return false;
      await this.#compact();
      this.#compacted = owed;
    }
    if (!(await this.#file.read(truncateLog))) return false;
    const now = await this.#file.write((database) => {
      database.prepare('UPDATE cleanup SET done = max(done, ?)').run(owed);
      return stateOf(database);
    });
    return now.owed === now.done;
  }

  async #compact(): Promise<void> {
    const began = performance.now();
    await this.#file.read((database) => database.exec('VACUUM'));
    const ended = performance.now();
    this.#notBefore = ended + (ended - began) / SHARE;
  }
}

function stateOf(database: Database): { readonly owed: number; readonly done: number } {
  const [state = { owed: 0, done: 0 }] = database
    .prepare<{ readonly owed: number; readonly done: number }>('SELECT owed, done FROM cleanup')
    .all();
  return state;
}

/** @returns whether it is empty: a reader that began before the last commit keeps it */
function truncateLog(database: Database): boolean {
  const result = database.prepare<{ readonly busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)').all();
  return result[0]?.busy === 0;
}
