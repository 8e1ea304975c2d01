/** Texts that occur in many events, such as types and actors: each is stored once, and events have its number. */
import type { Database } from '../../sqlite/database.js';

/** Beyond this number of texts, those in memory are forgotten, and read again when they are needed. */
const REMEMBERED = 10_000;

export class Texts {
  readonly #ids = new Map<string, number>();
  readonly #texts = new Map<number, string>();
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The number of a text, which is added if it is new. Within a write transaction; `forget` when that is rolled back. */
  add(text: string): number {
    return this.find(text) ?? this.#remember(this.#insert(text), text);
  }

  /** The number of a text; undefined when it is not stored. */
  find(text: string): number | undefined {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const row = this.#database.prepare<[number]>('SELECT id FROM texts WHERE text = ?', { arrays: true }).get(text);
    return row && this.#remember(row[0], text);
  }

  /** How many texts are stored. */
  count(): number {
    return this.#database.prepare<[number | null]>('SELECT max(id) FROM texts', { arrays: true }).get()?.[0] ?? 0;
  }

  /** @throws SyntaxError when there is no such text: the file is damaged. */
  at(id: number): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const row = this.#database.prepare<[string]>('SELECT text FROM texts WHERE id = ?', { arrays: true }).get(id);
    if (!row) throw new SyntaxError(`There is no text ${id}.`);
    this.#remember(id, row[0]);
    return row[0];
  }

  /** Forgets what is in memory: texts that were added may have been rolled back. */
  forget(): void {
    this.#ids.clear();
    this.#texts.clear();
  }

  #insert(text: string): number {
    return Number(this.#database.prepare('INSERT INTO texts (text) VALUES (?)').run(text).lastInsertRowid);
  }

  #remember(id: number, text: string): number {
    if (this.#ids.size >= REMEMBERED) this.forget();
    this.#ids.set(text, id);
    this.#texts.set(id, text);
    return id;
  }
}
