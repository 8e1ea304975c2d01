/** The file of read models: its schema, how its readers learn of changes, and how its errors are reported. */
import { resolve } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { leasesTable } from '../../leases/embedded.js';
import type { DatabaseKind } from '../../sqlite/database.js';
import { asUnavailable } from '../../sqlite/unavailable.js';
import { ViewsUnavailable } from '../port/query-errors.js';

export const viewsFile: DatabaseKind = {
  what: 'file of read models',
  remedy: 'Read models are derived data: delete the file with its -wal and -shm, and they are rebuilt from the event log.',
  applicationId: 0x64627677, // "dbvw"
  // Raise it with every change of the tables, also those of builds.
  schemaVersion: 5,
  disposable: true,
  schema: `
    CREATE TABLE builds (
      name TEXT NOT NULL, number INTEGER NOT NULL, version INTEGER NOT NULL, shape TEXT NOT NULL, state TEXT NOT NULL,
      position INTEGER NOT NULL, erasures INTEGER NOT NULL, raised INTEGER NOT NULL, indexed INTEGER NOT NULL, events INTEGER NOT NULL, head INTEGER NOT NULL, rate REAL NOT NULL,
      position_rate REAL NOT NULL, measured_at TEXT, started_at TEXT NOT NULL, finished_at TEXT, served_at TEXT, error TEXT,
      PRIMARY KEY (name, number)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX "one live build" ON builds (name) WHERE state = 'live';
    CREATE TABLE numbers (name TEXT NOT NULL PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    ${leasesTable};
    CREATE TABLE cleanup (owed INTEGER NOT NULL, done INTEGER NOT NULL) STRICT;
    INSERT INTO cleanup (owed, done) VALUES (0, 0);
    CREATE TABLE dead_letters (
      name TEXT NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
      stream TEXT NOT NULL, revision INTEGER NOT NULL, error TEXT, attempts INTEGER NOT NULL, since TEXT NOT NULL,
      PRIMARY KEY (name, number, key, position)
    ) STRICT, WITHOUT ROWID`,
};

/** Tells all threads of this process that something was committed to the file. */
export function channelOf(file: string): BroadcastChannel {
  const channel = new BroadcastChannel(`daybook views ${resolve(file)}`);
  channel.unref();
  return channel;
}

/** A file and its kind. */
export interface KnownFile {
  readonly kind: DatabaseKind;
  readonly file: string;
}

/** Runs `work`, and reports errors of the file as the port's. @throws ViewsUnavailable */
export function attempt<T>(known: KnownFile, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asPortError(known, error);
  }
}

/** `ViewsUnavailable` when the error is about the file, otherwise the error itself. */
export function asPortError({ kind, file }: KnownFile, error: unknown): unknown {
  const unavailable = asUnavailable(error, { ...kind, file });
  return unavailable ? new ViewsUnavailable(unavailable.message, { cause: error }) : error;
}
