/** What lies in the file and no document leads to, though lists or searches would come upon it. */
import type { Database } from '../../sqlite/database.js';
import type { Layout } from './layout.js';
import { join, sql, type Sql } from './sql.js';

export interface Stray {
  /** By which ids superseded versions lie under the key, without the key's document having that id. */
  readonly rows: readonly number[];
  /** Whether the index of words has words for it that the document's row has not. */
  readonly words: boolean;
}

/** By the key that they lie under. What a document leads to is written with it in one step, so there are none unless somebody made them. */
export type Strays = ReadonlyMap<string, Stray>;

/** One pass over each of the two tables that hold more rows than one for each key. */
export function straysIn(database: Database, layout: Layout): Strays {
  return database.snapshot(() => {
    const strays = new Map<string, Stray>();
    for (const [key, id] of layout.model.history ? strayVersions(database, layout) : []) {
      strays.set(key, { rows: [...(strays.get(key)?.rows ?? []), id], words: false });
    }
    for (const [key] of layout.searched.length > 0 ? strayWords(database, layout) : []) {
      strays.set(key, { rows: strays.get(key)?.rows ?? [], words: true });
    }
    return strays;
  });
}

function strayVersions(database: Database, { past, current, removed }: Layout) {
  const led = (table: Sql) => sql`EXISTS (SELECT 1 FROM ${table} AS found WHERE found.id = past.id AND found.key = past.key)`;
  const { text } = sql`SELECT DISTINCT key, id FROM ${past} AS past WHERE NOT ${led(current)} AND NOT ${led(removed)}`;
  return database.prepare<readonly [key: string, id: number]>(text, { arrays: true }).all();
}

/** Words of no document are told by the key whose past lies under its id, else by that id alone. */
function strayWords(database: Database, { model, current, past, removed, words }: Layout) {
  const once = [removed, past].map((table) => sql`(SELECT key FROM ${table} AS once WHERE once.id = found.id LIMIT 1), `);
  const { text } = sql`SELECT DISTINCT coalesce(document.key, ${join(model.history ? once : [], '')}'@row ' || found.id)
    FROM ${words} AS found LEFT JOIN ${current} AS document ON document.id = found.id
    WHERE document.id IS NULL OR instr(document.words || ' ', ' ' || found.word || ' ') = 0`;
  return database.prepare<readonly [key: string]>(text, { arrays: true }).all();
}
