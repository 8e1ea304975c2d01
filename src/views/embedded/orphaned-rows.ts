/** Rows that no document refers to, though lists or searches would find them. */
import type { Database } from '../../sqlite/database.js';
import type { Layout } from './layout.js';
import { join, sql, type Sql } from './sql.js';

export interface OrphanedRows {
  /** The ids of superseded versions with this key, where the key's document has another id. */
  readonly rows: readonly number[];
  /** Whether the index of words has words that the document does not have. */
  readonly words: boolean;
}

/** By key. A document and its rows are written in one transaction, so orphans exist only after changes by hand or damage. */
export type OrphanedRowsByKey = ReadonlyMap<string, OrphanedRows>;

/** Reads each of the two tables that can have several rows per key once. */
export function orphanedRowsIn(database: Database, layout: Layout): OrphanedRowsByKey {
  return database.snapshot(() => {
    const strays = new Map<string, OrphanedRows>();
    for (const [key, id] of layout.model.history ? orphanedVersions(database, layout) : []) {
      strays.set(key, { rows: [...(strays.get(key)?.rows ?? []), id], words: false });
    }
    for (const [key] of layout.searched.length > 0 ? orphanedWords(database, layout) : []) {
      strays.set(key, { rows: strays.get(key)?.rows ?? [], words: true });
    }
    return strays;
  });
}

function orphanedVersions(database: Database, { past, current, removed }: Layout) {
  const led = (table: Sql) => sql`EXISTS (SELECT 1 FROM ${table} AS found WHERE found.id = past.id AND found.key = past.key)`;
  const { text } = sql`SELECT DISTINCT key, id FROM ${past} AS past WHERE NOT ${led(current)} AND NOT ${led(removed)}`;
  return database.prepare<readonly [key: string, id: number]>(text, { arrays: true }).all();
}

/** Words without a document are reported under the key of the past version with the same id, otherwise under the id. */
function orphanedWords(database: Database, { model, current, past, removed, words }: Layout) {
  const once = [removed, past].map((table) => sql`(SELECT key FROM ${table} AS once WHERE once.id = found.id LIMIT 1), `);
  const { text } = sql`SELECT DISTINCT coalesce(document.key, ${join(model.history ? once : [], '')}'@row ' || found.id)
    FROM ${words} AS found LEFT JOIN ${current} AS document ON document.id = found.id
    WHERE document.id IS NULL OR instr(document.words || ' ', ' ' || found.word || ' ') = 0`;
  return database.prepare<readonly [key: string]>(text, { arrays: true }).all();
}
