/** Checkpoints in a SQLite file of their own. */
import type { Position } from '../../kernel/event.js';
import { embeddedLeases, leasesTable, mustHold } from '../../leases/embedded.js';
import type { Database, DatabaseKind } from '../../sqlite/database.js';
import type { CheckpointStore } from '../port/checkpoints.js';
import { CheckpointMoved } from '../port/errors.js';
import { FileAccess, type FileOptions } from './file-access.js';

const checkpointsFile: DatabaseKind = {
  what: 'file of checkpoints',
  remedy:
    'Delete the file with its -wal and -shm: process managers start over from the beginning of the log, and repeat no command that has run.',
  applicationId: 0x64626370, // "dbcp"
  schemaVersion: 1,
  disposable: true,
  schema: `
    CREATE TABLE checkpoints (name TEXT NOT NULL PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    ${leasesTable}`,
};

/** Opens or creates the file. @throws ViewsUnavailable when it can't be opened, is of another kind, or is damaged. */
export async function openEmbeddedCheckpoints(options: FileOptions): Promise<CheckpointStore> {
  const file = new FileAccess(checkpointsFile, options);
  return {
    leases: embeddedLeases(file),
    read: (name) => file.read((database) => positionOf(database, name)),
    move: ({ name, from, to, lease }) =>
      file.write((database) => {
        mustHold(database, lease);
        const position = positionOf(database, name);
        if (position !== from) throw new CheckpointMoved(name, from, position);
        put(database, name, to);
      }),
    reset: (name, lease) =>
      file.write((database) => {
        mustHold(database, lease);
        put(database, name, 0);
      }),
    close: () => file.close(),
  };
}

function positionOf(database: Database, name: string): Position {
  const row = database.prepare<{ readonly position: Position }>('SELECT position FROM checkpoints WHERE name = ?').get(name);
  return row?.position ?? 0;
}

function put(database: Database, name: string, position: Position): void {
  database.prepare('INSERT OR REPLACE INTO checkpoints (name, position) VALUES (?, ?)').run(name, position);
}
