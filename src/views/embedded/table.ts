/** The tables of one build as the writer changes them, row by row, with statements prepared once. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Database } from '../../sqlite/database.js';
import type { StoredDocument } from '../port.js';
import type { Layout } from './layout.js';
import type { Row } from './row.js';
import type { Bound } from './sql.js';

/** A current row as it stood before a batch. */
export interface Stored {
  readonly id: number;
  readonly since: Position;
  /** The words that the index has for it; undefined when nothing is searched. */
  readonly words?: Bound;
}

export interface Table {
  load(keys: readonly string[]): ReadonlyMap<string, StoredDocument>;
  find(key: string): Stored | undefined;
  /** Keeps a version that was never current between two batches. */
  supersede(key: string, row: Row, since: Position, until: Position): void;
  /** Keeps a copy of the current row as it was until now. */
  supersedeStored(stored: Stored, until: Position): void;
  put(key: string, position: Position, row: Row, stored: Stored | undefined): void;
  remove(stored: Stored): void;
  /** How many rows there are at the most, of current documents or of versions. */
  size(): number;
}

/** @param indexed whether the index of words is kept: a build without its indexes gets it with them */
export function tableOf(database: Database, layout: Layout, indexed: boolean): Table {
  const { current, past, pastDocuments, words, model } = layout;
  const searched = layout.searched.length > 0;
  const columns = layout.sqlColumns.map(({ name }) => name.text);
  const listed = [...columns, 'document'].join(', ');
  const holes = [...columns, 'document'].map(() => '?').join(', ');
  const insert = database.prepare(`INSERT INTO ${current.text} (key, since, ${listed}) VALUES (?, ?, ${holes})`);
  const update = database.prepare(
    `UPDATE ${current.text} SET since = ?, ${[...columns, 'document'].map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
  );
  const select = database.prepare<Stored>(`SELECT id, since${searched ? ', words' : ''} FROM ${current.text} WHERE key = ?`);
  const deleted = database.prepare(`DELETE FROM ${current.text} WHERE id = ?`);
  const documents = database.prepare<readonly [string, Position, string]>(
    `SELECT key, since, document FROM ${current.text} WHERE key IN (SELECT value FROM json_each(?))`,
    { arrays: true },
  );
  const keep = model.history && {
    row: database.prepare(`INSERT INTO ${past.text} (until, key, since, ${listed}) VALUES (?, ?, ?, ${holes})`),
    document: database.prepare(`INSERT INTO ${pastDocuments.text} (text) VALUES (?)`),
    stored: database.prepare(
      `INSERT INTO ${past.text} (until, key, since, ${listed}) SELECT ${['?', 'key', 'since', ...columns, '?'].join(', ')} FROM ${current.text} WHERE id = ?`,
    ),
    storedDocument: database.prepare(`INSERT INTO ${pastDocuments.text} (text) SELECT document FROM ${current.text} WHERE id = ?`),
  };
  const word = searched &&
    indexed && {
      add: database.prepare(`INSERT INTO ${words.text} (word, id) VALUES (?, ?)`),
      remove: database.prepare(`DELETE FROM ${words.text} WHERE word = ? AND id = ?`),
    };
  const last = [current, ...(model.history ? [pastDocuments] : [])].map((table) =>
    database.prepare<readonly [number | null]>(`SELECT max(id) FROM ${table.text}`, { arrays: true }),
  );

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
    supersede(key, { values, document }, since, until) {
      if (keep) keep.row.run(until, key, since, ...values, keep.document.run(document).lastInsertRowid);
    },
    supersedeStored(stored, until) {
      if (keep) keep.stored.run(until, keep.storedDocument.run(stored.id).lastInsertRowid, stored.id);
    },
    put(key, position, { values, document }, stored) {
      let id = stored?.id;
      if (id === undefined) id = Number(insert.run(key, position, ...values, document).lastInsertRowid);
      else update.run(position, ...values, document, id);
      reword(id, stored?.words, searched ? values.at(-1) : undefined);
    },
    remove(stored) {
      deleted.run(stored.id);
      reword(stored.id, stored.words, undefined);
    },
    size: () => Math.max(...last.map((statement) => statement.get()?.[0] ?? 0)),
  };
}

/** The statement that makes the index of words of all documents that there are. Words are letters and digits: they stand in JSON as they are. */
export function wordsStatement({ current, words }: Layout): string {
  return `INSERT OR IGNORE INTO ${words.text} (word, id)
    SELECT value, ${current.text}.id FROM ${current.text}, json_each('["' || replace(trim(words), ' ', '","') || '"]') WHERE words <> '' ORDER BY 1, 2`;
}

export function wordsIn(text: Bound | undefined): ReadonlySet<string> {
  return new Set(typeof text === 'string' ? text.split(' ').filter((word) => word !== '') : []);
}
