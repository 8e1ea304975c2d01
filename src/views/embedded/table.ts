/** The tables of one read model as the writer changes them, row by row, with statements prepared once. */
import type { Position } from '../../kernel/event.js';
import type { Document } from '../../kernel/projection.js';
import type { Database } from '../../sqlite/database.js';
import type { DocumentChange } from '../port.js';
import type { Layout } from './layout.js';
import type { Row } from './row.js';

/** A current row as it stood before a batch. */
export interface Stored {
  readonly id: number;
  readonly since: Position;
  readonly words?: string;
}

export interface Table {
  load(keys: readonly string[]): ReadonlyMap<string, Document>;
  find(key: string): Stored | undefined;
  /** Keeps a version that was never current between two batches. */
  supersede(key: string, row: Row, since: Position, until: Position): void;
  /** Keeps a copy of the current row as it was until now. */
  supersedeStored(stored: Stored, until: Position): void;
  put(change: DocumentChange, row: Row, stored: Stored | undefined): void;
  remove(stored: Stored): void;
}

export function tableOf(database: Database, layout: Layout): Table {
  const { current, past, pastDocuments, words, model } = layout;
  const searched = layout.searched.length > 0;
  const columns = [...layout.sqlColumns.map(({ text }) => text), ...(searched ? ['words'] : [])];
  const listed = [...columns, 'document'].join(', ');
  const holes = [...columns, 'document'].map(() => '?').join(', ');
  const valuesOf = ({ values, words: text }: Row) => (text === undefined ? values : [...values, text]);
  const insert = database.prepare(`INSERT INTO ${current.text} (key, since, ${listed}) VALUES (?, ?, ${holes})`);
  const update = database.prepare(
    `UPDATE ${current.text} SET since = ?, ${[...columns, 'document'].map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
  );
  const select = database.prepare<Stored>(`SELECT id, since${searched ? ', words' : ''} FROM ${current.text} WHERE key = ?`);
  const deleted = database.prepare(`DELETE FROM ${current.text} WHERE id = ?`);
  const document = database.prepare<readonly [string]>(`SELECT document FROM ${current.text} WHERE key = ?`, { arrays: true });
  const keep = model.history && {
    row: database.prepare(`INSERT INTO ${past.text} (until, key, since, ${listed}) VALUES (?, ?, ?, ${holes})`),
    document: database.prepare(`INSERT INTO ${pastDocuments.text} (text) VALUES (?)`),
    stored: database.prepare(
      `INSERT INTO ${past.text} (until, key, since, ${listed}) SELECT ${['?', 'key', 'since', ...columns, '?'].join(', ')} FROM ${current.text} WHERE id = ?`,
    ),
    storedDocument: database.prepare(`INSERT INTO ${pastDocuments.text} (text) SELECT document FROM ${current.text} WHERE id = ?`),
  };
  const word = searched && {
    add: database.prepare(`INSERT INTO ${words.text} (word, id) VALUES (?, ?)`),
    remove: database.prepare(`DELETE FROM ${words.text} WHERE word = ? AND id = ?`),
  };

  /** Brings the index of words from one text of words to another. */
  function reword(id: number, before: string, after: string): void {
    if (!word || before === after) return;
    const [old, now] = [wordsIn(before), wordsIn(after)];
    for (const each of old) if (!now.has(each)) word.remove.run(each, id);
    for (const each of now) if (!old.has(each)) word.add.run(each, id);
  }

  return {
    load(keys) {
      const found = new Map<string, Document>();
      for (const key of keys) {
        const row = document.get(key);
        if (row) found.set(key, JSON.parse(row[0]) as Document);
      }
      return found;
    },
    find: (key) => select.get(key),
    supersede(key, row, since, until) {
      if (keep) keep.row.run(until, key, since, ...valuesOf(row), keep.document.run(row.document).lastInsertRowid);
    },
    supersedeStored(stored, until) {
      if (keep) keep.stored.run(until, keep.storedDocument.run(stored.id).lastInsertRowid, stored.id);
    },
    put({ key, position }, row, stored) {
      let id = stored?.id;
      if (id === undefined) id = Number(insert.run(key, position, ...valuesOf(row), row.document).lastInsertRowid);
      else update.run(position, ...valuesOf(row), row.document, id);
      reword(id, stored?.words ?? '', row.words ?? '');
    },
    remove(stored) {
      deleted.run(stored.id);
      reword(stored.id, stored.words ?? '', '');
    },
  };
}

function wordsIn(text: string): Set<string> {
  return new Set(text.split(' ').filter((word) => word !== ''));
}
