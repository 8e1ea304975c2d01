/** The tables of one build, with the prepared statements that change their rows. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Database } from '../../sqlite/database.js';
import type { StoredDocument } from '../port/documents.js';
import type { Layout } from './layout.js';
import type { Row } from './row.js';
import { raw, sql, type Bound, type Sql } from './sql.js';

/** A document before a batch. */
export interface Stored {
  readonly id: number;
  readonly since: Position;
  /** Whether it was removed; its past versions are still found by its id. */
  readonly gone: 0 | 1;
  /** Its words in the index; undefined when no column is searched. */
  readonly words?: Bound;
}

/** Upper bounds of the numbers of rows. */
export interface Size {
  readonly documents: number;
  readonly versions: number;
}

/** Used within one transaction: first `begin`, last `end`. */
export interface Table {
  load(keys: readonly string[]): ReadonlyMap<string, StoredDocument>;
  find(key: string): Stored | undefined;
  begin(): void;
  /** The id of a new document. */
  newId(): number;
  /** Writes a version that began and ended within one batch. */
  supersede(id: number, key: string, row: Row, since: Position, until: Position): void;
  /** Copies the current row to the past versions. */
  supersedeStored(stored: Stored, until: Position): void;
  put(id: number, key: string, position: Position, row: Row, stored: Stored | undefined): void;
  remove(id: number, key: string, position: Position, stored: Stored | undefined): void;
  end(): Size;
}

/** Versions that one statement inserts. */
const VERSIONS_AT_ONCE = 16;

