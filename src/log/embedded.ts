/** The event log in one SQLite file: nothing to install, nothing to run beside it, and every acknowledged event survives a loss of power. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Position, RecordedEvent, Stream } from '../kernel/event.js';
import { openDatabase, type Database, type SqlValue } from '../sqlite/database.js';
import { asUnavailable, explain, type Subject } from '../sqlite/unavailable.js';
import { toMilliseconds } from './accepted-events.js';
import { GroupedAppends } from './embedded/grouped-appends.js';
import { News } from './embedded/news.js';
import { uuidToStore } from './embedded/binary.js';
import { EVENT_COLUMNS, toEvent, toRows, type EventRow, type Numbered } from './embedded/row.js';
import { eventsDatabase } from './embedded/schema.js';
import { STREAM_NAMED } from './embedded/streams.js';
import { Tables } from './embedded/tables.js';
import {
  LogUnavailable,
  type Append,
  type Appended,
  type AppendedAll,
  type EventLog,
  type EventToAppend,
  type Expected,
  type Page,
} from './port.js';

export interface EmbeddedLogOptions {
  /** Made, with its folder, when it isn't there, unless read-only. */
  readonly file: string;
  /** Reads and tails what others append; an append is refused. */
  readonly readOnly?: boolean;
  /** The time in milliseconds since 1970; the system's unless given. */
  readonly clock?: () => number;
  /** How long another process may keep the log locked before an append fails, in milliseconds; 10,000 unless given. */
  readonly lockTimeoutMs?: number;
  /** The size that the file may grow to, in pages of 4 KiB; beyond it, appending fails as on a full disk. */
  readonly maxPages?: number;
  /**
   * When appends survive a power failure: with FULL, the default, when they return; with NORMAL when the log is closed. A killed process loses nothing
   * either way. NORMAL is for repeatable loads while no server projects the log.
   */
  readonly synchronous?: 'FULL' | 'NORMAL';
  /** It is made a copy of another log of Daybook: events bring the times that they were recorded at there. */
  readonly copying?: boolean;
}

/** How long the thread may sleep at a time while another process holds the lock, in milliseconds. */
const LOCK_WAIT_MS = 5;

/** Streams lie scattered over the file: what the appending connection keeps of it in memory, in KiB. One that only tails reads in order. */
const CACHE_KIB = 65_536;

/** How many events a read of named types may skip for each one that it may return, so that a page is bounded work. */
const SKIPPED_PER_EVENT = 10;

/**
 * Opens the log in a file. Any number of processes and threads may open it.
 * @throws LogUnavailable when the file can't be opened, or is damaged, foreign or newer than this program.
 */
export function openEmbeddedLog(options: EmbeddedLogOptions): EmbeddedLog {
  const { file, readOnly = false, maxPages, synchronous = 'FULL' } = options;
  let database: Database | undefined;
  try {
    const cache = readOnly ? {} : { cacheKib: CACHE_KIB };
    const limits = { busyTimeoutMs: LOCK_WAIT_MS, ...cache, ...(maxPages === undefined ? {} : { maxPages }) };
    database = openDatabase(eventsDatabase, { file, readOnly, synchronous, ...limits });
    database.prepare(`SELECT ${EVENT_COLUMNS} FROM events`); // Fails when the table is not this program's.
    return new EmbeddedLog(database, options);
  } catch (error) {
    database?.close();
    throw asLogUnavailable(error, { ...eventsDatabase, file });
  }
}

/**
 * Calls of SQLite block the caller's thread. Measured: a durable commit takes about 0.2 ms and reading a stream less than 0.1 ms, less than passing the
 * work to another thread and back.
 */
export class EmbeddedLog implements EventLog {
  readonly #news: News;
  readonly #appends: GroupedAppends;
  readonly #tables: Tables;
  readonly #clock: () => number;
  readonly #lockTimeoutMs: number;
  readonly #copying: boolean;
  #closed = false;
  readonly #database: Database;

  /** Made by `openEmbeddedLog`. */
  constructor(database: Database, options: EmbeddedLogOptions) {
    this.#database = database;
    this.#clock = options.clock ?? Date.now;
    this.#lockTimeoutMs = options.lockTimeoutMs ?? 10_000;
    this.#copying = options.copying ?? false;
    this.#news = new News(database.subject.file);
    this.#tables = new Tables(database);
    this.#appends = new GroupedAppends(database, this.#tables, this.#clock, this.#lockTimeoutMs, () => this.#news.announce());
  }

