/**
 * Group commit: appends of the same turn of the event loop are committed in one transaction, so that they share the wait for the disk, which is most of
 * an append's time. Each is checked by itself, after those before it in the group.
 */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Position, Stream } from '../../kernel/event.js';
import type { Database } from '../../sqlite/database.js';
import { DatabaseUnavailable } from '../../sqlite/unavailable.js';
import { EventIdTaken, WrongRevision, type Appended, type Expected } from '../port.js';
import { dashed, uuidToStore } from './binary.js';
import type { Row } from './row.js';
import type { Tables } from './tables.js';

/** Rows for the end of one stream. */
interface Placing {
  readonly stream: Stream;
  readonly expected: Expected;
  readonly rows: readonly Row[];
}

/** Made one after the other, up to the first that is refused. */
interface Waiting {
  readonly placings: readonly Placing[];
  readonly resolve: (appended: readonly Appended[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The end of the log, moving on as a group is written. */
interface Tip {
  position: Position;
  /** When the last event was recorded, in milliseconds since 1970. */
  recordedAt: number;
  readonly now: number;
}

/** Events beyond which a group is closed and the next one begun, so that other work gets its turn: some 10 ms. */
const GROUP_EVENTS = 1000;

/** After waiting for another process's write in vain, others of this thread get their turn for so long, in milliseconds. */
const LOCK_RETRY_MS = 3;

export class GroupedAppends {
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  readonly #database: Database;
  readonly #tables: Tables;
  readonly #clock: () => number;
  readonly #lockTimeoutMs: number;
  readonly #written: () => void;

  /**
   * @param clock milliseconds since 1970
   * @param lockTimeoutMs how long another process may keep the log locked before an append fails
   * @param written called after every commit that wrote events
   */
  constructor(database: Database, tables: Tables, clock: () => number, lockTimeoutMs: number, written: () => void) {
    this.#database = database;
    this.#tables = tables;
    this.#clock = clock;
    this.#lockTimeoutMs = lockTimeoutMs;
    this.#written = written;
  }

  /** Resolves when the rows are durable. */
  async append(stream: Stream, expected: Expected, rows: readonly Row[]): Promise<Appended> {
    const [appended] = await this.appendAll([{ stream, expected, rows }]);
    return appended as Appended;
  }

  /** Resolves when all are durable. They are in one commit: when it fails, none of them is written. */
  appendAll(placings: readonly Placing[]): Promise<readonly Appended[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ placings, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is waiting any more. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // All appends of this turn of the event loop join the group.
      await nextTurn();
      await this.#commit(this.#nextGroup());
    }
    this.#running = undefined;
  }

  #nextGroup(): readonly Waiting[] {
    let events = 0;
    let count = 0;
    for (const { placings } of this.#waiting) {
      const more = placings.reduce((sum, { rows }) => sum + rows.length, 0);
      if (count > 0 && events + more > GROUP_EVENTS) break;
      events += more;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const until = performance.now() + this.#lockTimeoutMs;
    for (;;) {
      try {
        this.#write(group);
        return;
      } catch (error) {
        const busy = error instanceof DatabaseUnavailable && error.reason === 'busy';
        if (!busy || performance.now() > until) {
          for (const { reject } of group) reject(error);
          return;
        }
        await delay(LOCK_RETRY_MS);
      }
    }
  }

  /** Writes a group and settles its appends. @throws DatabaseUnavailable when none of it was written. */
  #write(group: readonly Waiting[]): void {
    const { outcomes, added } = this.#transaction(() => {
      const tip = this.#tip();
      const before = tip.position;
      return { outcomes: group.map((one) => ({ one, outcome: this.#placeAll(one.placings, tip) })), added: tip.position > before };
    });
    if (added) this.#written();
    for (const { one, outcome } of outcomes) {
      if (outcome instanceof Error) one.reject(outcome);
      else one.resolve(outcome);
    }
  }

  #transaction<T>(work: () => T): T {
    try {
      return this.#database.transaction(work);
    } catch (error) {
      this.#tables.forget();
      throw error;
    }
  }

  #tip(): Tip {
    const last = this.#database
      .prepare<[number, number]>('SELECT position, recorded_at FROM events ORDER BY position DESC LIMIT 1', { arrays: true })
      .get();
    const [position, recordedAt] = last ?? [0, 0];
    return { position, recordedAt, now: this.#clock() };
  }

  /** Puts appends after the tip, one after the other, up to the first that is refused: that is then the outcome. */
  #placeAll(placings: readonly Placing[], tip: Tip): readonly Appended[] | WrongRevision | EventIdTaken {
    const appended: Appended[] = [];
    for (const placing of placings) {
      const outcome = this.#place(placing, tip);
      if (outcome instanceof Error) return outcome;
      appended.push(outcome);
    }
    return appended;
  }

  /** Puts one append's events after the tip, or says why not. */
  #place({ stream, expected, rows }: Placing, tip: Tip): Appended | WrongRevision | EventIdTaken {
    const known = this.#tables.streams.find(stream);
    const actual = known?.last ?? 'none';
    if (actual !== expected) return this.#firstResult(known?.id, expected, rows) ?? new WrongRevision(stream, expected, actual);

    const { position: before } = tip;
    const streamId = known?.id ?? before + 1;
    let { position, recordedAt } = tip;
    let revision = known?.last ?? -1;
    for (const row of rows) {
      position += 1;
      revision += 1;
      recordedAt = Math.max(recordedAt, row.recordedAt ?? tip.now);
      if (!this.#insert(row, { position, stream: streamId, revision, recordedAt })) return this.#taken(row.id, before);
    }
    if (!known) this.#tables.streams.add(stream, streamId);
    tip.position = position;
    tip.recordedAt = recordedAt;
    return { revision, position };
  }

  /** @returns false when its id is taken */
  #insert(row: Row, { position, stream, revision, recordedAt }: Place): boolean {
    const { type, actor, onBehalfOf, acknowledged, shape, data } = this.#tables.add(row);
    const { id, version, occurredAt, commandId, commandHash, correlationId, causationId, importedAt, sealed } = row;
    const { changes } = this.#database
      .prepare(INSERT)
      .run(
        position,
        stream,
        revision,
        type,
        version,
        recordedAt,
        occurredAt,
        actor,
        uuidToStore(id),
        commandId,
        commandHash,
        correlationId,
        causationId,
        onBehalfOf,
        importedAt,
        acknowledged,
        shape,
        data,
        sealed,
      );
    return changes > 0;
  }

