/** Deletes everything that a build holds of documents, before they are rewritten. */
import type { Database } from '../../sqlite/database.js';
import type { Build } from '../port/builds.js';
import type { Rewrite } from '../port/commits.js';
import { deleteDeadLetters } from './dead-letters.js';
import { layoutOf } from './layout.js';
import { join, sql, type Sql } from './sql.js';
import { wordsOfRows } from './table.js';

export function erase(database: Database, build: Build, rewrites: readonly Rewrite[]): void {
  const { model, searched, current, removed, past, pastDocuments, words } = layoutOf(build);
  const keys = rewrites.map(({ key }) => key);
  const run = ({ text, values }: Sql) => void database.prepare(text).run(...values);
  const given = sql`IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`;
  const withKey = sql`key ${given}`;
  if (searched.length > 0) run(sql`DELETE FROM ${words} WHERE (word, id) IN (${wordsOfRows(current)} AND ${current}.key ${given})`);
  if (model.history) {
    const ids = join(
      [current, removed].map((table) => sql`SELECT id FROM ${table} WHERE ${withKey}`),
      ' UNION ALL ',
    );
    run(sql`DELETE FROM ${pastDocuments} WHERE id IN (SELECT document FROM ${past} WHERE id IN (${ids}))`);
    run(sql`DELETE FROM ${past} WHERE id IN (${ids})`);
    run(sql`DELETE FROM ${removed} WHERE ${withKey}`);
  }
  run(sql`DELETE FROM ${current} WHERE ${withKey}`);
  deleteDeadLetters(database, build, keys);
}
