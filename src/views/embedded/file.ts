/** The file of read models: what it is, who is told when it changes, and its errors in the port's words. */
import { resolve } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import type { DatabaseKind } from '../../sqlite/database.js';
import { asUnavailable } from '../../sqlite/unavailable.js';
import { ViewsUnavailable } from '../errors.js';

export const viewsFile: DatabaseKind = {
  what: 'file of read models',
  remedy: 'Read models hold nothing of their own: delete the file with its -wal and -shm, and they are built again from the event log.',
  applicationId: 0x64627677, // "dbvw"
  // Raised whenever this file's tables change, those of builds too.
  schemaVersion: 3,
  disposable: true,
  schema: `
    CREATE TABLE builds (
      name TEXT NOT NULL, number INTEGER NOT NULL, version INTEGER NOT NULL, shape TEXT NOT NULL, state TEXT NOT NULL,
      position INTEGER NOT NULL, indexed INTEGER NOT NULL, events INTEGER NOT NULL, head INTEGER NOT NULL, rate REAL NOT NULL,
      pace REAL NOT NULL, measured_at TEXT, started_at TEXT NOT NULL, finished_at TEXT, served_at TEXT, error TEXT, PRIMARY KEY (name, number)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX "one live build" ON builds (name) WHERE state = 'live';
    CREATE TABLE numbers (name TEXT NOT NULL PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE leases (
      name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE parking (
      name TEXT NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,
      stream TEXT NOT NULL, revision INTEGER NOT NULL, error TEXT, attempts INTEGER NOT NULL, parked_at TEXT NOT NULL,
      PRIMARY KEY (name, number, key, position)
    ) STRICT, WITHOUT ROWID`,
};

/** Tells all threads of this process that something was committed to the file. */
export function channelOf(file: string): BroadcastChannel {
  const channel = new BroadcastChannel(`daybook views ${resolve(file)}`);
  channel.unref();
  return channel;
}

/** Does `work`, with errors about the file in the port's words. @throws ViewsUnavailable */
export function attempt<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inPortsWords(file, error);
  }
}

/** `ViewsUnavailable` where the error is about the file, else the error itself. */
export function inPortsWords(file: string, error: unknown): unknown {
  const unavailable = asUnavailable(error, { ...viewsFile, file });
  return unavailable ? new ViewsUnavailable(unavailable.message, { cause: error }) : error;
}
