/**
 * The limit of the log: the same facts in one table under the same constraints (a revision of a stream once, an event id once), with
 * prepared statements and the same durability, as short as possible. It does not detect repeated commands, does not notify readers and
 * trusts its caller.
 */
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import type { EventToAppend } from '../../src/log/port.js';

/** A read event: what a fold or a read model needs. */
export type PlainEvent = Pick<EventToAppend, 'type' | 'data' | 'metadata'>;

interface Row {
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

export class PlainLog {
  readonly #database: DatabaseSyncInstance;
  readonly #inserting: StatementSyncInstance;
  readonly #loading: StatementSyncInstance;
  readonly #paging: StatementSyncInstance;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS events (
      position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id BLOB NOT NULL UNIQUE, type TEXT NOT NULL,
      version INTEGER NOT NULL, recorded_at INTEGER NOT NULL, data TEXT NOT NULL, metadata TEXT NOT NULL, UNIQUE (stream, revision))`);
    this.#inserting = this.#database.prepare(
      'INSERT INTO events (stream, revision, id, type, version, recorded_at, data, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#loading = this.#database.prepare('SELECT type, data, metadata FROM events WHERE stream = ? ORDER BY revision');
    this.#paging = this.#database.prepare(
      'SELECT position, stream, type, data, metadata FROM events WHERE position > ? ORDER BY position LIMIT ?',
    );
  }

  /** One durable commit of whatever `work` does. */
  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    const result = work();
    this.#database.exec('COMMIT');
    return result;
  }

  load(stream: string): readonly PlainEvent[] {
    return (this.#loading.all(stream) as Row[]).map(parsed);
  }

  /** Within a transaction. SQLite refuses a revision or an id that is taken. */
  append(stream: string, revision: number, { id, type, version, data, metadata }: EventToAppend): void {
    const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
    this.#inserting.run(stream, revision, bytes, type, version, Date.now(), JSON.stringify(data), JSON.stringify(metadata));
  }

  /** Up to `limit` events after a position, each with its stream; their order is their position. */
  page(after: number, limit: number): readonly (PlainEvent & { readonly stream: string; readonly position: number })[] {
    return (this.#paging.all(after, limit) as (Row & { stream: string; position: number })[]).map((row) => ({
      stream: row.stream,
      position: row.position,
      ...parsed(row),
    }));
  }

  close(): void {
    this.#database.close();
  }
}

function parsed({ type, data, metadata }: Row): PlainEvent {
  return { type, data: JSON.parse(data) as unknown, metadata: JSON.parse(metadata) as PlainEvent['metadata'] };
}