  /** What the append answered when its events were written; undefined unless all of them stand where it would put them. */
  #firstResult(stream: number | undefined, expected: Expected, rows: readonly Row[]): Appended | undefined {
    if (stream === undefined) return undefined;
    const stored = this.#database
      .prepare<Appended & { readonly id: string }>(
        'SELECT lower(hex(id)) AS id, revision, position FROM events WHERE stream = ? AND revision > ? ORDER BY revision LIMIT ?',
      )
      .all(stream, expected === 'none' ? -1 : expected, rows.length);
    const same = stored.length === rows.length && stored.every((event, index) => dashed(event.id) === rows[index]?.id);
    const last = stored.at(-1);
    return same && last ? { revision: last.revision, position: last.position } : undefined;
  }

  /** Takes back what the append has put after `before`, and names the stream that has the id. */
  #taken(id: string, before: Position): EventIdTaken {
    this.#database.prepare('DELETE FROM events WHERE position > ?').run(before);
    const holder = this.#database.prepare<[number]>('SELECT stream FROM events WHERE id = ?', { arrays: true }).get(uuidToStore(id));
    return new EventIdTaken(id, this.#tables.stream(holder?.[0] ?? 0));
  }
}

/** Where an event is put. */
interface Place {
  readonly position: Position;
  readonly stream: number;
  readonly revision: number;
  readonly recordedAt: number;
}

const INSERT = `INSERT INTO events
  (position, stream, revision, type, version, recorded_at, occurred_at, actor, id, command_id, command_hash, correlation_id, causation_id,
   on_behalf_of, imported_at, acknowledged, shape, data, sealed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`;