  async append(stream: Stream, expected: Expected, events: readonly EventToAppend[]): Promise<Appended> {
    this.#checkOpen();
    const rows = toRows(events, this.#clock(), this.#copying);
    try {
      return await this.#appends.append(stream, expected, rows);
    } catch (error) {
      throw asLogUnavailable(error, this.#database.subject);
    }
  }

  async appendAll(appends: readonly Append[]): Promise<AppendedAll> {
    this.#checkOpen();
    if (appends.length === 0) throw new RangeError('There are no appends to make in order.');
    const now = this.#clock();
    const placed = appends.map(({ stream, expected, events }) => ({ stream, expected, rows: toRows(events, now, this.#copying) }));
    try {
      const appended = await this.#appends.appendAll(placed);
      return { revisions: appended.map(({ revision }) => revision), position: appended.at(-1)?.position ?? 0 };
    } catch (error) {
      throw asLogUnavailable(error, this.#database.subject);
    }
  }

  async readStream(stream: Stream, from = 0, limit?: number): Promise<readonly RecordedEvent[]> {
    return this.#read(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE stream = (${STREAM_NAMED}) AND revision >= ? ORDER BY revision LIMIT ?`,
      [stream.type, uuidToStore(stream.id), from, limit ?? -1],
      this.#tables.within(stream),
    );
  }

  async readAll(after: Position, limit: number, types?: readonly string[]): Promise<Page> {
    if (!types) {
      const events = this.#read(`SELECT ${EVENT_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?`, [after, limit]);
      return { events, position: events.at(-1)?.position ?? after };
    }
    // The head is read before the events: events that another process appends in between are left for the next page.
    const until = Math.min(this.#headNow(), after + limit * SKIPPED_PER_EVENT);
    const events = this.#read(
      `SELECT ${EVENT_COLUMNS} FROM events WHERE position > ? AND position <= ? AND type IN (SELECT id FROM texts WHERE text IN (SELECT value FROM json_each(?))) ORDER BY position LIMIT ?`,
      [after, until, JSON.stringify(types), limit],
    );
    const last = events.length === limit ? events.at(-1) : undefined;
    return { events, position: last?.position ?? Math.max(after, until) };
  }

  async *tail(
    after: Position,
    { limit, types, signal }: { readonly limit: number; readonly types?: readonly string[]; readonly signal: AbortSignal },
  ): AsyncGenerator<Page, void, undefined> {
    let position = after;
    while (!signal.aborted && !this.#closed) {
      const page = await this.readAll(position, limit, types);
      if (page.position === position) {
        await this.#news.wait(() => this.#closed || this.#headNow() > position, signal);
        continue;
      }
      position = page.position;
      yield page;
      // Catching up must not block timers and requests of this thread.
      await nextTurn();
    }
  }

  async newest(limit: number): Promise<readonly RecordedEvent[]> {
    return this.#read(`SELECT ${EVENT_COLUMNS} FROM events ORDER BY position DESC LIMIT ?`, [limit]).toReversed();
  }

  async head(): Promise<Position> {
    return this.#headNow();
  }

  async end(): Promise<Position> {
    return this.#headNow();
  }

  /** Recorded times never go down along the log, so the place is found by halving. */
  async positionAt(instant: string): Promise<Position> {
    const at = toMilliseconds(instant);
    let [reached, beyond] = [0, this.#headNow() + 1];
    while (beyond - reached > 1) {
      const middle = Math.floor((reached + beyond) / 2);
      if (this.#recordedAt(middle) <= at) reached = middle;
      else beyond = middle;
    }
    return reached;
  }

  /** Waits for appends under way, ends tails, and closes the file. Calling it again does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#appends.settled();
    this.#news.close();
    this.#database.close();
  }

  #read(sql: string, values: readonly SqlValue[], numbered: Numbered = this.#tables): readonly RecordedEvent[] {
    return this.#available(() =>
      this.#database
        .prepare<EventRow>(sql, { arrays: true })
        .all(...values)
        .map((row) => toEvent(row, numbered)),
    );
  }

  #headNow(): Position {
    return this.#number('SELECT max(position) FROM events');
  }

  /** When the event at a position was recorded, in milliseconds since 1970. */
  #recordedAt(position: Position): number {
    return this.#number('SELECT recorded_at FROM events WHERE position = ?', position);
  }

  #number(sql: string, ...values: readonly SqlValue[]): number {
    return this.#available(() => this.#database.prepare<[number | null]>(sql, { arrays: true }).get(...values)?.[0] ?? 0);
  }

  #checkOpen(): void {
    if (this.#closed) throw new LogUnavailable(`The event log ${this.#database.subject.file} is closed.`);
  }

  /** Reads from the open file. @throws LogUnavailable */
  #available<T>(read: () => T): T {
    this.#checkOpen();
    const until = performance.now() + this.#lockTimeoutMs;
    for (;;) {
      try {
        return read();
      } catch (error) {
        // A read finds the file locked only for moments, while another process recovers it after a crash.
        const unavailable = asUnavailable(error, this.#database.subject);
        if (unavailable?.reason !== 'busy' || performance.now() > until) throw asLogUnavailable(error, this.#database.subject);
      }
    }
  }
}

/** SQLite's codes for a missing table and a broken constraint: this program's statements fit its own schema, so the file's is not that. */
const SCHEMA_CODES: readonly unknown[] = [1, 19];

/** The error as the port has it, when it is about the file. */
function asLogUnavailable(error: unknown, subject: Subject): Error {
  const unavailable = asUnavailable(error, subject);
  if (unavailable) return new LogUnavailable(unavailable.message, { cause: error });
  const { errcode } = error as { readonly errcode?: number };
  const damaged = error instanceof SyntaxError || (errcode !== undefined && SCHEMA_CODES.includes(errcode & 0xff));
  return damaged ? new LogUnavailable(explain('damaged', subject), { cause: error }) : (error as Error);
}
