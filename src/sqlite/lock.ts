/**
 * A lock on a data folder: shared by servers, exclusive for an import. The operating system releases it when the process ends for any reason.
 */
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KnownError } from '../kernel/known-error.js';
import { makeFolder } from './folder.js';
import { asUnavailable } from './unavailable.js';

export interface Lock {
  /** Releases the lock. Idempotent. */
  release(): void;
}

/** References to the connections of held locks: the driver closes a connection that is garbage-collected. */
const held = new Set<DatabaseSyncInstance>();

/** Another process holds the lock. */
export class LockHeld extends KnownError {
  override readonly name = 'LockHeld';
  readonly code = 'LOCK_HELD';

  constructor(
    readonly file: string,
    /** The process that holds it, if known. */
    readonly pid: number | undefined,
  ) {
    super(
      `Another Daybook${pid === undefined ? '' : ` (process ${pid})`} uses the data folder ${dirname(file)} exclusively. ` +
        'Stop it, wait for it to end, or use another data folder.',
    );
  }
}

/**
 * Holds the lock `file` (an empty SQLite file, locked by SQLite: by the kernel's file locks, so kill -9 frees it) until released.
 * The process that holds it exclusively is in `<file>.pid`, for messages only. Missing folders are created.
 * @throws LockHeld when it is held exclusively, or, for an exclusive lock, held at all, also by this process.
 * @throws DatabaseUnavailable when the folder can't be written.
 */
export function holdLock(file: string, { shared }: { readonly shared: boolean }): Lock {
  const path = resolve(file);
  const pidFile = `${path}.pid`;
  const subject = { what: 'lock file', file: path, remedy: 'Delete it and start again.' };
  try {
    makeFolder(dirname(path));
    const connection = new DatabaseSync(path, { timeout: 0 });
    try {
      if (shared) connection.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
      else {
        connection.exec('BEGIN EXCLUSIVE');
        writeFileSync(pidFile, `${process.pid}\n`);
      }
    } catch (error) {
      connection.close();
      throw error;
    }
    held.add(connection);
    return {
      release() {
        if (!connection.isOpen) return;
        if (!shared) rmSync(pidFile, { force: true });
        connection.close();
        held.delete(connection);
      },
    };
  } catch (error) {
    const unavailable = asUnavailable(error, subject);
    if (unavailable?.reason === 'busy') throw new LockHeld(path, readPid(pidFile));
    throw unavailable ?? error;
  }
}

function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // The holder may not have written it yet.
  }
}
