/**
 * A lock on a data folder that servers share and that an import holds alone; the system takes it away when the process ends, however it
 * ends.
 */
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KnownError } from '../kernel/known-error.js';
import { makeFolder } from './folder.js';
import { asUnavailable } from './unavailable.js';

export interface Lock {
  /** Gives the lock back. Calling it again does nothing. */
  release(): void;
}

/** The driver closes a connection that nobody refers to any more: locks are held here, whether or not their callers keep them. */
const held = new Set<DatabaseSyncInstance>();

/** Another live process holds the lock. */
export class LockHeld extends KnownError {
  override readonly name = 'LockHeld';
  readonly code = 'LOCK_HELD';

  constructor(
    readonly file: string,
    /** The process that holds it, where it could be told. */
    readonly pid: number | undefined,
  ) {
    super(
      `Another Daybook${pid === undefined ? '' : ` (process ${pid})`} works on the data folder ${dirname(file)} and has to be alone with it. ` +
        'Stop it or wait for its end, or choose another data folder.',
    );
  }
}

/**
 * Holds the lock `file` (an empty SQLite file, locked by SQLite: by the kernel's file locks, so kill -9 frees it) until released.
 * Who holds it alone is written beside it, into `<file>.pid`; that file locks nothing. Folders that are missing are created.
 * @throws LockHeld when another process, or another caller of this one, holds it alone, or at all when it is wanted alone.
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
    return undefined; // The holder has not written it yet: the lock stands without it.
  }
}
