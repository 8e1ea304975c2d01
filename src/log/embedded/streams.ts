/** The streams of the embedded log: events have a number instead of the name. */
import type { Position, Stream } from '../../kernel/event.js';
import type { Database } from '../../sqlite/database.js';
import { told, uuidFrom, uuidToStore } from './binary.js';
import type { Texts } from './texts.js';

/** The maximum number of streams in memory. */
const REMEMBERED = 10_000;

/** SQL: the number of a stream, of its type and its key. */
export const STREAM_NAMED = 'SELECT id FROM streams WHERE type = (SELECT id FROM texts WHERE text = ?) AND key = ?';

/** A stream that has events. */
export interface KnownStream {
  /** The position of its first event. */
  readonly id: number;
  /** The revision of its last event. */
  readonly last: number;
}

export class Streams {
  readonly #names = new Map<number, Stream>();
  readonly #database: Database;
  readonly #texts: Texts;

  constructor(database: Database, texts: Texts) {
    this.#database = database;
    this.#texts = texts;
  }

  /** The stream's number and end; undefined when it has no events. */
  find({ type, id }: Stream): KnownStream | undefined {
    const typeId = this.#texts.find(type);
    if (typeId === undefined) return undefined;
    const row = this.#database
      .prepare<[number, number | null]>(
        'SELECT id, (SELECT max(revision) FROM events WHERE stream = streams.id) FROM streams WHERE type = ? AND key = ?',
        { arrays: true },
      )
      .get(typeId, uuidToStore(id));
    return row && { id: row[0], last: row[1] ?? -1 };
  }

  /** Adds a stream. Within the write transaction that adds its events. @param first the position of its first event */
  add({ type, id }: Stream, first: Position): void {
    this.#database.prepare('INSERT INTO streams (id, type, key) VALUES (?, ?, ?)').run(first, this.#texts.add(type), uuidToStore(id));
  }

  /** Forgets what is in memory: streams that were added may have been rolled back. */
  forget(): void {
    this.#names.clear();
  }

  /** @throws SyntaxError when there is no such stream: the file is damaged. */
  at(id: number): Stream {
    const known = this.#names.get(id);
    if (known) return known;
    const row = this.#database.prepare<[number, string]>(`SELECT type, ${told('key')} FROM streams WHERE id = ?`, { arrays: true }).get(id);
    if (!row) throw new SyntaxError(`There is no stream ${id}.`);
    const stream = { type: this.#texts.at(row[0]), id: uuidFrom(row[1]) };
    if (this.#names.size >= REMEMBERED) this.#names.clear();
    this.#names.set(id, stream);
    return stream;
  }
}
