/** The tables that a selection is cut from, now or as of a position, each with the condition that holds there. */
import type { Selection } from '../query.js';
import type { Layout } from './layout.js';
import { and, FALSE, join, raw, sql, TRUE, type Sql } from './sql.js';
import { condition, searchCurrent, searchPast } from './where.js';

export interface Source {
  readonly table: Sql;
  readonly condition: Sql;
  /** The JSON of its documents. */
  readonly document: Sql;
}

/**
 * Now: the current documents. As of a position: those of them that were so already, and those superseded since, which lie together at the
 * end of their table: a moment costs what has changed since.
 * @param indexed whether the build has its indexes; a search looks at all documents until then
 * @throws TypeError when a filter or a search does not fit the read model.
 */
export function sourcesOf(layout: Layout, { where, keys, search, asOf }: Selection, indexed: boolean): readonly Source[] {
  const filter = where ? condition(layout, where) : TRUE;
  const document = raw('document');
  const read = search === undefined ? filter : and([filter, searchPast(layout, search)]);
  const found = search === undefined || !indexed ? read : and([filter, searchCurrent(layout, search)]);
  const now = keys ? and([found, among(keys)]) : found;
  if (asOf === undefined) return [{ table: layout.current, condition: now, document }];
  const then = keys ? and([read, pastAmong(layout, keys)]) : read;
  return [
    { table: layout.current, condition: and([sql`since <= ${asOf}`, now]), document },
    { table: layout.past, condition: and([sql`until > ${asOf}`, sql`since <= ${asOf}`, then]), document: pastDocument(layout) },
  ];
}

function among(keys: readonly string[]): Sql {
  return keys.length > 0 ? sql`key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))` : FALSE;
}

/** A past is found by ids: of documents that are there, and of those that were. */
function pastAmong({ current, removed }: Layout, keys: readonly string[]): Sql {
  const ids = [current, removed].map((table) => sql`SELECT id FROM ${table} WHERE ${among(keys)}`);
  return keys.length > 0 ? sql`id IN (${join(ids, ' UNION ALL ')})` : FALSE;
}

/** The JSON of a superseded document, by the id that stands for it. */
export function pastDocument({ pastDocuments }: Layout): Sql {
  return sql`(SELECT text FROM ${pastDocuments} WHERE id = document)`;
}
