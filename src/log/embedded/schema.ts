/**
 * The embedded log's file. A shell reads it by its view, which has a row for each event with ids, times and data as text:
 *
 *   SELECT position, stream, revision, type, recorded_at, actor, data FROM event_log ORDER BY position;
 *
 * Beneath it, a row of `events` is as small as it can be. docs/log-format.md describes each column for programs that read the file without Daybook.
 *
 * | column         | what it holds                                                                                                |
 * | -------------- | ------------------------------------------------------------------------------------------------------------ |
 * | position       | place in the log, from 1, without gaps                                                                       |
 * | stream         | `streams.id`: the position of the stream's first event                                                       |
 * | revision       | place in the stream, from 0, without gaps                                                                    |
 * | type           | `texts.id` of `LeadQualified`; `version` is its schema's                                                     |
 * | recorded_at    | milliseconds since 1970 UTC, never less than in the row before; `occurred_at`, `imported_at` likewise         |
 * | actor          | `texts.id` of who; `on_behalf_of` likewise                                                                   |
 * | id             | the event's UUID as 16 bytes                                                                                 |
 * | command_id     | the command's UUID as 16 bytes; `correlation_id` and `causation_id` likewise, null when equal to it          |
 * | command_hash   | 32 bytes                                                                                                     |
 * | acknowledged   | `texts.id` of codes, separated by spaces                                                                     |
 * | shape          | `texts.id` of a JSON array of texts; null when `data` is whole                                               |
 * | data           | what happened, JSON: where there is a shape, an array of the values between its texts                         |
 * | sealed         | the encrypted fields of the data, as `../sealed-parts.ts` has them                                            |
 *
 * A UUID or a hash that is not in its usual form (lower case, with dashes; 64 hexadecimal digits) is stored as the text that it is.
 *
 * Rows are only ever added. Short columns stand first, so that a read that skips a row by its type doesn't touch its long ones.
 */
import type { DatabaseKind } from '../../sqlite/database.js';

/** SQL: a UUID as text. */
function uuid(column: string): string {
  const part = (from: number, length: number): string => `substr(hex(${column}), ${from}, ${length})`;
  const dashed = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(` || '-' || `);
  return `iif(typeof(${column}) = 'blob', lower(${dashed}), ${column})`;
}

/** SQL: an instant as text. */
function instant(column: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;
}

/** SQL: an interned text. */
function text(column: string): string {
  return `(SELECT text FROM texts WHERE id = ${column})`;
}

export const eventsDatabase: DatabaseKind = {
  what: 'event log',
  applicationId: 0x44617962,
  schemaVersion: 1,
  schema: `
    CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

    CREATE TABLE streams (
      id INTEGER PRIMARY KEY,
      type INTEGER NOT NULL,
      key BLOB NOT NULL,
      UNIQUE (type, key)
    );

    CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      stream INTEGER NOT NULL,
      revision INTEGER NOT NULL,
      type INTEGER NOT NULL,
      version INTEGER NOT NULL,
      recorded_at INTEGER NOT NULL,
      occurred_at INTEGER NOT NULL,
      actor INTEGER NOT NULL,
      id BLOB NOT NULL UNIQUE,
      command_id BLOB NOT NULL,
      command_hash BLOB NOT NULL,
      correlation_id BLOB,
      causation_id BLOB,
      on_behalf_of INTEGER,
      imported_at INTEGER,
      acknowledged INTEGER,
      shape INTEGER,
      data TEXT NOT NULL,
      sealed BLOB,
      UNIQUE (stream, revision)
    );

    CREATE VIEW event_log AS SELECT
      position,
      ${text('s.type')} || '-' || ${uuid('s.key')} AS stream,
      revision,
      ${uuid('e.id')} AS id,
      ${text('e.type')} AS type,
      version,
      ${instant('recorded_at')} AS recorded_at,
      ${instant('occurred_at')} AS occurred_at,
      ${instant('imported_at')} AS imported_at,
      ${text('actor')} AS actor,
      ${text('on_behalf_of')} AS on_behalf_of,
      ${uuid('command_id')} AS command_id,
      iif(typeof(command_hash) = 'blob', lower(hex(command_hash)), command_hash) AS command_hash,
      ${uuid('ifnull(correlation_id, command_id)')} AS correlation_id,
      ${uuid('ifnull(causation_id, command_id)')} AS causation_id,
      ${text('acknowledged')} AS acknowledged,
      iif(shape IS NULL, data,
        (SELECT group_concat(piece.value || ifnull(data -> ('$[' || piece.key || ']'), ''), '') FROM json_each(${text('shape')}) AS piece)) AS data,
      lower(hex(sealed)) AS sealed
    FROM events AS e JOIN streams AS s ON s.id = e.stream`,
  remedy: 'Restore it from a backup.',
};
