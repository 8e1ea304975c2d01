/** The tables of one build as the writer changes them, row by row, with statements prepared once. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Database } from '../../sqlite/database.js';
import type { StoredDocument } from '../port.js';
import type { Layout } from './layout.js';
import type { Row } from './row.js';
import type { Bound, Sql } from './sql.js';

/** A current row as it stood before a batch. */
export interface Stored {
  readonly id: number;
  readonly since: Position;
  /** The words that the index has for it; undefined when nothing is searched. */
  readonly words?: Bound;
}

/** Within one transaction: `begin` comes first, `end` last. */
export interface Table {
  load(keys: readonly string[]): ReadonlyMap<string, StoredDocument>;
  find(key: string): Stored | undefined;
  begin(): void;
  /** Keeps a version that was never current between two batches. */
  supersede(key: string, row: Row, since: Position, until: Position): void;
  /** Keeps a copy of the current row as it was until now. */
  supersedeStored(stored: Stored, until: Position): void;
  put(key: string, position: Position, row: Row, stored: Stored | undefined): void;
  remove(stored: Stored): void;
  /** @returns how many rows there are at the most, of current documents or of versions */
  end(): number;
}

/** Versions that go into their tables by one statement. */
const VERSIONS_AT_ONCE = 16;

/** @param indexed whether the index of words is kept: a build without its indexes gets it with them */
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
  const select = database.prepare<Stored>(`SELECT id, since${searched ? ', words' : ''} FROM ${current.text} WHERE key = ?`);
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

  /** Brings the index of words from one text of words to another. */
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
    find: (key) => select.get(key),
    begin() {
      lastRow = last();
      past?.begin();
    },
    supersede: (key, row, since, until) => past?.add(key, row, since, until),
    supersedeStored: (stored, until) => past?.copy(stored, until),
    put(key, position, { values, document }, stored) {
      let id = stored?.id;
      if (id === undefined) {
        id = lastRow += 1;
        insert.run(id, key, position, ...values, document);
      } else {
        update.run(position, ...values, document, id);
      }
      reword(id, stored?.words, searched ? values.at(-1) : undefined);
    },
    remove(stored) {
      deleted.run(stored.id);
      reword(stored.id, stored.words, undefined);
    },
    end: () => Math.max(lastRow, past?.end() ?? 0),
  };
}

interface Past {
  begin(): void;
  add(key: string, row: Row, since: Position, until: Position): void;
  copy(stored: Stored, until: Position): void;
  /** @returns the last id of a version's document */
  end(): number;
}

/** Superseded versions, which are written many at a time: they are most of what a rebuild writes. */
function pastOf(database: Database, { past, pastDocuments, current }: Layout, columns: readonly string[]): Past {
  const rowOf = ['until', 'key', 'since', ...columns, 'document'];
  const rows = inserter(database, `INSERT INTO ${past.text} (${rowOf.join(', ')})`, rowOf.length);
  const documents = inserter(database, `INSERT INTO ${pastDocuments.text} (id, text)`, 2);
  const copyRow = database.prepare(
    `INSERT INTO ${past.text} (${rowOf.join(', ')}) SELECT ${['?', 'key', 'since', ...columns, '?'].join(', ')} FROM ${current.text} WHERE id = ?`,
  );
  const copyDocument = database.prepare(
    `INSERT INTO ${pastDocuments.text} (id, text) SELECT ?, document FROM ${current.text} WHERE id = ?`,
  );
  const last = lastId(database, pastDocuments);
  let lastDocument = 0;
  return {
    begin() {
      lastDocument = last();
      rows.clear();
      documents.clear();
    },
    add(key, { values, document }, since, until) {
      lastDocument += 1;
      rows.push(until, key, since);
      for (const value of values) rows.push(value);
      rows.push(lastDocument);
      rows.next();
      documents.push(lastDocument, document);
      documents.next();
    },
    copy({ id }, until) {
      lastDocument += 1;
      copyDocument.run(lastDocument, id);
      copyRow.run(until, lastDocument, id);
    },
    end() {
      rows.end();
      documents.end();
      return lastDocument;
    },
  };
}

/** Writes rows of so many values, many by one statement. */
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
    /** After the last value of each row. */
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

/** The greatest id in a table, 0 when it is empty. */
function lastId(database: Database, table: Sql): () => number {
  const statement = database.prepare<readonly [number | null]>(`SELECT max(id) FROM ${table.text}`, { arrays: true });
  return () => statement.get()?.[0] ?? 0;
}

/** The statement that makes the index of words of all documents that there are. Words are letters and digits: they stand in JSON as they are. */
export function wordsStatement({ current, words }: Layout): string {
  return `INSERT OR IGNORE INTO ${words.text} (word, id)
    SELECT value, ${current.text}.id FROM ${current.text}, json_each('["' || replace(trim(words), ' ', '","') || '"]') WHERE words <> '' ORDER BY 1, 2`;
}

export function wordsIn(text: Bound | undefined): ReadonlySet<string> {
  return new Set(typeof text === 'string' ? text.split(' ').filter((word) => word !== '') : []);
}
