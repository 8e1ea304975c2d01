/**
 * The embedded log's file: one table, one row per event, read with any sqlite3 shell:
 *
 *   SELECT position, stream, revision, type, datetime(recorded_at / 1000, 'unixepoch'), data FROM events ORDER BY position;
 *
 * | column      | what it holds                                                                    |
 * | ----------- | -------------------------------------------------------------------------------- |
 * | position    | place in the log, from 1, without gaps                                           |
 * | stream      | `lead-6f1c…`: the record's type, a dash, its id                                  |
 * | revision    | place in the stream, from 0, without gaps                                        |
 * | id          | the event's UUID as 16 bytes: `hex(id)`                                          |
 * | type        | `LeadQualified`; `version` is its schema's                                       |
 * | recorded_at | milliseconds since 1970 UTC, never less than in the row before                   |
 * | data        | what happened, JSON                                                              |
 * | metadata    | who, why and when, JSON; its `recordedAt` is the column above, and the ids of     |
 * |             | correlation and cause are those of the command where they are left out           |
 * | sealed      | the encrypted fields of the data, null when there are none                       |
 *
 * Rows are only ever added. Short columns stand first, so that a read that skips a row by its type doesn't touch its long ones.
 */
import type { DatabaseKind } from '../../sqlite/database.js';

export const eventsDatabase: DatabaseKind = {
  what: 'event log',
  applicationId: 0x44617962,
  schemaVersion: 1,
  schema: `
    CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      stream TEXT NOT NULL,
      revision INTEGER NOT NULL,
      id BLOB NOT NULL UNIQUE,
      type TEXT NOT NULL,
      version INTEGER NOT NULL,
      recorded_at INTEGER NOT NULL,
      data TEXT NOT NULL,
      metadata TEXT NOT NULL,
      sealed BLOB,
      UNIQUE (stream, revision)
    )`,
  remedy: 'Restore it from a backup.',
};