/** @param indexed whether the index of words is maintained: it is created with the other indexes */
export function tableOf(database: Database, layout: Layout, indexed: boolean): Table {
  const { current, words, model } = layout;
  const searched = layout.searched.length > 0;
  const columns = layout.sqlColumns.map(({ name }) => name.text);
  const insert = database.prepare(
    `INSERT INTO ${current.text} (id, key, since, ${[...columns, 'document'].join(', ')}) VALUES ${holes(columns.length + 4, 1)}`,
  );
  const update = database.prepare(
    `UPDATE ${current.text} SET since = ?, ${[...columns, 'document'].map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
  );
  const select = database.prepare<Stored>(`SELECT id, since, 0 AS gone${searched ? ', words' : ''} FROM ${current.text} WHERE key = ?`);
  const deleted = database.prepare(`DELETE FROM ${current.text} WHERE id = ?`);
  const documents = database.prepare<readonly [string, Position, string]>(
    `SELECT key, since, document FROM ${current.text} WHERE key IN (SELECT value FROM json_each(?))`,
    { arrays: true },
  );
  const last = lastId(database, current);
  const word = searched &&
    indexed && {
      add: database.prepare(`INSERT INTO ${words.text} (word, id) VALUES (?, ?)`),
      remove: database.prepare(`DELETE FROM ${words.text} WHERE word = ? AND id = ?`),
    };
  const past = model.history ? pastOf(database, layout, columns) : undefined;
  let lastRow = 0;

  /** Updates the index of words. */
  function reword(id: number, before: Bound | undefined, after: Bound | undefined): void {
    if (!word || before === after) return;
    const [old, now] = [wordsIn(before), wordsIn(after)];
    for (const each of old) if (!now.has(each)) word.remove.run(each, id);
    for (const each of now) if (!old.has(each)) word.add.run(each, id);
  }

  return {
    load(keys) {
      const found = new Map<string, StoredDocument>();
      for (const [key, position, document] of documents.all(JSON.stringify(keys))) {
        found.set(key, { document: JSON.parse(document) as Document, position });
      }
      return found;
    },
    find: (key) => select.get(key) ?? past?.find(key),
    begin() {
      lastRow = Math.max(last(), past?.begin() ?? 0);
    },
    newId: () => (lastRow += 1),
    supersede: (id, key, row, since, until) => past?.add(id, key, row, since, until),
    supersedeStored: (stored, until) => past?.copy(stored, until),
    put(id, key, position, { values, document }, stored) {
      if (stored?.gone === 0) update.run(position, ...values, document, id);
      else insert.run(id, key, position, ...values, document);
      if (stored?.gone === 1) past?.bringBack(id);
      reword(id, stored?.words, searched ? values.at(-1) : undefined);
    },
    remove(id, key, position, stored) {
      if (stored?.gone === 0) deleted.run(id);
      past?.remove(id, key, position);
      reword(id, stored?.words, undefined);
    },
    end: () => ({ documents: lastRow, versions: past?.end() ?? 0 }),
  };
}

interface Past {
  find(key: string): Stored | undefined;
  /** @returns the highest id of a removed document */
  begin(): number;
  add(id: number, key: string, row: Row, since: Position, until: Position): void;
  copy(stored: Stored, until: Position): void;
  remove(id: number, key: string, position: Position): void;
  bringBack(id: number): void;
  /** @returns the number of versions */
  end(): number;
}

/** Superseded versions, which are inserted in bulk since a rebuild writes mostly these; and removed documents. */
function pastOf(database: Database, { past, pastDocuments, removed, current }: Layout, columns: readonly string[]): Past {
  const rowOf = ['until', 'key', 'since', 'id', ...columns, 'document'];
  const rows = inserter(database, `INSERT INTO ${past.text} (${rowOf.join(', ')})`, rowOf.length);
  const documents = inserter(database, `INSERT INTO ${pastDocuments.text} (id, text)`, 2);
  const copyRow = database.prepare(
    `INSERT INTO ${past.text} (${rowOf.join(', ')}) SELECT ${['?', 'key', 'since', 'id', ...columns, '?'].join(', ')} FROM ${current.text} WHERE id = ?`,
  );
  const copyDocument = database.prepare(
    `INSERT INTO ${pastDocuments.text} (id, text) SELECT ?, document FROM ${current.text} WHERE id = ?`,
  );
  const select = database.prepare<Stored>(`SELECT id, since, 1 AS gone FROM ${removed.text} WHERE key = ?`);
  const insert = database.prepare(`INSERT OR REPLACE INTO ${removed.text} (id, key, since) VALUES (?, ?, ?)`);
  const deleted = database.prepare(`DELETE FROM ${removed.text} WHERE id = ?`);
  const [lastGone, lastVersion] = [lastId(database, removed), lastId(database, pastDocuments)];
  let version = 0;
  return {
    find: (key) => select.get(key),
    begin() {
      version = lastVersion();
      rows.clear();
      documents.clear();
      return lastGone();
    },
    add(id, key, { values, document }, since, until) {
      version += 1;
      rows.push(until, key, since, id);
      for (const value of values) rows.push(value);
      rows.push(version);
      rows.next();
      documents.push(version, document);
      documents.next();
    },
    copy({ id }, until) {
      version += 1;
      copyDocument.run(version, id);
      copyRow.run(until, version, id);
    },
    remove: (id, key, position) => void insert.run(id, key, position),
    bringBack: (id) => void deleted.run(id),
    end() {
      rows.end();
      documents.end();
      return version;
    },
  };
}

/** Inserts rows of `width` values in bulk. */
function inserter(database: Database, into: string, width: number) {
  const many = database.prepare(`${into} VALUES ${holes(width, VERSIONS_AT_ONCE)}`);
  const one = database.prepare(`${into} VALUES ${holes(width, 1)}`);
  const values: Bound[] = [];
  return {
    clear() {
      values.length = 0;
    },
    push(...some: readonly Bound[]) {
      for (const value of some) values.push(value);
    },
    /** Ends a row. */
    next() {
      if (values.length < width * VERSIONS_AT_ONCE) return;
      many.run(...values);
      values.length = 0;
    },
    end() {
      for (let at = 0; at < values.length; at += width) one.run(...values.slice(at, at + width));
      values.length = 0;
    },
  };
}

function holes(width: number, rows: number): string {
  const row = `(${Array.from({ length: width }, () => '?').join(', ')})`;
  return Array.from({ length: rows }, () => row).join(', ');
}

/** The highest id in a table; 0 when it is empty. */
function lastId(database: Database, table: Sql): () => number {
  const statement = database.prepare<readonly [number | null]>(`SELECT max(id) FROM ${table.text}`, { arrays: true });
  return () => statement.get()?.[0] ?? 0;
}

/** The statement that fills the index of words. */
export function wordsStatement({ current, words }: Layout): string {
  return `INSERT OR IGNORE INTO ${words.text} (word, id) ${wordsOfRows(current).text} ORDER BY 1, 2`;
}

/** The words of current documents with their ids; a condition may follow. Words consist of letters and digits, so they need no escaping in JSON. */
export function wordsOfRows(current: Sql): Sql {
  const each = raw(`json_each('["' || replace(trim(words), ' ', '","') || '"]') AS each`);
  return sql`SELECT each.value, ${current}.id FROM ${current}, ${each} WHERE words <> ''`;
}

export function wordsIn(text: Bound | undefined): ReadonlySet<string> {
  return new Set(typeof text === 'string' ? text.split(' ').filter((word) => word !== '') : []);
}
