/** The file of read models: what it is, who is told when it changes, and its register of read models with their checkpoints. */
import { BroadcastChannel } from 'node:worker_threads';
import { resolve } from 'node:path';
import type { Position } from '../../kernel/event.js';
import type { Database, DatabaseKind } from '../../sqlite/database.js';
import { asUnavailable } from '../../sqlite/unavailable.js';
import { ViewsUnavailable } from '../port.js';
import type { Layout } from './layout.js';

export const viewsFile: DatabaseKind = {
  what: 'file of read models',
  remedy: 'Read models hold nothing of their own: delete the file with its -wal and -shm, and they are built again from the event log.',
  applicationId: 0x64627677, // "dbvw"
  schemaVersion: 1,
  schema: `CREATE TABLE read_models (
    name TEXT NOT NULL, version INTEGER NOT NULL, layout TEXT NOT NULL, checkpoint INTEGER NOT NULL, PRIMARY KEY (name, version)
  ) STRICT, WITHOUT ROWID`,
};

/** Where a read model of this version and these columns stands; undefined when the store has not been prepared for it. */
export function checkpointOf(database: Database, { model, hash }: Layout): Position | undefined {
  const statement = database.prepare<{ readonly layout: string; readonly checkpoint: number }>(
    'SELECT layout, checkpoint FROM read_models WHERE name = ? AND version = ?',
  );
  const row = statement.get(model.name, model.version);
  return row?.layout === hash ? row.checkpoint : undefined;
}

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
    const unavailable = asUnavailable(error, { ...viewsFile, file });
    throw unavailable ? new ViewsUnavailable(unavailable.message, { cause: error }) : error;
  }
}
